import Domain
import Rules
import Storage
package import StrictJSON

extension Administrator {
    /// Goes through stored events and says for which a rule, as it would be, answers otherwise than
    /// the one of that name which is in force.
    ///
    /// One call goes through a page of them, so that whoever asks sees how far it is, can stop, and
    /// holds nobody up. Only the pattern is asked: what a cooldown would have held back depends on
    /// what else happened.
    ///
    /// - Returns: `{"rule", "compared_with", "total", "examined", "gained", "lost", "same",
    ///   "neither", "next"}`, with the `since` and `until` that were asked for as points in time;
    ///   `total` on the first page alone, `gained` and `lost` with their count and the first few.
    package func backtest(
        _ name: String, _ wish: BacktestWish
    ) async throws(AdministrationError) -> JSONValue {
        let rule = try desk.read(wish.definition.bytes(), name: name)
        let old = desk.inForce(name)
        let total: Int? =
            wish.cursor == nil
            ? try await ask { () async throws(StorageError) in
                try await store.eventCount(in: wish.period)
            } : nil
        let page = try await ask(from: wish.cursor) { () async throws(StorageError) in
            try await store.events(in: wish.period, after: wish.cursor, limit: wish.limit)
        }
        let comparison = Comparison(old: old, new: rule)
        var tally = Comparison.Tally()
        for (place, event) in page.rows.enumerated() {
            comparison.compare(event, into: &tally)
            // Events that come in now are not to wait for those that came long ago.
            if place % Self.comparedAtOnce == 0 { await Task.yield() }
        }
        var answer = tally.json
        answer["rule"] = .string(name)
        answer["compared_with"] = old == nil ? "nothing" : "in_force"
        answer["total"] = total.map { .number(JSONNumber(Int64($0))) } ?? .null
        answer["examined"] = .number(JSONNumber(Int64(page.rows.count)))
        answer["next"] = .text(page.next)
        // Said again with the next page, a "7d" would mean another day.
        if let since = wish.period.since { answer["since"] = .string(since.description) }
        if let until = wish.period.until { answer["until"] = .string(until.description) }
        return .object(answer)
    }

    private static let comparedAtOnce = 256
}

/// Two forms of a rule, and what they answer to events.
private struct Comparison {
    /// Events of one kind that are told by name.
    static let shownMax = 10

    private let patterns: RuleSet

    private enum Side { static let (old, new) = (0, 1) }

    /// A rule that is switched off matches nothing.
    init(old: Rule?, new: Rule) {
        let sides = [(Side.old, old), (Side.new, new)]
        patterns = RuleSet(
            sides.compactMap { side, rule in
                rule.flatMap { $0.isEnabled ? (side, $0.match) : nil }
            })
    }

    struct Tally {
        var gained = Kind()
        var lost = Kind()
        var same = 0
        var neither = 0

        struct Kind {
            var count = 0
            var shown: [JSONValue] = []

            mutating func add(_ event: Event) {
                count += 1
                if shown.count < Comparison.shownMax { shown.append(event.head) }
            }

            var json: JSONValue {
                ["count": .number(JSONNumber(Int64(count))), "events": .array(shown)]
            }
        }

        var json: JSONObject {
            [
                "gained": gained.json, "lost": lost.json,
                "same": .number(JSONNumber(Int64(same))),
                "neither": .number(JSONNumber(Int64(neither))),
            ]
        }
    }

    func compare(_ event: Event, into tally: inout Tally) {
        guard !event.isByHand else {
            tally.neither += 1
            return
        }
        // What intake let in, the matcher reads.
        let matches = patterns.matches(checked: event.document) ?? []
        switch (matches.contains(Side.old), matches.contains(Side.new)) {
        case (true, true): tally.same += 1
        case (false, false): tally.neither += 1
        case (false, true): tally.gained.add(event)
        case (true, false): tally.lost.add(event)
        }
    }
}

extension Event {
    /// The event without body and state.
    var head: JSONValue {
        guard case .object(var object) = summary else { return summary }
        object["received_at"] = .string(receivedAt.description)
        if let entity { object["entity"] = entity.json }
        return .object(object)
    }
}
