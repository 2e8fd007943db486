/// Somebody's own words for what people are told, in Mustache (mustache(5)), checked once.
///
/// The part of Mustache that needs nothing but the message itself: `{{name}}`, also written
/// `{{{name}}}` or `{{&name}}`, which are the same here; `{{#name}}…{{/name}}` for what is only
/// said where there is such a thing, and `{{^name}}…{{/name}}` for the contrary; `{{! a remark}}`.
/// What names something stands on one line. There are no lists, so nothing is said twice and the
/// work is bounded by the template's length; no other files, no functions and no other marks. What
/// can be named is ``Name`` and ``conditions``: told facts, never a secret and never the address of
/// an endpoint.
package struct MessageTemplate: Hashable, Sendable {
    package static let bytesMax = 8_192
    /// Sections within sections at most.
    package static let depthMax = 8

    /// Stands for a link while a message is made, and so in no template and no value.
    package static let reserved: Unicode.Scalar = "\u{10FFFD}"

    /// UTF-8, at most ``bytesMax``; every tag in it is one of ours and every section is closed.
    package let source: String

    package init(_ source: String) throws(TemplateRefusal) {
        // Some editors put one at the start of a file.
        let source =
            source.unicodeScalars.first == "\u{FEFF}"
            ? String(source.unicodeScalars.dropFirst()) : source
        guard source.utf8.count <= Self.bytesMax else {
            throw TemplateRefusal("the template is longer than \(Self.bytesMax) bytes")
        }
        guard source.contains(where: { !$0.isWhitespace }) else {
            throw TemplateRefusal("the template is empty")
        }
        if let scalar = source.unicodeScalars.first(where: Self.isRefused) {
            let number = String(scalar.value, radix: 16, uppercase: true)
            let code = String(repeating: "0", count: max(0, 4 - number.utf8.count)) + number
            throw TemplateRefusal(
                "the template holds U+\(code), which nobody sees", advice: "Take it out.")
        }
        var scan = TemplateScan(source)
        try scan.run()
        self.source = source
    }

    /// Whether it steers a terminal, turns the writing of all that follows, or is no text at all.
    ///
    /// Marks and isolates of direction stay, since Hebrew and Arabic are written with them.
    private static func isRefused(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "\n", "\r", "\t": false
        case "\u{202A}"..."\u{202E}", "\u{FEFF}", reserved: true
        default: scalar.properties.generalCategory == .control
        }
    }

    /// What a tag can stand for; each is one line of plain text, or absent.
    package enum Name: String, Hashable, Sendable, CaseIterable {
        /// `✅`, `❌`, `⚠️` or `ℹ️`.
        case mark
        /// Our own words: what happened, in a few words and in a sentence, and what to do.
        case title, summary, advice
        /// What is copied or what an event is about: `bot` or `机器人`, its name or else its id, its
        /// id.
        case kind, name, id
        /// The id of the copy.
        case copy
        /// The page of the copy, or of the original where there is no copy.
        case link
        /// Where the copy goes, or where the event happened.
        case workspace
        case took, attempts
        /// What the platform said, and the same in our words.
        case reason, cause
        case rule, connection, provider, task
        /// The event's type, its sender, its id.
        case event, source, eventID = "event_id"
        /// Whose state is told.
        case endpoint
        /// What to type to look or to decide.
        case command
        case time
        /// `copy.succeeded`.
        case type
    }

    /// True for one type of notification each, named by the type's last word: `succeeded`.
    package static let conditions = NotificationType.allCases.map(\.condition)

    /// Every word that a tag can have.
    package static let words: [String] =
        Name.allCases.map(\.rawValue)
        + conditions.enumerated().filter { !conditions[..<$0.offset].contains($0.element) }
        .map(\.element)
}

extension NotificationType {
    /// The last word: `succeeded` of `copy.succeeded`.
    package var condition: String {
        rawValue.split(separator: ".").last.map(String.init) ?? rawValue
    }
}

/// Why a template is not accepted.
package struct TemplateRefusal: Error, Hashable, Sendable {
    /// One sentence without a full stop, which names the line where that helps.
    package let what: String
    /// A word that is none of ``MessageTemplate/words``, where that is what is wrong.
    package let unknown: String?
    /// What to do, where that is more than to write a template as they are written.
    package let advice: String?

    init(_ what: String, unknown: String? = nil, advice: String? = nil) {
        self.what = what
        self.unknown = unknown
        self.advice = advice
    }
}

