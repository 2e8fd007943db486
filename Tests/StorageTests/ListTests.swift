import Domain
import Storage
import Testing

/// Random rows under random selections: what a store lists is what a look at every row finds.
@Suite struct ListTests {
    /// A list as the test knows it: every row, with what filters may ask of it.
    struct Known {
        let id: String
        let at: Timestamp
        let state: String
        let values: [String: String]
        let texts: [String]
    }

    static let names = ["客服助手", "Invoice Helper", "客服", "invoice", "e\u{301}", "\u{E9}", "a\u{0}b"]
    static let needles = [
        "客服", "服", "助手", "INVOICE", "Helper", "e", "a", "客服x", "evt_1", "_", "bot", "\u{E9}",
        "\u{301}",
        "copy.succ", "hook-b", "key-11", "zz", "~", "rule-b", "msg_", "ws-2", "a\u{0}b", "b\u{0}",
        "tsk_2", "published", "b",
    ]

    @Test(arguments: Backend.all, [1, 2, 3] as [UInt64])
    func whatIsListedIsWhatALookAtEveryRowFinds(_ backend: Backend, seed: UInt64) async throws {
        try await backend.run { store in
            var dice = Dice(state: seed)
            let rows = try await fill(store, &dice)
            // Some of it is closed, some of it not, and what comes now is behind what is.
            let more = try await fill(store, from: 200, to: 260, &dice)
            let events = (rows.events + more.events).sorted(by: newestFirst)
            let tasks = (rows.tasks + more.tasks).sorted(by: newestFirst)
            let behind = more.deliveries.map { ($0.row, $0.place + rows.deliveries.count) }
            let deliveries = (rows.deliveries + behind).sorted(by: newestFirst)
            let place = "\(backend), seed \(seed)"
            for _ in 0..<60 {
                let wish = Wish(of: events, ["source", "type", "entity"], &dice)
                let event = EventFilter(
                    state: wish.state.flatMap { EventState(rawValue: $0) },
                    source: wish["source"], type: wish["type"], entity: wish["entity"],
                    window: wish.window, text: wish.needle)
                let found = try await walk(dice.number(1...70)) {
                    let page = try await store.events(Query(event, cursor: $0, limit: $1))
                    return (page.rows.map(\.event.id.rawValue), page.next)
                }
                check(found, wish.ids(in: events), "\(place): \(wish)")
                let count = try await store.count(event, atMost: 20)
                #expect(count == Tally(found.count, atMost: 20), "\(place): \(wish)")
            }
            for _ in 0..<60 {
                let wish = Wish(
                    of: tasks, ["event", "rule", "connection", "entity", "workspace"], &dice)
                let task = TaskFilter(
                    state: wish.state.flatMap { CopyTask.State.Name(rawValue: $0) },
                    event: wish["event"].map { Identifier(rawValue: $0) }, rule: wish["rule"],
                    connection: wish["connection"], entity: wish["entity"],
                    workspace: wish["workspace"], window: wish.window, text: wish.needle)
                let found = try await walk(dice.number(1...70)) {
                    let page = try await store.tasks(Query(task, cursor: $0, limit: $1))
                    return (page.rows.map(\.id.rawValue), page.next)
                }
                check(found, wish.ids(in: tasks), "\(place): \(wish)")
                let count = try await store.count(task, atMost: 20)
                #expect(count == Tally(found.count, atMost: 20), "\(place): \(wish)")
            }
            for _ in 0..<60 {
                let wish = Wish(of: deliveries, ["task", "event", "endpoint", "type"], &dice)
                let delivery = DeliveryFilter(
                    state: wish.state.flatMap { Delivery.State.Name(rawValue: $0) },
                    task: wish["task"].map { Identifier(rawValue: $0) },
                    event: wish["event"].map { Identifier(rawValue: $0) },
                    endpoint: wish["endpoint"],
                    type: wish["type"].flatMap { NotificationType(rawValue: $0) },
                    window: wish.window, text: wish.needle)
                let found = try await walk(dice.number(1...70)) {
                    let page = try await store.deliveries(Query(delivery, cursor: $0, limit: $1))
                    return (page.rows.map(\.id.rawValue), page.next)
                }
                check(found, wish.ids(in: deliveries), "\(place): \(wish)")
                let count = try await store.count(delivery, atMost: 20)
                #expect(count == Tally(found.count, atMost: 20), "\(place): \(wish)")
            }
        }
    }

    private func newestFirst(_ one: (row: Known, place: Int), _ other: (row: Known, place: Int))
        -> Bool
    {
        (one.row.at, one.place) > (other.row.at, other.place)
    }

