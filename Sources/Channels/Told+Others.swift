import Domain
import StrictJSON

extension Told {
    /// The message of a rule that only notifies.
    func event() -> ChatMessage {
        let type = name("/event/type") ?? "?"
        let subject = subject("/entity")
        let title: String
        let summary: String
        if let subject, let words = Phrase.event(type) {
            title = say(
                "\(subject.kind)\(words.zh)：\(subject.name)",
                "\(subject.kind.capitalizedFirst) \(words.en): \(subject.name)")
            summary = say(
                "\(quoted(subject.name))\(words.zh)。", "\(quoted(subject.name)) was \(words.en).")
        } else {
            title = say("收到事件：\(type)", "Event: \(type)")
            summary =
                subject.map {
                    say("涉及\($0.kind)\(quoted($0.name))。", "About \($0.kind) \(quoted($0.name)).")
                } ?? say("发送方没有说明涉及哪个对象。", "The sender does not say what it is about.")
        }
        var facts = fact("编号", "Id", subject.flatMap { $0.hasName ? $0.id : nil })
        facts += fact("空间", "Workspace", name("/entity/workspace_id"))
        facts += fact("事件", "Event", type) + fact("来源", "Source", name("/event/source"))
        facts += fact("规则", "Rule", name("/rule")) + timeFact
        return ChatMessage(
            tone: .information, title: title, summary: summary, facts: facts,
            footer: footer(name("/event/id")))
    }

    /// The message about somebody else's endpoint: failing, given up, or well again.
    ///
    /// Read from `data.endpoint` (a name, or an object with one), `data.percent` of the failure
    /// budget, and `data.failure`.
    func endpoint(_ type: NotificationType) -> ChatMessage {
        let name = name("/endpoint/name") ?? name("/endpoint") ?? "?"
        let days = FailureBudget.length.components.seconds / 86_400
        let share = data["percent"]?.number?.int64.map {
            say(
                "连续失败满 \(days) 天会停用，现已过去 \($0)%。",
                " It is disabled after \(days) days without a success; \($0)% of that has passed.")
        }
        var facts = failureFacts("/failure") + timeFact
        if type != .endpointRecovered {
            facts.append(command("copyhook endpoints test \(name) --config FILE"))
        }
        switch type {
        case .endpointWarning:
            return ChatMessage(
                tone: .warning,
                title: say("通知端点持续失败：\(name)", "Endpoint failing: \(name)"),
                summary: say(
                    "发往端点\(quoted(name))的通知一直没有送达。", "Nothing reaches endpoint \(quoted(name)).")
                    + (share ?? ""),
                facts: facts,
                advice: say(
                    "请检查它的地址和密钥、对方是否正常，再用上面的命令试发一条。",
                    "Check its address, its secret and whether it is up, then send it a test "
                        + "message with the command above."),
                footer: footer())
        case .endpointDisabled:
            return ChatMessage(
                tone: .failure,
                title: say("通知端点已停用：\(name)", "Endpoint disabled: \(name)"),
                summary: say(
                    "端点\(quoted(name))已停用，每小时只试一次。",
                    "Endpoint \(quoted(name)) was disabled. It is tried once an hour."),
                facts: facts,
                advice: say(
                    "修复后会自动恢复，积压的通知随后补发。",
                    "Once it works, it recovers by itself, and what waited for it follows."),
                footer: footer())
        default:
            return ChatMessage(
                tone: .success,
                title: say("通知端点已恢复：\(name)", "Endpoint recovered: \(name)"),
                summary: say(
                    "端点\(quoted(name))重新开始接收通知。",
                    "Endpoint \(quoted(name)) is taking notifications again."),
                facts: facts, footer: footer())
        }
    }

    /// The message about an account on a provider.
    ///
    /// Read from `data.connection` (a name, or an object with one), `data.provider` and
    /// `data.failure`.
    func connection(_ type: NotificationType) -> ChatMessage {
        let name = name("/connection/name") ?? name("/connection") ?? "?"
        var facts = fact(
            "平台", "Provider", self.name("/provider") ?? self.name("/connection/provider"))
        guard type == .connectionBroken else {
            return ChatMessage(
                tone: .success,
                title: say("连接已恢复：\(name)", "Connection recovered: \(name)"),
                summary: say(
                    "连接\(quoted(name))恢复正常，积压的复制任务会继续。",
                    "Connection \(quoted(name)) works again; the copies that waited go on."),
                facts: facts + timeFact, footer: footer())
        }
        let words = failureWords("/failure")
        // What a platform refuses is over; what it does not answer to is asked again.
        let fate =
            self.name("/failure/kind") == Failure.Kind.unauthorized.rawValue
            ? Phrase("修复前新的复制任务会失败", "New copies fail until it is fixed")
            : Phrase("复制任务暂停等待", "Its copies wait")
        facts += failureFacts("/failure")
        facts += fact("平台日志 ID", "Platform log id", self.name("/failure/log_id"))
        return ChatMessage(
            tone: .failure,
            title: say("连接故障：\(name)", "Connection broken: \(name)"),
            summary: say(
                "连接\(quoted(name))无法使用：\(words.cause.zh)。\(fate.zh)。",
                "Connection \(quoted(name)) does not work: \(words.cause.en). \(fate.en)."),
            facts: facts + timeFact, advice: say(words.advice), footer: footer())
    }

    /// The message of a trial.
    func ping() -> ChatMessage {
        ChatMessage(
            tone: .information,
            title: say("测试消息", "Test message"),
            summary: say(
                "收到这条消息，说明通知可以送达。", "If you can read this, notifications get through."),
            facts: timeFact, footer: footer())
    }
}
