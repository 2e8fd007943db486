import Domain
import Storage
import StorageSQLite

/// One question to a store, with values that change from draw to draw where they can.
struct ListQuestion {
    let name: String
    /// Answers with how many rows came back, or were counted.
    let ask: (SQLiteStore, Int) async throws -> Int

    static func all(events count: Int) -> [ListQuestion] {
        let middle = ListFill.moment(count / 2)
        func some(_ draw: Int) -> Int { Int(ListFill.mixed(draw) % UInt64(count)) }
        func mark(_ list: Listed, _ position: Int) -> String {
            PageMark(list: list, at: middle, position: Int64(position)).text
        }
        func window(_ draw: Int) -> Period {
            let at = ListFill.moment(some(draw))
            return Period(since: at - .minutes(10), until: at)
        }
        let events: [(String, (Int) -> EventFilter)] = [
            ("all", { _ in EventFilter() }),
            ("state, common", { _ in EventFilter(state: .matched) }),
            ("state, none", { _ in EventFilter(state: .received) }),
            ("source, common", { EventFilter(source: ListFill.source($0 % 3)) }),
            ("source, rare", { _ in EventFilter(source: "keyue-test") }),
            ("type, common", { _ in EventFilter(type: "bot.published") }),
            ("type, rare", { _ in EventFilter(type: "bot.deleted") }),
            ("entity, common", { EventFilter(entity: ListFill.entityID($0 % 10)) }),
            ("entity, rare", { EventFilter(entity: ListFill.entityID(19_999 - $0)) }),
            ("entity, none", { EventFilter(entity: ListFill.entityID(50_000 + $0)) }),
            ("since", { EventFilter(window: Period(since: ListFill.moment(some($0)))) }),
            ("since and until", { EventFilter(window: window($0)) }),
        ]
        let eventTexts: [(String, (Int) -> String)] = [
            ("in every row", { _ in "published" }), ("客服", { _ in "客服" }),
            ("a rare name, 独一", { _ in "独一" }), ("nowhere", { "nowhere-\($0)" }),
            ("a whole key", { ListFill.event(some($0)).identity.key }),
            ("8 digits of a key", { String(ListFill.event(some($0)).identity.key.suffix(8)) }),
            ("end of an id", { String(ListFill.event(some($0)).id.rawValue.suffix(6)) }),
            ("start of an id", { String(ListFill.event(some($0)).id.rawValue.prefix(12)) }),
            ("2 letters", { ["zq", "q7", "bo"][$0 % 3] }), ("1 letter, nowhere", { _ in "~" }),
            ("2 letters, nowhere", { _ in "~~" }),
        ]
        let tasks: [(String, (Int) -> TaskFilter)] = [
            ("all", { _ in TaskFilter() }),
            ("state, common", { _ in TaskFilter(state: .succeeded) }),
            ("state, rare", { _ in TaskFilter(state: .unresolved) }),
            ("event", { TaskFilter(event: ListFill.event(some($0)).id) }),
            ("rule, common", { TaskFilter(rule: ListFill.rule($0 % 12)) }),
            ("rule, rare", { _ in TaskFilter(rule: "archive-once") }),
            ("connection, common", { TaskFilter(connection: ListFill.connection($0 % 3)) }),
            ("connection, rare", { _ in TaskFilter(connection: "keyue-test") }),
            ("entity, common", { TaskFilter(entity: ListFill.entityID($0 % 10)) }),
            ("entity, rare", { TaskFilter(entity: ListFill.entityID(19_999 - $0)) }),
            ("workspace, common", { TaskFilter(workspace: "7498\($0 % 40)") }),
            ("workspace, rare", { _ in TaskFilter(workspace: "7498999") }),
            ("since and until", { TaskFilter(window: window($0)) }),
            ("text: 客服", { _ in TaskFilter(text: Needle("客服")) }),
            (
                "text: end of an id",
                { draw in
                    TaskFilter(text: Needle(String(ListFill.taskID(some(draw)).rawValue.suffix(6))))
                }
            ),
            ("text: nowhere", { TaskFilter(text: Needle("nowhere-\($0)")) }),
            ("text: 2 letters", { TaskFilter(text: Needle(["zq", "q7", "bo"][$0 % 3])) }),
        ]
        let deliveries: [(String, (Int) -> DeliveryFilter)] = [
            ("all", { _ in DeliveryFilter() }),
            ("state, common", { _ in DeliveryFilter(state: .delivered) }),
            ("state, rare", { _ in DeliveryFilter(state: .exhausted) }),
            ("task", { DeliveryFilter(task: ListFill.taskID(some($0))) }),
            ("event", { DeliveryFilter(event: ListFill.event(some($0)).id) }),
            ("endpoint, common", { _ in DeliveryFilter(endpoint: "audit") }),
            ("endpoint, rare", { _ in DeliveryFilter(endpoint: "one-off") }),
            ("type, common", { _ in DeliveryFilter(type: .copySucceeded) }),
            ("type, rare", { _ in DeliveryFilter(type: .copyFailed) }),
            ("since and until", { DeliveryFilter(window: window($0)) }),
            ("text: ops-chat", { _ in DeliveryFilter(text: Needle("ops-chat")) }),
            (
                "text: end of an id",
                { draw in
                    let id = ListFill.deliveryID(some(draw), draw % 2).rawValue
                    return DeliveryFilter(text: Needle(String(id.suffix(6))))
                }
            ),
            ("text: nowhere", { DeliveryFilter(text: Needle("nowhere-\($0)")) }),
            ("text: 2 letters", { DeliveryFilter(text: Needle(["zq", "q7", "ud"][$0 % 3])) }),
        ]
        let texts = eventTexts.map { name, text in
            ("text: " + name, { (draw: Int) in EventFilter(text: Needle(text(draw))) })
        }
        return pairs("events", events + texts, mark(.events, count / 2)) { store, filter, cursor in
            try await store.events(Query(filter, cursor: cursor)).rows.count
        }
            + pairs("tasks", tasks, mark(.tasks, count / 2)) { store, filter, cursor in
                try await store.tasks(Query(filter, cursor: cursor)).rows.count
            }
            + pairs("deliveries", deliveries, mark(.deliveries, count)) { store, filter, cursor in
                try await store.deliveries(Query(filter, cursor: cursor)).rows.count
            } + counts(some)
    }

