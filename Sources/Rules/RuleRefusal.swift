import Domain
package import StrictJSON

/// Why a rule's definition is not accepted: where, what is wrong, and what to write instead.
package struct RuleRefusal: Error, Hashable, Sendable {
    /// The place in the definition: `/copy/0/connection`.
    package let pointer: JSONPointer
    /// What is wrong, one sentence without a full stop.
    package let what: String
    /// What would be accepted.
    package let remedy: String

    package init(pointer: JSONPointer, what: String, remedy: String) {
        self.pointer = pointer
        self.what = what
        self.remedy = remedy
    }

    /// A refusal of the pattern under `pointer`.
    init(_ refusal: PatternRefusal, under pointer: JSONPointer) {
        self.pointer = JSONPointer(tokens: pointer.tokens + refusal.pointer.tokens)
        what = refusal.what
        remedy = refusal.remedy
    }
}

extension RuleRefusal: CustomStringConvertible {
    /// Two lines: what is wrong and where, then what to do.
    package var description: String {
        let place = pointer == .root ? "the rule" : "\(pointer)"
        return "\(place): \(what)".onOneLine + "\n" + remedy.onOneLine
    }
}
