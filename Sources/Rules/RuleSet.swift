package import StrictJSON

/// Patterns under names, compiled together and swapped in whole when rules change.
///
/// The event comes as bytes, so that an engine that reads them only once for all patterns can
/// take this one's place without a change for callers.
package struct RuleSet<Name: Hashable & Sendable>: Sendable {
    private let rules: [(name: Name, pattern: Pattern)]

    /// A set that answers with names in the order given; a name that comes twice answers when
    /// either of its patterns matches, once.
    package init(_ rules: [(Name, Pattern)]) {
        self.rules = rules.map { (name: $0.0, pattern: $0.1) }
    }

    package var isEmpty: Bool { rules.isEmpty }

    /// The names of the patterns that the event matches.
    ///
    /// - Parameter bytes: The event: one JSON object, UTF-8, of any size.
    /// - Returns: Names in the order of definition, none twice.
    /// - Throws: When the bytes are no JSON, or something other than an object.
    package func matches(document bytes: [UInt8]) throws(JSONRefusal) -> [Name] {
        let event = try JSONValue(eventParsing: bytes)
        var seen: Set<Name> = []
        return rules.compactMap { name, pattern in
            guard !seen.contains(name), pattern.matches(event) else { return nil }
            seen.insert(name)
            return name
        }
    }
}

extension JSONValue {
    /// Reads an event: one JSON object and nothing behind it, of any size.
    package init(eventParsing bytes: [UInt8]) throws(JSONRefusal) {
        self = try JSONValue(parsing: bytes, limits: .match)
        guard case .object = self else {
            throw JSONRefusal(
                code: .syntax, offset: 0, line: 1, column: 1,
                detail: "an event is one JSON object, not \(kind)")
        }
    }
}
