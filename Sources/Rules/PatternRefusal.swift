import Domain
package import StrictJSON

/// Why a pattern is not accepted: where, what is wrong, and what to write instead.
package struct PatternRefusal: Error, Hashable, Sendable {
    /// The place in the pattern.
    package let pointer: JSONPointer
    /// The operator concerned, where there is one: `numeric`.
    package let operatorName: String?
    /// What is wrong, one sentence without a full stop.
    package let what: String
    /// What would be accepted, one or two sentences.
    package let remedy: String
}

extension PatternRefusal: CustomStringConvertible {
    /// Two lines: what is wrong and where, then what to do.
    package var description: String {
        let place = pointer == .root ? "the pattern" : "\(pointer)"
        let name = operatorName.map { " (\($0))" } ?? ""
        return "\(place)\(name): \(what)".onOneLine + "\n" + remedy.onOneLine
    }
}

extension JSONValue {
    /// The value as a refusal repeats it: compact, at most 60 characters.
    var excerpt: String {
        let text = String(decoding: bytes(), as: UTF8.self)
        return text.unicodeScalars.count <= 60
            ? text : String(String.UnicodeScalarView(text.unicodeScalars.prefix(57))) + "..."
    }
}
