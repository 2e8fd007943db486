import Synchronization

/// The rules in force, swapped as a whole, so that an event never meets half of a change.
///
/// A lock, since whoever reads rules and whoever puts them are different tasks; it is held for a
/// copy of a reference and no longer.
package final class RuleBook: Sendable {
    private let edition: Mutex<RuleEdition>

    package init(_ rules: [Rule] = []) {
        edition = Mutex(RuleEdition(rules))
    }

    /// The rules as they are at this moment; what is read from it does not change.
    package var current: RuleEdition { edition.withLock { $0 } }

    package func replace(with rules: [Rule]) {
        let next = RuleEdition(rules)
        edition.withLock { $0 = next }
    }
}

/// All rules together with the matcher made of those that are enabled.
package struct RuleEdition: Sendable {
    package let rules: [Rule]
    /// Answers with places in ``rules``.
    package let matcher: RuleSet<Int>

    init(_ rules: [Rule]) {
        self.rules = rules
        matcher = RuleSet(
            rules.enumerated().filter { $0.element.isEnabled }
                .map { ($0.offset, $0.element.match) })
    }
}