    /// Says where two lists part ways, and not all that is in them.
    private func check(_ found: [String], _ wanted: [String], _ comment: String) {
        let place = zip(found, wanted).enumerated().first { $1.0 != $1.1 }?.offset
        let part = place ?? min(found.count, wanted.count)
        #expect(
            found.dropFirst(part).prefix(3) == wanted.dropFirst(part).prefix(3),
            "\(comment), from row \(part)")
    }

    /// Every page from the first to the last.
    private func walk(
        _ limit: Int, _ page: (String?, Int) async throws -> ([String], String?)
    ) async throws -> [String] {
        var ids: [String] = []
        var cursor: String?
        repeat {
            let (more, next) = try await page(cursor, limit)
            #expect(next == nil || more.count == limit)
            ids += more
            cursor = next
        } while cursor != nil
        return ids
    }
}

// MARK: - Rows

extension ListTests {
    typealias Rows = (
        events: [(row: Known, place: Int)], tasks: [(row: Known, place: Int)],
        deliveries: [(row: Known, place: Int)]
    )

    /// Stores events with their tasks and deliveries, in an order that is not that of their times.
    private func fill(
        _ store: any Store & Housekeeping, from first: Int = 0, to end: Int = 200,
        _ dice: inout Dice
    ) async throws -> Rows {
        var rows: Rows = ([], [], [])
        for number in first..<end {
            let at = Timestamp.start + .seconds(Int64(dice.number(0...80)))
            let entity = dice.happens(5, in: 6) ? entity(&dice) : nil
            let event = Event(
                id: Event.ID(rawValue: "evt_\(number)"),
                identity: Event.Identity(
                    source: "source-\(dice.number(0...2))", key: "Key-\(number)"),
                type: dice.pick(["bot.published", "bot.deleted", "Bot.Published"]), time: nil,
                receivedAt: at, entity: entity, body: Array("{}".utf8))
            #expect(try await store.admit(event) == .stored)
            var state = "received"
            if dice.happens(3, in: 4) {
                let claim = try #require(
                    await store.claimEvents(limit: 999, at: at, lease: .seconds(1))
                        .first { $0.work.id == event.id })
                let planned = try plan(number, event, &dice, &rows)
                let outcome = MatchOutcome(
                    verdicts: planned.tasks.map {
                        RuleVerdict(rule: $0.plan.rule, action: 0, effect: .planned($0.id))
                    }, tasks: planned.tasks, announcements: planned.announcements)
                try await store.settle(claim, as: outcome, at: at)
                state = outcome.state.rawValue
            }
            rows.events.append(
                (
                    Known(
                        id: event.id.rawValue, at: at, state: state,
                        values: [
                            "source": event.identity.source, "type": event.type,
                            "entity": entity?.id ?? "",
                        ],
                        texts: [
                            event.id.rawValue, event.identity.key, event.type,
                            event.identity.source, entity?.id ?? "", entity?.name ?? "",
                        ]), number
                ))
            if number == first + (end - first) * 3 / 4 {
                while try await store.makeFindable() {}
            }
        }
        return rows
    }

    private func entity(_ dice: inout Dice) -> EntityReference {
        EntityReference(
            type: "bot", id: dice.pick(["7", "75053097", "bot-1", "Bot-1", "a\u{0}b"]),
            name: dice.happens(1, in: 5) ? nil : dice.pick(Self.names),
            workspaceID: dice.happens(1, in: 3) ? nil : "ws-\(dice.number(0...2))")
    }

    private func plan(
        _ number: Int, _ event: Event, _ dice: inout Dice, _ rows: inout Rows
    ) throws -> (tasks: [CopyTask], announcements: [Announcement]) {
        var tasks: [CopyTask] = []
        var announcements: [Announcement] = []
        for part in 0..<dice.number(0...2) {
            let at = Timestamp.start + .seconds(Int64(dice.number(0...80)))
            var task = CopyTask(
                id: CopyTask.ID(rawValue: "tsk_\(number)_\(part)"),
                plan: CopyTask.Plan(
                    event: EventSummary(event), rule: dice.pick(["rule-a", "rule-b"]), action: part,
                    run: 0, connection: dice.pick(["coze", "keyue"]), provider: .coze,
                    entity: entity(&dice),
                    toWorkspace: dice.happens(1, in: 2) ? nil : "ws-\(dice.number(2...3))",
                    onUncertain: .hold, notify: nil, createdAt: at),
                state: .queued(notBefore: at))
            if dice.happens(1, in: 3) { _ = try task.apply(.cancelRequested(at: at)) }
            tasks.append(task)
            let plan = task.plan
            rows.tasks.append(
                (
                    Known(
                        id: task.id.rawValue, at: at, state: task.state.name.rawValue,
                        values: [
                            "event": event.id.rawValue, "rule": plan.rule,
                            "connection": plan.connection, "entity": plan.entity.id,
                            "workspace": plan.target ?? "",
                        ],
                        texts: [
                            task.id.rawValue, event.id.rawValue, plan.rule, plan.connection,
                            plan.target ?? "", plan.entity.id, plan.entity.name ?? "",
                        ]), number * 4 + part
                ))
            announcements.append(announcement("\(number)_\(part)", event, task, &dice, &rows))
        }
        if dice.happens(1, in: 4) {
            announcements.append(announcement("\(number)_x", event, nil, &dice, &rows))
        }
        return (tasks, announcements)
    }

    private func announcement(
        _ name: String, _ event: Event, _ task: CopyTask?, _ dice: inout Dice, _ rows: inout Rows
    ) -> Announcement {
        let at = Timestamp.start + .seconds(Int64(dice.number(0...80)))
        let type = dice.pick([NotificationType.copySucceeded, .copyFailed, .eventAnnounced])
        let isAboutNothing = task == nil && dice.happens(1, in: 3)
        let notification = CompletionNotification(
            id: .init(rawValue: "ntf_\(name)"), type: type, taskID: task?.id,
            eventID: isAboutNothing ? nil : event.id, createdAt: at, payload: Array("{}".utf8))
        let deliveries = ["hook-a", "Hook-B"].prefix(dice.number(0...2)).map { endpoint in
            var delivery = Delivery(
                id: .init(rawValue: "msg_\(name)_\(endpoint.suffix(1))"),
                notificationID: notification.id, type: type, endpoint: endpoint, createdAt: at)
            if dice.happens(1, in: 3) { try? delivery.apply(.cancelRequested(at: at)) }
            return delivery
        }
        for delivery in deliveries {
            rows.deliveries.append(
                (
                    Known(
                        id: delivery.id.rawValue, at: at, state: delivery.state.name.rawValue,
                        values: [
                            "task": task?.id.rawValue ?? "",
                            "event": notification.eventID?.rawValue ?? "",
                            "endpoint": delivery.endpoint, "type": type.rawValue,
                        ],
                        texts: [
                            delivery.id.rawValue, task?.id.rawValue ?? "",
                            notification.eventID?.rawValue ?? "", delivery.endpoint, type.rawValue,
                        ]), rows.deliveries.count
                ))
        }
        return Announcement(notification: notification, deliveries: deliveries)
    }
}

