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

    /// Whoever changes rules does so one at a time, so that what was read last is what is changed.
    package func replace(with rules: [Rule]) {
        let next = RuleEdition(rules, after: current)
        edition.withLock { $0 = next }
    }
}

/// All rules together with the matcher made of those that are enabled.
///
/// What stays as it was is not compiled again: the matcher answers with *slots*, each of which
/// belongs to one pattern for as long as an edition needs it.
package struct RuleEdition: Sendable {
    package let rules: [Rule]
    private let matcher: RuleSet
    /// By slot, the place in ``rules``, or -1 where nobody needs it any more.
    private let places: [Int32]

    init(_ rules: [Rule]) {
        self.rules = rules
        matcher = RuleSet(
            rules.enumerated().filter { $0.element.isEnabled }
                .map { ($0.offset, $0.element.match) })
        places = rules.indices.map { rules[$0].isEnabled ? Int32($0) : -1 }
    }

    init(_ rules: [Rule], after old: RuleEdition) {
        var slots = old.slots
        var places = [Int32](repeating: -1, count: old.places.count)
        var added: [(Int, Pattern)] = []
        var unusedCount = old.places.count
        for (place, rule) in rules.enumerated() where rule.isEnabled {
            if let slot = slots[rule.match]?.popLast() {
                places[slot] = Int32(place)
                unusedCount -= 1
            } else {
                added.append((places.count, rule.match))
                places.append(Int32(place))
            }
        }
        guard unusedCount * 2 <= rules.count else {
            self = RuleEdition(rules)
            return
        }
        self.rules = rules
        matcher = old.matcher.adding(added)
        self.places = places
    }

    /// By pattern, the slots of it that are in use.
    private var slots: [Pattern: [Int]] {
        var slots: [Pattern: [Int]] = [:]
        for (slot, place) in places.enumerated() where place >= 0 {
            slots[rules[Int(place)].match, default: []].append(slot)
        }
        return slots
    }

    /// The rules that an event matches, in their order.
    ///
    /// - Parameter bytes: The event: one JSON object that the strict parser has let through.
    /// - Returns: `nil` for bytes that it cannot have let through.
    package func matches(checked bytes: [UInt8]) -> [Rule]? {
        guard let found = matcher.matches(checked: bytes) else { return nil }
        return found.map { places[$0] }.filter { $0 >= 0 }.sorted().map { rules[Int($0)] }
    }
}