    /// Each filter for the first page and for one from the middle on.
    private static func pairs<Filter>(
        _ list: String, _ filters: [(String, (Int) -> Filter)], _ middle: String,
        _ ask: @escaping (SQLiteStore, Filter, String?) async throws -> Int
    ) -> [ListQuestion] {
        filters.flatMap { name, filter in
            [("first page", nil as String?), ("deep page", middle)].map { page, cursor in
                ListQuestion(name: "\(list), \(name), \(page)") { store, draw in
                    try await ask(store, filter(draw), cursor)
                }
            }
        }
    }

    private static func counts(_ some: @escaping (Int) -> Int) -> [ListQuestion] {
        let bound = 10_000
        return [
            ListQuestion(name: "count of all events") { store, _ in
                try await store.count(EventFilter(), atMost: bound).count
            },
            ListQuestion(name: "count of tasks by two filters") { store, draw in
                let filter = TaskFilter(
                    rule: ListFill.rule(draw % 12), connection: ListFill.connection(draw % 3))
                return try await store.count(filter, atMost: bound).count
            },
            ListQuestion(name: "count of events with 客服") { store, _ in
                try await store.count(EventFilter(text: Needle("客服")), atMost: bound).count
            },
            ListQuestion(name: "count of events with 8 digits") { store, draw in
                let text = String(ListFill.event(some(draw)).identity.key.suffix(8))
                return try await store.count(EventFilter(text: Needle(text)), atMost: bound).count
            },
            ListQuestion(name: "stats: counts by state") { store, _ in
                try await store.census().events.values.reduce(0, +)
            },
            ListQuestion(name: "stats: 24 hours of rows") { store, draw in
                let now = ListFill.moment(some(draw))
                return try await store.activity(hours: 24, at: now).hours.count
            },
        ]
    }
}
