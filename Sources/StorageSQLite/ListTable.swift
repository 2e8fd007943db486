import Domain
import GRDB
import Storage

/// How a list lies in its table.
struct ListTable: Sendable {
    let list: Listed
    /// The column that the list is in the order of.
    let time: String
    /// The index that is in that order and no other.
    let inOrder: String
    /// The columns that text is found in.
    let texts: [String]
    /// Names its segments of the index on text.
    let number: Int64

    var name: String { list.rawValue }

    static let events = ListTable(
        list: .events, time: "received_at", inOrder: "events_by_age",
        texts: ["id", "key", "type", "source", "entity_id", "entity_name"], number: 0)
    static let tasks = ListTable(
        list: .tasks, time: "created_at", inOrder: "tasks_by_creation",
        texts: ["id", "event_id", "rule", "connection", "workspace", "entity_id", "entity_name"],
        number: 1)
    static let deliveries = ListTable(
        list: .deliveries, time: "created_at", inOrder: "deliveries_by_creation",
        texts: ["id", "task_id", "event_id", "endpoint", "type"], number: 2)

    static let all = [events, tasks, deliveries]

    /// A piece of SQL that is true for some rows, with its arguments.
    struct Condition {
        var sql: String
        var arguments: [(any DatabaseValueConvertible)?]

        init(_ sql: String, _ arguments: (any DatabaseValueConvertible)?...) {
            self.sql = sql
            self.arguments = arguments
        }

        init(all conditions: [Condition]) {
            sql = conditions.isEmpty ? "TRUE" : conditions.map(\.sql).joined(separator: " AND ")
            arguments = conditions.flatMap(\.arguments)
        }
    }

    /// True for the rows that come later in the list than the mark.
    func isBehind(_ mark: PageMark?) -> Condition? {
        mark.map {
            Condition(
                "\(time) <= ? AND (\(time) < ? OR position < ?)", $0.at, $0.at, $0.position)
        }
    }

    func isIn(_ window: Period) -> [Condition] {
        [
            window.since.map { Condition("\(time) >= ?", $0) },
            window.until.map { Condition("\(time) < ?", $0) },
        ].compactMap(\.self)
    }

    /// True for the rows that contain a text, by looking at them.
    func contains(_ needle: Needle) -> Condition {
        let folded = Exact(String(decoding: needle.bytes, as: UTF8.self))
        var condition = Condition(
            "(" + texts.map { "instr(lower(\($0)), ?)" }.joined(separator: " OR ") + ")")
        condition.arguments = texts.map { _ in folded }
        return condition
    }
}

/// What is wanted of a list, in the terms of its table.
struct ListWish {
    let table: ListTable
    let window: Period
    /// Filters that an index answers.
    var indexed: [(index: String, condition: ListTable.Condition)] = []
    /// Filters that only the index on text helps with, and what it looks for.
    var searched: [(needle: Needle, condition: ListTable.Condition)] = []
    /// What is asked of every row besides.
    var others: [ListTable.Condition] = []

    private init(_ table: ListTable, _ window: Period, _ text: Needle?) {
        self.table = table
        self.window = window
        if let text { searched.append((text, table.contains(text))) }
    }

    private mutating func want(
        _ column: String, _ value: (any DatabaseValueConvertible)?, by index: String
    ) {
        guard let value else { return }
        indexed.append(("\(table.name)_by_\(index)", ListTable.Condition("\(column) = ?", value)))
    }

    private mutating func wantEntity(_ id: String?) {
        guard let id else { return }
        searched.append((Needle(id), ListTable.Condition("entity_id = ?", Exact(id))))
    }

    init(_ filter: EventFilter) {
        self.init(.events, filter.window, filter.text)
        want("state", filter.state?.rawValue, by: "state")
        want("source", Exact(filter.source), by: "source")
        want("type", Exact(filter.type), by: "type")
        wantEntity(filter.entity)
    }

    init(_ filter: TaskFilter) {
        self.init(.tasks, filter.window, filter.text)
        want("state", filter.state?.rawValue, by: "state")
        want("event_id", Exact(filter.event?.rawValue), by: "event")
        want("rule", Exact(filter.rule), by: "rule")
        want("connection", Exact(filter.connection), by: "connection")
        want("workspace", Exact(filter.workspace), by: "workspace")
        wantEntity(filter.entity)
    }

    init(_ filter: DeliveryFilter) {
        self.init(.deliveries, filter.window, filter.text)
        want("state", filter.state?.rawValue, by: "state")
        want("task_id", Exact(filter.task?.rawValue), by: "task")
        want("event_id", Exact(filter.event?.rawValue), by: "event")
        want("endpoint", Exact(filter.endpoint), by: "endpoint")
        want("type", filter.type?.rawValue, by: "type")
    }

    /// True for the rows that are wanted.
    var condition: ListTable.Condition {
        ListTable.Condition(
            all: indexed.map(\.condition) + table.isIn(window) + searched.map(\.condition)
                + others)
    }
}
