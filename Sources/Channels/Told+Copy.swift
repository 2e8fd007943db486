import Domain
import StrictJSON

extension Told {
    /// The message about a copy task: one of six types.
    func copy(_ type: NotificationType) -> ChatMessage {
        let subject =
            subject("/task/entity")
            ?? Subject(kind: say("对象", "item"), name: "?", id: nil, hasName: false)
        let taskID = name("/task/id")
        let words = CopyWords(type, failure: failureWords("/task/failure"))
        let advice = (words.advice.map(say) + remarks(type)).filter { !$0.isEmpty }
            .joined(separator: say("", " "))
        return ChatMessage(
            tone: words.tone,
            title: say(
                "\(subject.kind)\(words.title.zh)：\(subject.name)",
                "\(subject.kind.capitalizedFirst) \(words.title.en): \(subject.name)"),
            summary: say(words.summary(of: quoted(subject.name), to: target)),
            facts: copyFacts(of: subject, type),
            advice: advice.isEmpty ? nil : advice,
            link: link,
            footer: footer(taskID, name("/event/id")))
    }

    /// Where the copy goes; Keyue knows no workspaces.
    private var target: Phrase {
        if let workspace = name("/task/to_workspace") {
            return Phrase("空间 \(workspace)", "workspace \(workspace)")
        }
        return data.value(at: "/task/provider")?.string == Provider.keyue.rawValue
            ? Phrase("同一账号", "the same account") : Phrase("同一空间", "the same workspace")
    }

    private func copyFacts(of subject: Subject, _ type: NotificationType) -> [ChatMessage.Fact] {
        var facts = fact("副本", "Copy", name("/task/copy_id"))
        facts += fact("疑似副本", "Suspected", name("/suspects/0/id"))
        if subject.hasName { facts += fact("原件", "Original", subject.id) }
        if type == .copyFailed || type == .copyStalled { facts += failureFacts("/task/failure") }
        if type != .copyCancelled { facts += fact("耗时", "Took", length("/task/duration_ms")) }
        if let attempts = data.value(at: "/task/attempts")?.number?.int64, attempts > 1 {
            facts += fact("提交次数", "Submissions", "\(attempts)")
        }
        facts += fact("连接", "Connection", name("/task/connection"))
        facts += fact("规则", "Rule", name("/task/rule"))
        if type != .copySucceeded {
            // What the platform's support asks for first.
            facts += fact(
                "平台日志 ID", "Platform log id", name("/task/failure/log_id") ?? name("/task/log_id"))
        }
        facts += timeFact
        if type != .copySucceeded, type != .copyCancelled {
            let command = type == .copyUnresolved ? "resolve" : "show"
            if let id = name("/task/id") {
                facts.append(self.command("copyhook tasks \(command) \(id)"))
            }
        }
        return facts
    }

    /// What even good news must not hide.
    private func remarks(_ type: NotificationType) -> [String] {
        var remarks: [String] = []
        if type != .copyDuplicateSuspected,
            data.value(at: "/task/possible_duplicate")?.bool == true
        {
            remarks.append(
                say("曾再次提交，可能存在两个副本。", "It was submitted again, so two copies may exist."))
        }
        if data.value(at: "/task/status_verified")?.bool == false {
            remarks.append(
                say("平台状态码的含义未经确认。", "The meaning of the platform's status is not confirmed."))
        }
        return remarks
    }
}

/// What is said of each kind of end.
private struct CopyWords {
    let tone: ChatMessage.Tone
    let title: Phrase
    /// A sentence each.
    let advice: [Phrase]
    private let failure: FailureWords
    private let type: NotificationType

    init(_ type: NotificationType, failure: FailureWords) {
        self.type = type
        self.failure = failure
        switch type {
        case .copyFailed:
            (tone, title) = (.failure, Phrase("复制失败", "copy failed"))
            advice = [failure.advice, failure.again]
        case .copyUnresolved:
            (tone, title) = (.warning, Phrase("复制结果不明", "copy unresolved"))
            advice = [
                Phrase(
                    "请到目标空间或账号中查看是否已有副本，再用上面的命令告知结果：有则加 --adopt 和副本编号，"
                        + "没有则加 --send-again 或 --give-up。",
                    "Look whether the copy is there, then run the command above: with --adopt and "
                        + "its id if it is, with --send-again or --give-up if not.")
            ]
        case .copyCancelled:
            (tone, title, advice) = (.information, Phrase("复制已取消", "copy cancelled"), [])
        case .copyStalled:
            (tone, title) = (.warning, Phrase("复制迟迟未完成", "copy is slow"))
            advice = [
                Phrase(
                    "暂时无需处理；如果长时间没有进展，请到平台上查看。",
                    "Nothing to do yet. If it goes on like this, look on the platform.")
            ]
        case .copyDuplicateSuspected:
            (tone, title) = (.warning, Phrase("可能有重复副本", "may have two copies"))
            advice = [
                Phrase("请到那里核对，删除多余的副本。", "Look there and delete the extra copy.")
            ]
        default:
            (tone, title, advice) = (.success, Phrase("已复制", "copied"), [])
        }
    }

    func summary(of subject: String, to target: Phrase) -> Phrase {
        switch type {
        case .copyFailed:
            Phrase(
                "\(subject)没有复制到\(target.zh)：\(failure.cause.zh)。",
                "\(subject) was not copied to \(target.en): \(failure.cause.en).")
        case .copyUnresolved:
            Phrase(
                "提交后没有收到应答，无法确定\(subject)是否已复制到\(target.zh)。为避免重复，不会自动重试。",
                "The answer was lost, so nobody knows whether \(subject) was copied to "
                    + "\(target.en). It is not retried by itself, so that there are never "
                    + "two copies.")
        case .copyCancelled:
            Phrase(
                "\(subject)不会复制到\(target.zh)：任务在提交前已取消。",
                "The copy of \(subject) to \(target.en) was cancelled before it was submitted.")
        case .copyStalled:
            Phrase(
                "平台仍在把\(subject)复制到\(target.zh)，比平时慢。Copyhook 会继续查询。",
                "The platform is still copying \(subject) to \(target.en), which takes longer than "
                    + "usual. Copyhook keeps asking.")
        case .copyDuplicateSuspected:
            Phrase(
                "\(subject)可能有两个副本，位于\(target.zh)。",
                "There may be two copies of \(subject) in \(target.en).")
        default:
            Phrase(
                "\(subject)已复制到\(target.zh)。", "\(subject) was copied to \(target.en).")
        }
    }
}
