package import Domain

/// The same words in both languages.
package struct Phrase: Hashable, Sendable {
    package let zh: String
    package let en: String

    package init(_ zh: String, _ en: String) {
        self.zh = zh
        self.en = en
    }

    package func text(in language: Endpoint.Language) -> String {
        switch language {
        case .zh: zh
        case .en: en
        }
    }
}

extension Phrase {
    /// A length of time as people say it, in its two largest units: `1.8 s`, `2 min 5 s`, `3 h`.
    package static func duration(_ duration: Duration) -> Phrase {
        let milliseconds = max(0, duration.wholeMilliseconds)
        if milliseconds < 1_000 { return Phrase("\(milliseconds) 毫秒", "\(milliseconds) ms") }
        if milliseconds < 60_000 {
            let (seconds, tenth) = (milliseconds / 1_000, milliseconds / 100 % 10)
            let text = tenth == 0 || seconds >= 10 ? "\(seconds)" : "\(seconds).\(tenth)"
            return Phrase("\(text) 秒", "\(text) s")
        }
        let units: [(size: Int64, name: Phrase)] = [
            (86_400, Phrase("天", "d")), (3_600, Phrase("小时", "h")), (60, Phrase("分", "min")),
            (1, Phrase("秒", "s")),
        ]
        let seconds = milliseconds / 1_000
        let first = units.firstIndex { seconds >= $0.size } ?? units.count - 2
        let (large, small) = (units[first], units[first + 1])
        let (count, rest) = (seconds / large.size, seconds % large.size / small.size)
        return rest == 0
            ? Phrase("\(count) \(large.name.zh)", "\(count) \(large.name.en)")
            : Phrase(
                "\(count) \(large.name.zh) \(rest) \(small.name.zh)",
                "\(count) \(large.name.en) \(rest) \(small.name.en)")
    }

    /// What an entity is called; a sender's own word as it is.
    static func entity(_ type: String) -> Phrase {
        switch type {
        case "bot": Phrase("机器人", "bot")
        case "app": Phrase("应用", "app")
        case "workflow": Phrase("工作流", "workflow")
        case "agent": Phrase("智能体", "agent")
        default: Phrase(type, type)
        }
    }

    /// What a sender tells of; `nil` for a type that we have no words for.
    static func event(_ type: String) -> Phrase? {
        switch type {
        case "bot.published": Phrase("已发布", "published")
        case "bot.unpublished": Phrase("已下架", "taken down")
        case "bot.deleted": Phrase("已删除", "deleted")
        default: nil
        }
    }
}

extension String {
    /// With a capital first letter, as a title or a sentence begins.
    var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
