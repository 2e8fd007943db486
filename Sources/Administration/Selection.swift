import Domain
import Storage
import StrictJSON

/// Which rows of a list a person wants, as text: every face passes on what was typed.
package struct Selection: Hashable, Sendable, ExpressibleByDictionaryLiteral {
    /// Rows on a page, by default and at most.
    package static let limitByDefault = 50
    package static let limitMax = Query<EventFilter>.limitMax
    /// A list is counted no further.
    package static let countMax = 10_000
    /// Characters (Unicode scalars) of a filter's value.
    static let valueMax = 256

    /// The names of the filters of each list; all that are given must hold.
    package static let ofEvents = ["state", "source", "type", "entity", "since", "until", "text"]
    package static let ofTasks = [
        "state", "event", "rule", "connection", "entity", "workspace", "since", "until", "text",
    ]
    package static let ofDeliveries = [
        "state", "task", "event", "endpoint", "type", "since", "until", "text",
    ]
    /// The names of what says where a page starts and how long it is.
    package static let ofPage = ["cursor", "limit"]

    /// What was typed, by name.
    package var parameters: [String: String]

    package init(_ parameters: [String: String] = [:]) { self.parameters = parameters }

    package init(dictionaryLiteral elements: (String, String)...) {
        self.init(Dictionary(elements) { $1 })
    }

    /// The selection with this beside, or in the place of what was there.
    package func with(_ name: String, _ value: String?) -> Selection {
        var selection = self
        selection.parameters[name] = value
        return selection
    }
}

// MARK: - What it means

extension Selection {
    func events(at now: Timestamp) throws(AdministrationError) -> EventFilter {
        EventFilter(
            state: try state(), source: try value("source"), type: try value("type"),
            entity: try value("entity"), window: try window(at: now), text: try needle())
    }

    func tasks(at now: Timestamp) throws(AdministrationError) -> TaskFilter {
        TaskFilter(
            state: try state(), event: try value("event").map { Identifier(rawValue: $0) },
            rule: try value("rule"), connection: try value("connection"),
            entity: try value("entity"), workspace: try value("workspace"),
            window: try window(at: now), text: try needle())
    }

    func deliveries(at now: Timestamp) throws(AdministrationError) -> DeliveryFilter {
        DeliveryFilter(
            state: try state(), task: try value("task").map { Identifier(rawValue: $0) },
            event: try value("event").map { Identifier(rawValue: $0) },
            endpoint: try value("endpoint"),
            type: try word("type", "is no type of a notification", "Types"),
            window: try window(at: now), text: try needle())
    }

    func query<Filter>(_ filter: Filter) throws(AdministrationError) -> Query<Filter> {
        let cursor = parameters["cursor"]
        guard cursor.map(PageMark.isWellFormed) ?? true else {
            throw AdministrationError(
                .parameterInvalid, "`cursor` is none",
                remedy: "Take `next` of the page before, unchanged, or leave `cursor` out.")
        }
        var query = Query(filter, cursor: cursor, limit: Self.limitByDefault)
        if let limit = try number("limit", 1...Self.limitMax, "rows", Self.limitByDefault) {
            query.limit = limit
        }
        return query
    }

    /// A whole number in a range; `nil` where nothing was typed.
    func number(
        _ name: String, _ range: ClosedRange<Int>, _ what: String, _ usual: Int
    ) throws(AdministrationError) -> Int? {
        guard let text = parameters[name] else { return nil }
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(text),
            range.contains(number)
        else {
            throw AdministrationError(
                .parameterInvalid, "`\(name)` is out of range",
                remedy: "Write a whole number from \(range.lowerBound) to \(range.upperBound); "
                    + "without it there are \(usual) \(what).")
        }
        return number
    }

    private func state<State: CaseIterable & RawRepresentable<String>>()
        throws(AdministrationError) -> State?
    {
        try word("state", "names no state of this list", "States")
    }

    func word<Word: CaseIterable & RawRepresentable<String>>(
        _ name: String, _ trouble: String, _ what: String
    ) throws(AdministrationError) -> Word? {
        guard let text = parameters[name] else { return nil }
        guard let word = Word.allCases.first(where: { $0.rawValue.hasSameBytes(as: text) }) else {
            throw AdministrationError(
                .parameterInvalid, "`\(name)` \(trouble)",
                remedy: "\(what): " + Word.allCases.map(\.rawValue).joined(separator: ", ") + ".")
        }
        return word
    }

    func value(_ name: String) throws(AdministrationError) -> String? {
        guard let text = parameters[name] else { return nil }
        guard !text.isEmpty else {
            throw AdministrationError(
                .parameterInvalid, "`\(name)` is empty",
                remedy: "Write all of what is to be found, or leave `\(name)` out.")
        }
        guard text.unicodeScalars.count <= Self.valueMax else {
            throw AdministrationError(
                .parameterInvalid, "`\(name)` is too long",
                remedy: "Nothing that long is stored; write at most \(Self.valueMax) characters.")
        }
        return text
    }

    private func needle() throws(AdministrationError) -> Needle? {
        guard let text = try value("text") else { return nil }
        guard text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F }) else {
            throw AdministrationError(
                .parameterInvalid, "`text` has a control character in it",
                remedy: "Write a piece of an id, a key or a name, as lists show it.")
        }
        return Needle(text)
    }

    private func window(at now: Timestamp) throws(AdministrationError) -> Period {
        let window = Period(
            since: try moment("since", at: now), until: try moment("until", at: now))
        if let since = window.since, let until = window.until, until <= since {
            throw AdministrationError(
                .parameterRefused, "`until` is not later than `since`",
                remedy: "Write an earlier `since` or a later `until`: rows at `since` are in, "
                    + "those at `until` are not.")
        }
        return window
    }

    func moment(
        _ name: String, at now: Timestamp
    ) throws(AdministrationError) -> Timestamp? {
        guard let text = parameters[name] else { return nil }
        guard let moment = Timestamp(written: text, now: now) else {
            throw AdministrationError.pointInTime(name)
        }
        return moment
    }
}
