import Domain
import StrictJSON

/// What is worth a second look among rules that are all accepted.
package enum RuleLint {
    /// Pairs of tests that are compared in one run; some seconds at most.
    package static let comparisonsMax = 5_000_000

    /// Findings in the order of the rules; those that are switched off are passed over.
    ///
    /// - Parameters:
    ///   - sources: The names of the configured sources, where they are known.
    ///   - comparisonsMax: Where comparing each with each ends, and is said to.
    package static func findings(
        in rules: [Rule], sources: [String]? = nil, comparisonsMax: Int = comparisonsMax
    ) -> [PatternFinding] {
        let shape = EventShape(sources: sources)
        let rules = rules.filter(\.isEnabled)
        let shadows = shadows(among: rules, shape, comparisonsMax)
        var findings: [PatternFinding] = []
        for (place, rule) in rules.enumerated() {
            findings += rule.match.findings(for: shape).map { $0.of(rule.name) }
            if let other = shadows.found[place] {
                findings.append(shadow(rule, by: rules[other]))
            }
        }
        if !shadows.isComplete {
            findings.append(
                PatternFinding(
                    kind: .isUnfinished, rule: nil, pointer: JSONPointer(tokens: ["rules"]),
                    what: "there are too many rules with the same actions to compare all of them",
                    remedy: "Nothing is wrong with that; only which of them are shadowed was not "
                        + "told of each."))
        }
        return findings
    }

    /// Findings on one rule, held against others only where both do the same.
    ///
    /// - Parameter others: In force beside it; one of its own name is passed over.
    package static func findings(
        on rule: Rule, among others: [Rule], sources: [String]? = nil
    ) -> [PatternFinding] {
        let deeds = Deeds(rule)
        let alike = others.filter {
            !$0.name.hasSameBytes(as: rule.name) && Deeds($0) == deeds
        }
        return findings(in: alike.suffix(alikeMax) + [rule], sources: sources)
            .filter { $0.rule?.hasSameBytes(as: rule.name) == true }
    }

    /// Some milliseconds' worth.
    private static let alikeMax = 1_000

    private static func shadow(_ rule: Rule, by other: Rule) -> PatternFinding {
        let deed = rule.copies.isEmpty ? "is told twice" : "is copied twice"
        return PatternFinding(
            kind: .isShadowed, rule: rule.name, pointer: JSONPointer(tokens: ["match"]),
            what: "the rule \(other.name) matches whatever this one matches and does the same, so "
                + "that it \(deed)",
            remedy: "Take one of the two out, or give them different actions.")
    }

    /// For each rule that is shadowed the first that shadows it.
    ///
    /// Of rules that match the same, the first shadows the others.
    private static func shadows(
        among rules: [Rule], _ shape: EventShape, _ comparisonsMax: Int
    ) -> (found: [Int: Int], isComplete: Bool) {
        let asked = rules.map { Asked($0.match, shape) }
        let deeds = rules.map(Deeds.init)
        var candidates: [Deeds: AskedIndex] = [:]
        for place in rules.indices {
            candidates[deeds[place], default: AskedIndex()].add(asked[place], place)
        }
        var found: [Int: Int] = [:]
        var comparisons = 0
        for place in rules.indices where !asked[place].isNever {
            for other in candidates[deeds[place]]?.mayBeImplied(by: asked[place]) ?? []
            where other != place && asked[place].mayImply(asked[other]) {
                comparisons += asked[place].cost(of: asked[other])
                guard comparisons <= comparisonsMax else { return (found, false) }
                guard asked[place].implies(asked[other]) else { continue }
                // What the wider one was about rests afterwards, and the narrower one does not.
                let rests = rules[other].cooldown > .zero
                guard !rests || asked[other].implies(asked[place]) else { continue }
                // Where both match the same, the later one is told of.
                if other > place, asked[other].implies(asked[place]) { continue }
                found[place] = other
                break
            }
        }
        return (found, true)
    }

    /// What a rule does, apart from when; the order does not matter.
    private struct Deeds: Hashable {
        let copies: Set<CopyAction>
        let notify: Set<String>?
        let cooldown: Duration
        let template: String?

        init(_ rule: Rule) {
            copies = Set(rule.copies)
            notify = rule.notify.map(Set.init)
            cooldown = rule.cooldown
            template = rule.template?.source
        }
    }
}
