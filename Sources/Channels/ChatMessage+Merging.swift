package import Domain

extension ChatMessage {
    /// Several notifications as one message: how many there are, and a line for each, the worst
    /// first.
    ///
    /// For a chat that gets more in a minute than it takes. What went well needs no more than its
    /// line; whatever a person has to look at has its task's id behind it. Where a template has
    /// words for one of them, its line is the first line of these.
    ///
    /// - Throws: `payloadUnreadable` when one of them cannot be read.
    package init(
        merging notifications: [CompletionNotification], in language: Endpoint.Language,
        _ brevity: Brevity = .full, sites: [String: String] = [:],
        templates: MessageTemplates = MessageTemplates()
    ) throws(MessageRefusal) {
        var messages: [(place: Int, message: ChatMessage, task: String?)] = []
        for (place, notification) in notifications.enumerated() {
            let message = try ChatMessage(
                notification, in: language, brevity, sites: sites, templates: templates)
            messages.append((place, message, notification.taskID?.rawValue))
        }
        messages.sort { ($0.message.tone.rank, $0.place) < ($1.message.tone.rank, $1.place) }
        func say(_ phrase: Phrase) -> String { phrase.text(in: language) }
        let counts = NotificationType.allCases.compactMap { type in
            let count = notifications.count { $0.type == type }
            return count > 0 ? say(.count(count, of: type)) : nil
        }
        let sum = notifications.count
        let facts = messages.map { one in
            let isWell = one.message.tone == .success || one.message.tone == .information
            let id = isWell ? nil : one.task
            let mark = one.message.tone.mark
            let said = one.message.words?.firstLine(without: mark) ?? one.message.title
            let line = [said, id].compactMap { $0 }.joined(separator: " · ")
            return Fact(mark, line, colon: " ")
        }
        let ids = [messages.first?.task, messages.last?.task].compactMap { $0 }
        self.init(
            tone: messages.first?.message.tone ?? .information,
            title: say(Phrase("\(sum) 条通知", "\(sum) notifications")),
            summary: say(
                Phrase(
                    "合并为一条：\(counts.joined(separator: "，"))。",
                    "In one message: \(counts.joined(separator: ", ")).")),
            facts: facts,
            advice: messages.first.flatMap { Self.advice($0.message.tone, say) },
            footer: (["Copyhook"] + (ids.isEmpty ? [] : [ids.joined(separator: " … ")]))
                .joined(separator: " · "))
    }

    private static func advice(_ tone: Tone, _ say: (Phrase) -> String) -> String? {
        guard tone == .failure || tone == .warning else { return nil }
        return say(
            Phrase(
                "查看详情：copyhook tasks show 加任务编号。",
                "For details run copyhook tasks show with the id of a task."))
    }
}

extension ChatMessage.Tone {
    /// What a reader has to see first comes first.
    fileprivate var rank: Int {
        switch self {
        case .failure: 0
        case .warning: 1
        case .success: 2
        case .information: 3
        }
    }
}

extension Phrase {
    /// So many of a type, in few words.
    static func count(_ count: Int, of type: NotificationType) -> Phrase {
        switch type {
        case .copySucceeded: Phrase("\(count) 个已复制", "\(count) copied")
        case .copyFailed: Phrase("\(count) 个复制失败", "\(count) failed")
        case .copyUnresolved: Phrase("\(count) 个结果不明", "\(count) unresolved")
        case .copyCancelled: Phrase("\(count) 个已取消", "\(count) cancelled")
        case .copyStalled: Phrase("\(count) 个迟迟未完成", "\(count) slow")
        case .copyDuplicateSuspected: Phrase("\(count) 个可能重复", "\(count) possibly duplicated")
        case .eventAnnounced: Phrase("\(count) 个事件", "\(count) events")
        case .endpointWarning, .endpointDisabled, .endpointRecovered:
            Phrase("\(count) 条端点状态", "\(count) about endpoints")
        case .connectionBroken, .connectionRecovered:
            Phrase("\(count) 条连接状态", "\(count) about connections")
        case .ping: Phrase("\(count) 条测试消息", "\(count) test messages")
        }
    }
}
