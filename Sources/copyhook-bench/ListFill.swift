import Domain
import Storage
import StorageSQLite

/// Rows as a busy team's would be, always the same for the same number.
///
/// Most things happen often, some rarely, and one once, so that filters are measured on both.
enum ListFill {
    static let entities = 20_000
    static let start = Timestamp(milliseconds: 1_767_225_600_000)

    /// A number that looks like chance, the same on every machine (SplitMix64).
    static func mixed(_ number: Int) -> UInt64 {
        var z = UInt64(truncatingIfNeeded: number) &+ 0x9E37_79B9_7F4A_7C15
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// 30 ms between two.
    static func moment(_ number: Int) -> Timestamp { start + .milliseconds(Int64(number) * 30) }

    static func id<Subject>(_ prefix: String, _ number: Int, at now: Timestamp)
        -> Identifier<Subject>
    {
        var chance = Chance(state: number)
        return .make(prefix, at: now, using: &chance)
    }

    static func event(_ number: Int) -> Event {
        let now = moment(number)
        let type =
            number % 50_000 == 7
            ? "bot.deleted" : ["bot.published", "bot.updated", "app.published"][number % 3]
        return Event(
            id: id("evt_", number, at: now),
            identity: Event.Identity(
                source: source(number), key: "75\(mixed(number) % 100_000_000_000_000_000)"),
            type: type, time: now - .seconds(1), receivedAt: now, entity: entity(number),
            body: body(number))
    }

    static func source(_ number: Int) -> String {
        number % 40_000 == 11 ? "keyue-test" : ["coze-main", "coze-lab", "keyue"][number % 3]
    }

    static func entity(_ number: Int) -> EntityReference {
        // The squared draw makes some bots far busier than others.
        let draw = Double(mixed(number &* 7) % 1_000_000) / 1_000_000
        let which = Int(draw * draw * Double(entities))
        return EntityReference(
            type: "bot", id: entityID(which), name: entityName(which),
            workspaceID: "7481\(which % 40)", version: "\(number)")
    }

    static func entityID(_ which: Int) -> String {
        "73\(mixed(which &* 31) % 100_000_000_000_000_000)"
    }

    static func entityName(_ which: Int) -> String {
        let names = ["客服助手", "Invoice Helper", "数据分析", "Release notes", "会议纪要"]
        return which == 19_999 ? "独一无二" : "\(names[which % names.count]) \(which)"
    }

    /// 0.5 KB, as a platform says of a published bot.
    private static func body(_ number: Int) -> [UInt8] {
        let entity = entity(number)
        let text = """
            {"header":{"event_id":"75\(number)","event_type":"bot.published","created_at":\
            \(moment(number).milliseconds)},"event":{"bot_id":"\(entity.id)","bot_name":\
            "\(entity.name ?? "")","workspace_id":"\(entity.workspaceID ?? "")","operator":\
            {"user_id":"3391820045718","name":"Mina Okafor"},"connectors":[{"id":"1024","name":\
            "api","status":"success"},{"id":"999","name":"web_sdk","status":"success"}],\
            "changelog":"Adds VAT lookup, fixes rounding on invoices in several currencies."}}
            """
        return Array(text.utf8)
    }

    private struct Chance: RandomNumberGenerator {
        var state: Int

        mutating func next() -> UInt64 {
            state &+= 0x9E37
            return ListFill.mixed(state &* 1_000_003)
        }
    }
}

// MARK: - What events led to

extension ListFill {
    static func taskID(_ number: Int) -> CopyTask.ID {
        CopyTask.ID(rawValue: "tsk_" + derived(number, 1))
    }

    static func deliveryID(_ number: Int, _ part: Int) -> Delivery.ID {
        Delivery.ID(rawValue: "msg_" + derived(number, 2 + part))
    }

    /// 26 letters and digits in no order, as ids are that are derived from others.
    private static func derived(_ number: Int, _ kind: Int) -> String {
        let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz")
        var chance = Chance(state: number &* 8 &+ kind)
        return String((0..<26).map { _ in alphabet[Int(chance.next() & 31)] })
    }

    static func rule(_ number: Int) -> String {
        number % 30_000 == 13 ? "archive-once" : "backup-\(number % 12)"
    }

    static func connection(_ number: Int) -> String {
        number % 40_000 == 11 ? "keyue-test" : ["coze-prod", "coze-lab", "keyue-prod"][number % 3]
    }

    /// Nearly all of it has ended; the newest has not.
    static func outcome(_ number: Int, of count: Int) throws -> MatchOutcome {
        let event = event(number)
        let now = event.receivedAt + .milliseconds(40)
        let isEnded = number < count - min(1_000, count / 10)
        var task = CopyTask(
            id: taskID(number),
            plan: CopyTask.Plan(
                event: EventSummary(event), rule: rule(number), action: 0, run: 0,
                connection: connection(number), provider: .coze, entity: entity(number),
                toWorkspace: "7498\(number % 50_000 == 3 ? 999 : number % 40)",
                onUncertain: .hold, notify: nil, createdAt: now),
            state: isEnded
                ? .succeeded(copy: Identifier(rawValue: "75\(number)")) : .queued(notBefore: now))
        if number % 20_000 == 17 {
            task = CopyTask(id: task.id, plan: task.plan, state: .unresolved(lookAt: nil))
        }
        let notification = CompletionNotification(
            id: .init(rawValue: "ntf_" + derived(number, 0)), type: .copySucceeded,
            taskID: task.id, eventID: event.id, createdAt: now, payload: Array("{}".utf8))
        let deliveries = try (0...1).map { part in
            try delivery(number, part, of: notification, isEnded: isEnded)
        }
        return MatchOutcome(
            verdicts: [RuleVerdict(rule: task.plan.rule, action: 0, effect: .planned(task.id))],
            tasks: [task],
            announcements: [Announcement(notification: notification, deliveries: deliveries)])
    }

    private static func delivery(
        _ number: Int, _ part: Int, of notification: CompletionNotification, isEnded: Bool
    ) throws -> Delivery {
        var delivery = Delivery(
            id: deliveryID(number, part), notificationID: notification.id,
            type: number % 20_000 == 5 ? .copyFailed : .copySucceeded,
            endpoint: number % 40_000 == 11 ? "one-off" : ["ops-chat", "audit"][part],
            createdAt: notification.createdAt)
        guard isEnded else { return delivery }
        try delivery.apply(.claimed)
        try delivery.apply(
            number % 20_000 == 19
                ? .exhausted(reason: "schedule", at: notification.createdAt)
                : .accepted(at: notification.createdAt))
        return delivery
    }

    /// Stores everything the way the service does, only more at once.
    static func fill(_ store: SQLiteStore, events count: Int) async throws {
        let batch = 1_000
        for start in stride(from: 0, to: count, by: batch) {
            let numbers = start..<min(start + batch, count)
            _ = try await store.admit(numbers.map { event($0) })
            let now = moment(numbers.upperBound)
            let claims = try await store.claimEvents(
                limit: batch, at: now, lease: .seconds(60))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (claim, number) in zip(claims, numbers) {
                    group.addTask {
                        try await store.settle(claim, as: outcome(number, of: count), at: now)
                    }
                }
                try await group.waitForAll()
            }
            if numbers.upperBound.isMultiple(of: 100_000) {
                standardError("\(numbers.upperBound) events are stored")
            }
        }
    }
}