/// The templates that an endpoint's messages are made with.
package struct MessageTemplates: Hashable, Sendable {
    package struct OfRule: Hashable, Sendable {
        package let rule: String
        package let template: MessageTemplate

        package init(_ rule: String, _ template: MessageTemplate) {
            self.rule = rule
            self.template = template
        }
    }

    /// The endpoint's own; `nil` leaves it to our words.
    package var own: MessageTemplate?
    /// Those of rules, which go before the endpoint's own.
    package var rules: [OfRule]

    package init(own: MessageTemplate? = nil, rules: [OfRule] = []) {
        self.own = own
        self.rules = rules
    }

    /// - Parameter rule: The rule that a notification follows; `nil` where none does.
    package func template(of rule: String?) -> MessageTemplate? {
        rule.flatMap { rule in
            rules.first { $0.rule.utf8.elementsEqual(rule.utf8) }?.template
        } ?? own
    }
}

/// Goes over the tags of a template once, from its start to its end.
///
/// By characters as readers see them, as the library that renders it does: a brace with an accent
/// on it is no brace.
private struct TemplateScan {
    private let letters: [Character]
    private var place = 0
    private var open: [(word: String, place: Int)] = []

    init(_ source: String) { letters = Array(source) }

    mutating func run() throws(TemplateRefusal) {
        while let start = find("{{", from: place) {
            place = start + 2
            let sign = place < letters.count ? letters[place] : " "
            switch sign {
            case "!": _ = try upTo("}}", start)
            case "{":
                place += 1
                try name(until: "}}}", start)
            case "&":
                place += 1
                try name(until: "}}", start)
            case "#", "^":
                place += 1
                open.append((try word(until: "}}", start), start))
                guard open.count <= MessageTemplate.depthMax else {
                    throw refusal(
                        "sections are nested deeper than \(MessageTemplate.depthMax)", start)
                }
            case "/":
                place += 1
                try close(try word(until: "}}", start), start)
            case ">", "<", "$", "*": throw refusal("there are no other templates here", start)
            case "=", "%": throw refusal("{{\(sign)…}} is not known here", start)
            default: try name(until: "}}", start)
            }
        }
        if let last = open.last {
            throw refusal("{{#\(last.word)}} is never closed by {{/\(last.word)}}", last.place)
        }
    }

    private mutating func close(_ word: String, _ start: Int) throws(TemplateRefusal) {
        guard let last = open.popLast() else {
            throw refusal("{{/\(word)}} closes nothing", start)
        }
        guard last.word == word else {
            throw refusal("{{/\(word)}} stands where {{/\(last.word)}} is due", start)
        }
    }

    /// A tag that says something, which no type of message does.
    private mutating func name(until end: String, _ start: Int) throws(TemplateRefusal) {
        let word = try word(until: end, start)
        guard MessageTemplate.Name(rawValue: word) == nil else { return }
        throw refusal(
            "“\(word)” has no text of its own; {{#\(word)}}…{{/\(word)}} is said of that type "
                + "alone",
            start)
    }

    /// The word of a tag, which must be known.
    private mutating func word(
        until end: String, _ start: Int
    ) throws(TemplateRefusal) -> String {
        let tag = try upTo(end, start)
        // The library would take what stands before the break for text.
        guard !tag.contains(where: \.isNewline) else {
            throw refusal("a tag goes over the end of a line", start)
        }
        let text = String(tag.trimmed)
        guard MessageTemplate.words.contains(where: { $0.utf8.elementsEqual(text.utf8) }) else {
            let word = String(text.prefix(64))
            throw refusal(
                word.isEmpty ? "a tag has no name" : "there is nothing called “\(word)”", start,
                unknown: word)
        }
        return text
    }

    /// What stands before `end`, which is passed.
    private mutating func upTo(
        _ end: String, _ start: Int
    ) throws(TemplateRefusal) -> ArraySlice<Character> {
        guard let close = find(end, from: place) else {
            throw refusal("a tag is never closed by \(end)", start)
        }
        defer { place = close + end.count }
        return letters[place..<close]
    }

    private func find(_ mark: String, from start: Int) -> Int? {
        guard letters.count >= start + mark.count else { return nil }
        return (start...letters.count - mark.count).first {
            letters[$0..<$0 + mark.count].elementsEqual(mark)
        }
    }

    private func refusal(
        _ what: String, _ start: Int, unknown: String? = nil
    ) -> TemplateRefusal {
        let line = letters[..<start].count(where: \.isNewline) + 1
        let isSingle = !letters.contains(where: \.isNewline)
        return TemplateRefusal(
            isSingle ? what : "in line \(line) of the template \(what)", unknown: unknown)
    }
}

extension ArraySlice<Character> {
    fileprivate var trimmed: Self {
        var rest = self
        while rest.first?.isWhitespace == true { rest.removeFirst() }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return rest
    }
}
