package import Domain

extension Delivery {
    /// How it came to its end and when; `nil` before.
    package var turn: (what: Happening.What, at: Timestamp)? {
        guard let endedAt, state.isEnd else { return nil }
        guard case .exhausted(let reason) = state else {
            return (.delivery(state.name, reason: nil), endedAt)
        }
        return (.delivery(state.name, reason: reason), endedAt)
    }
}

extension [RuleVerdict] {
    /// The rules, each once, in their order.
    package var ruleNames: [String] {
        reduce(into: []) { names, verdict in
            let isKnown = names.contains { $0.utf8.elementsEqual(verdict.rule.utf8) }
            if !isKnown { names.append(verdict.rule) }
        }
    }
}
