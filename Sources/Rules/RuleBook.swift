package import Domain
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
    /// Of those rules that have own words.
    package let templates: [MessageTemplates.OfRule]
    package let matcher: RuleSet
    /// By slot, the place in ``rules``, or -1 where nobody needs it any more.
    private let places: [Int32]
    /// By place in ``rules``, its slot, or -1 for a rule that is switched off.
    private let slots: [Int32]

    init(_ rules: [Rule]) {
        self.rules = rules
        templates = rules.templates
        matcher = RuleSet(
            rules.enumerated().filter { $0.element.isEnabled }
                .map { ($0.offset, $0.element.match) })
        places = rules.indices.map { rules[$0].isEnabled ? Int32($0) : -1 }
        slots = places
    }

    init(_ rules: [Rule], after old: RuleEdition) {
        // What stands at the start and at the end as it did keeps its slot, and only what is
        // between has to be looked up.
        let shift = old.rules.count - rules.count
        let (start, end, areSame) = Self.changed(rules, old.rules)
        var free: [Pattern: [Int32]] = [:]
        for place in start..<end + shift where old.slots[place] >= 0 {
            free[old.rules[place].match, default: []].append(old.slots[place])
        }
        var slots = Array(old.slots[..<start])
        var added: [(Int, Pattern)] = []
        for rule in rules[start..<end] {
            if !rule.isEnabled {
                slots.append(-1)
            } else if let slot = free[rule.match]?.popLast() {
                slots.append(slot)
            } else {
                slots.append(Int32(old.places.count + added.count))
                added.append((old.places.count + added.count, rule.match))
            }
        }
        slots += old.slots[(end + shift)...]
        var places = [Int32](repeating: -1, count: old.places.count + added.count)
        var unusedCount = places.count
        for (place, slot) in slots.enumerated() where slot >= 0 {
            places[Int(slot)] = Int32(place)
            unusedCount -= 1
        }
        guard unusedCount * 2 <= rules.count else {
            self = RuleEdition(rules)
            return
        }
        self.rules = rules
        let isPlain =
            areSame && old.templates.isEmpty && rules[start..<end].allSatisfy { $0.template == nil }
        templates = isPlain ? [] : rules.templates
        matcher = old.matcher.adding(added)
        self.places = places
        self.slots = slots
    }

    /// Where the rules begin and end that do not stand at the start or at the end of the list as
    /// they did, and whether all others are what they were in everything.
    ///
    /// Of a hundred thousand rules none is copied to be compared.
    private static func changed(
        _ rules: [Rule], _ old: [Rule]
    ) -> (start: Int, end: Int, areSame: Bool) {
        rules.withUnsafeBufferPointer { rules in
            old.withUnsafeBufferPointer { old in
                let shift = old.count - rules.count
                var areSame = true
                func isMatchedAsBefore(_ place: Int, by other: Int) -> Bool {
                    if rules[place].isSame(as: old[other]) { return true }
                    guard rules[place].isMatched(like: old[other]) else { return false }
                    areSame = areSame && rules[place] == old[other]
                    return true
                }
                var start = 0
                while start < min(rules.count, old.count), isMatchedAsBefore(start, by: start) {
                    start += 1
                }
                var end = rules.count
                while end > start, end + shift > start,
                    isMatchedAsBefore(end - 1, by: end - 1 + shift)
                {
                    end -= 1
                }
                return (start, end, areSame)
            }
        }
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

extension Rule {
    /// Whether a matcher needs nothing new for this rule after the other one.
    fileprivate func isMatched(like other: Rule) -> Bool {
        isEnabled == other.isEnabled && match == other.match
    }
}

extension [Rule] {
    fileprivate var templates: [MessageTemplates.OfRule] {
        // By place: not every rule is copied to find the few that have one.
        indices.compactMap { place in
            self[place].template.map { MessageTemplates.OfRule(self[place].name, $0) }
        }
    }
}
