import Domain
package import StrictJSON

/// What is allowed in a pattern or among rules, and worth a second look.
package struct PatternFinding: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// No event can ever match.
        case neverMatches
        /// A test or a branch that no event can pass, beside others that one can.
        case neverPasses
        /// Every event matches.
        case matchesEverything
        /// Another rule matches whatever this one matches, and does the same.
        case isShadowed
        /// It means something else than it seems to.
        case isDoubtful
        /// There were too many rules to compare each with each.
        case isUnfinished
    }

    package let kind: Kind
    /// The rule; `nil` for a pattern that stands alone.
    package let rule: String?
    /// In the rule's definition, or in the pattern that stands alone.
    package let pointer: JSONPointer
    /// What is so, one sentence without a full stop.
    package let what: String
    /// What to do about it.
    package let remedy: String
}

extension PatternFinding: CustomStringConvertible {
    /// Two lines: where and what, then what to do.
    package var description: String {
        let place = pointer == .root ? (rule == nil ? "the pattern" : nil) : "\(pointer)"
        let parts = [rule.map { "rule \($0)" }, place, what].compactMap(\.self)
        return parts.joined(separator: ": ").onOneLine + "\n" + remedy.onOneLine
    }

    /// The same finding about the `match` of a rule.
    func of(_ rule: String) -> PatternFinding {
        PatternFinding(
            kind: kind, rule: rule, pointer: JSONPointer(tokens: ["match"] + pointer.tokens),
            what: what, remedy: remedy)
    }
}
