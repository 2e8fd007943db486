import Domain
import StrictJSON

/// A notification's payload, read for people: every text made plain, cut and ready to be placed.
///
/// Only the envelope must be there. A member that is absent or of another type is left out, since a
/// message with a gap is worth more than none.
struct Told {
    let language: Endpoint.Language
    let brevity: ChatMessage.Brevity
    let sites: [String: String]
    let at: String?
    let data: JSONValue

    init(
        _ notification: CompletionNotification, in language: Endpoint.Language,
        _ brevity: ChatMessage.Brevity, sites: [String: String]
    ) throws(MessageRefusal) {
        let payload: JSONValue
        do throws(JSONRefusal) {
            payload = try JSONValue(parsing: notification.payload, limits: .match)
        } catch {
            throw MessageRefusal(.payloadUnreadable, "the stored payload is no JSON")
        }
        guard let data = payload["data"], data.object != nil else {
            throw MessageRefusal(.payloadUnreadable, "the stored payload has no data")
        }
        self.language = language
        self.brevity = brevity
        self.sites = sites
        self.data = data
        at = payload["timestamp"]?.string
    }

    /// A name or an id at this place, on one line; `nil` where there is none or nothing is left.
    func name(_ pointer: String) -> String? { text(pointer, limit: brevity.nameLimit) }

    private func text(_ pointer: String, limit: TextLimit) -> String? {
        guard let text = data.value(at: pointer)?.text else { return nil }
        // What is far too long is not worth reading to its end.
        let line = PlainText.isolatedLine(
            String(text.unicodeScalars.prefix(4 * limit.max)), limit: limit)
        return line.isEmpty ? nil : line
    }

    func say(_ phrase: Phrase) -> String { phrase.text(in: language) }
    func say(_ zh: String, _ en: String) -> String { Phrase(zh, en).text(in: language) }

    /// A name between quotation marks, which are the same in both languages.
    func quoted(_ name: String) -> String { "“\(name)”" }

    func fact(_ zh: String, _ en: String, _ value: String?) -> [ChatMessage.Fact] {
        value.map { [ChatMessage.Fact(say(zh, en), $0, colon: say("：", ": "))] } ?? []
    }

    /// What to type.
    func command(_ text: String) -> ChatMessage.Fact {
        ChatMessage.Fact(say("命令", "Command"), text, colon: say("：", ": "), isCommand: true)
    }

    /// When it happened; messages may come late.
    var timeFact: [ChatMessage.Fact] {
        guard let at, let time = Timestamp(rfc3339: at) else { return [] }
        let text = time.description
        return fact("时间", "Time", "\(text.prefix(10)) \(text.dropFirst(11).prefix(8)) UTC")
    }

    /// Our name and what the message is about, for searching and for seeing repeats.
    func footer(_ ids: String?...) -> String {
        (["Copyhook"] + ids.compactMap { $0 }).joined(separator: " · ")
    }
}

extension Told {
    /// What is copied, or what an event is about.
    struct Subject {
        /// `bot`, `机器人`.
        let kind: String
        /// Its name, else its id.
        let name: String
        let id: String?
        let hasName: Bool
    }

    func subject(_ pointer: String) -> Subject? {
        let id = name(pointer + "/id")
        guard let shown = name(pointer + "/name") ?? id else { return nil }
        let kind = name(pointer + "/type").map { say(.entity($0)) } ?? say("对象", "item")
        return Subject(kind: kind, name: shown, id: id, hasName: name(pointer + "/name") != nil)
    }

    /// The reason of a failure, as the platform gave it: its text, then its code.
    func reason(_ pointer: String) -> String? {
        let reason = text(pointer + "/message", limit: brevity.errorLimit)
        guard let code = name(pointer + "/code") else { return reason }
        return reason.map { "\($0)\(say("（代码 \(code)）", " (code \(code))"))" } ?? code
    }

    func failureFacts(_ pointer: String) -> [ChatMessage.Fact] {
        fact("原因", "Reason", reason(pointer))
    }

    func failureWords(_ pointer: String) -> FailureWords {
        let kind = data.value(at: pointer)?["kind"]?.string
        return FailureWords(kind.flatMap(Failure.Kind.init(rawValue:)))
    }

    func length(_ pointer: String) -> String? {
        data.value(at: pointer)?.number?.int64.map { say(.duration(.milliseconds($0))) }
    }
}