// MARK: - Wishes

/// A selection drawn from what there is, and its meaning without a store.
private struct Wish: CustomStringConvertible {
    var state: String?
    var values: [String: String] = [:]
    var window = Period()
    var text: String?

    init(of rows: [(row: ListTests.Known, place: Int)], _ names: [String], _ dice: inout Dice) {
        guard let row = rows.randomElement(using: &dice)?.row else { return }
        if dice.happens(1, in: 4) { state = row.state }
        for name in names where dice.happens(1, in: 4) {
            values[name] = dice.happens(1, in: 12) ? "none" : row.values[name]
            // What is absent cannot be asked for.
            if values[name]?.isEmpty == true { values[name] = nil }
            if name == "type", values[name] == "none" { values[name] = nil }
        }
        if dice.happens(1, in: 4) { window.since = row.at - .seconds(Int64(dice.number(0...20))) }
        if dice.happens(1, in: 4) { window.until = row.at + .seconds(Int64(dice.number(0...20))) }
        if dice.happens(1, in: 2) { text = dice.pick(ListTests.needles) }
    }

    subscript(name: String) -> String? { values[name] }

    var needle: Needle? { text.map { Needle($0) } }

    var description: String { "\(state ?? "-") \(values) \(window) \(text ?? "-")" }

    func ids(in rows: [(row: ListTests.Known, place: Int)]) -> [String] {
        rows.map(\.row).filter { row in
            (state == nil || state == row.state)
                && values.allSatisfy { name, value in
                    Array((row.values[name] ?? "").utf8) == Array(value.utf8)
                }
                && window.since.map { $0 <= row.at } ?? true
                && window.until.map { $0 > row.at } ?? true && hasText(row)
        }.map(\.id)
    }

    /// By the text's own letters, so that this is not the store's way of looking.
    private func hasText(_ row: ListTests.Known) -> Bool {
        guard let text else { return true }
        let wanted = Array(text.unicodeScalars).map(Self.lower)
        return row.texts.contains { whole in
            let scalars = Array(whole.unicodeScalars).map(Self.lower)
            return scalars.indices.contains { scalars[$0...].starts(with: wanted) }
        }
    }

    private static func lower(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        ("A"..."Z").contains(scalar) ? Unicode.Scalar(scalar.value + 32)! : scalar
    }
}

/// Chance that is the same in every run (SplitMix64).
struct Dice: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func number(_ range: ClosedRange<Int>) -> Int { .random(in: range, using: &self) }

    mutating func happens(_ times: Int, in all: Int) -> Bool { number(1...all) <= times }

    mutating func pick<Value>(_ values: [Value]) -> Value { values[number(0...values.count - 1)] }
}
