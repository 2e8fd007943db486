package import Domain
import Foundation
import GRDB
package import Storage

extension SQLiteStore: HappeningLog {
    package func streamMark(
        since moment: Timestamp?
    ) async throws(StorageError) -> StreamMark {
        try await read { database in
            guard let moment else { return StreamMark(try database.streamEnd()) }
            return StreamMark(
                [try database.newestFloor()]
                    + (try StreamList.allCases.map { try $0.place(before: moment, database) }))
        }
    }

    package func happenings(
        after mark: StreamMark, limit: Int
    ) async throws(StorageError) -> Happenings {
        try await read { try $0.happenings(after: mark, limit: max(limit, 1)) }
    }
}

/// A row of one of the tables, not yet looked up.
private struct StreamRow {
    let list: StreamList
    let row: Row
    let place: Int64
    let at: Timestamp
    let what: Happening.What

    init(_ list: StreamList, _ row: Row) throws {
        self.list = list
        self.row = row
        place = row["place"]
        at = try row.moment("moment")
        what =
            switch list {
            case .audit: .noted(try AuditEntry(row: row))
            case .events: .event(.received)
            case .turns where row.hasNull("delivery_id"):
                .event(try row.word(EventState.self, "state"))
            case .turns:
                .delivery(
                    try row.word(Delivery.State.Name.self, "state"),
                    reason: row.hasNull("reason") ? nil : try row.text("reason"))
            case .taskStates: .task(try row.word(CopyTask.State.Name.self, "state"))
            case .taskAttempts: .taskAttempted(try row.decoded(Attempt.self, "attempt"))
            case .deliveryAttempts: .deliveryAttempted(try row.decoded(Attempt.self, "attempt"))
            }
    }

    func isBefore(_ other: StreamRow) -> Bool {
        (at, what.rank) < (other.at, other.what.rank)
    }
}

extension Database {
    /// Behind everything that there is.
    fileprivate func streamEnd() throws -> [Int64] {
        let columns = StreamList.allCases.map { "\($0.newest) AS list\($0.rawValue)" }
        guard let row = try row("SELECT " + columns.joined(separator: ", ")) else { return [] }
        return [try newestFloor()] + StreamList.allCases.map { row["list\($0.rawValue)"] }
    }

    fileprivate func newestFloor() throws -> Int64 {
        try row("SELECT coalesce(max(number), 0) AS number FROM stream_floors")?["number"] ?? 0
    }

    /// Where a mark's places are now that some newest rows may be gone.
    ///
    /// - Throws: `.notFound` for what is further than this store ever was.
    private func places(of mark: StreamMark, end: [Int64]) throws -> [Int64] {
        guard mark.numbers.count == StreamList.numbersCount, mark.numbers[0] <= end[0] else {
            throw StorageError(.notFound, detail: "mark \(mark.text)")
        }
        var places = mark.numbers
        for row in try rows("SELECT * FROM stream_floors WHERE number > ?", [places[0]]) {
            let list: Int = row["list"]
            guard places.indices.contains(list) else { continue }
            places[list] = min(places[list], row["floor"])
        }
        places[0] = end[0]
        guard zip(places, end).allSatisfy(<=) else {
            throw StorageError(.notFound, detail: "mark \(mark.text)")
        }
        return places
    }

    /// Of each table the next rows, and of those the earliest, one after the other: a table's own
    /// order is never left, and where the clock was put back no row is missed for it.
    fileprivate func happenings(after mark: StreamMark, limit: Int) throws -> Happenings {
        let end = try streamEnd()
        var places = try places(of: mark, end: end)
        var waiting: [(rows: [StreamRow], next: Int)] = []
        for list in StreamList.allCases where places[list.rawValue] < end[list.rawValue] {
            let rows = try list.rows(after: places[list.rawValue], limit: limit, self)
            waiting.append((try rows.map { try StreamRow(list, $0) }, 0))
        }
        var told: [Happening] = []
        var subjects = StreamSubjects(database: self)
        for _ in 0..<limit {
            let heads = waiting.indices.filter { waiting[$0].next < waiting[$0].rows.count }
            let first = heads.min { one, other in
                waiting[one].rows[waiting[one].next].isBefore(
                    waiting[other].rows[waiting[other].next])
            }
            guard let first else { break }
            let row = waiting[first].rows[waiting[first].next]
            waiting[first].next += 1
            places[row.list.rawValue] = row.place
            guard let about = try subjects.about(row.what, row.row) else { continue }
            told.append(
                Happening(mark: StreamMark(places), at: row.at, what: row.what, about: about))
        }
        // Pruned on from the audit's beginning, its entries are no more to come.
        let isOver = waiting.allSatisfy { $0.next == $0.rows.count && $0.rows.count < limit }
        return Happenings(
            rows: told, next: StreamMark(isOver ? end : places), hasMore: !isOver)
    }

    /// Notes what no row of its own tells.
    func noteTurn(
        _ what: Happening.What, of subject: TurnSubject, at now: Timestamp
    ) throws {
        let (state, reason): (String, String?) =
            switch what {
            case .event(let state): (state.rawValue, nil)
            case .delivery(let state, let reason): (state.rawValue, reason)
            case .task, .taskAttempted, .deliveryAttempted, .noted:
                preconditionFailure("these have rows of their own")
            }
        let (event, delivery): (String?, String?) =
            switch subject {
            case .event(let id): (id.rawValue, nil)
            case .delivery(let id): (nil, id.rawValue)
            }
        try run(
            """
            INSERT INTO turns (at, event_id, delivery_id, state, reason) VALUES (?, ?, ?, ?, ?)
            """, [now, Exact(event), Exact(delivery), state, Exact(reason)])
    }

    /// From the oldest on, but never the newest, so that no position is given away twice.
    func pruneTurns(olderThan moment: Timestamp, limit: Int) throws -> Pruned {
        let limit = max(limit, 1)
        let oldest = try rows(
            """
            SELECT position, at FROM turns WHERE position < (SELECT max(position) FROM turns)
            ORDER BY position LIMIT ?
            """, [limit])
        let taken = try oldest.prefix { try $0.moment("at") < moment }
        guard let last = taken.last else { return Pruned(removed: 0, next: nil) }
        try run("DELETE FROM turns WHERE position <= ?", [last["position"] as Int64])
        return Pruned(removed: taken.count, next: taken.count < limit ? nil : "0.0")
    }

    /// Runs what prunes rows, and notes where positions will be given away a second time.
    func keepingMarks<Value>(_ work: () throws -> Value) throws -> Value {
        let before = try streamEnd()
        let value = try work()
        let after = try streamEnd()
        for list in StreamList.allCases where after[list.rawValue] < before[list.rawValue] {
            let floor = after[list.rawValue]
            try run(
                """
                INSERT INTO stream_floors (number, list, floor)
                SELECT coalesce(max(number), 0) + 1, ?, ? FROM stream_floors
                """, [list.rawValue, floor])
            // A lower one says all that they said.
            try run(
                """
                DELETE FROM stream_floors WHERE list = ?1 AND floor >= ?2
                    AND number < (SELECT max(number) FROM stream_floors)
                """, [list.rawValue, floor])
        }
        return value
    }
}

/// What has no row of its own in the stream.
enum TurnSubject {
    case event(Event.ID)
    case delivery(Delivery.ID)
}

/// What rows of the stream are about, each read once.
private struct StreamSubjects {
    let database: Database
    private var events: [String: (about: Happening.About, rules: [String])?] = [:]
    private var tasks: [String: CopyTask?] = [:]

    init(database: Database) { self.database = database }

    /// `nil` when that is pruned.
    mutating func about(_ what: Happening.What, _ row: Row) throws -> Happening.About? {
        switch what {
        case .noted: return Happening.About()
        case .event(.received): return try event(try row.text("id"))?.about
        case .event(let state):
            guard let known = try event(try row.text("event_id")) else { return nil }
            var about = known.about
            if state == .matched { about.rules = known.rules }
            return about
        case .task(let state):
            return try task(try row.text("task_id")).map {
                Happening.About($0).ending($0, in: state)
            }
        case .taskAttempted: return try task(try row.text("owner")).map { Happening.About($0) }
        case .deliveryAttempted: return try delivery(try row.text("owner"))
        case .delivery: return try delivery(try row.text("delivery_id"))
        }
    }

    private mutating func event(
        _ id: String
    ) throws -> (about: Happening.About, rules: [String])? {
        if let known = events[id] { return known }
        let row = try database.row(
            "SELECT id, source, type, entity, verdicts FROM events WHERE id = ?", [Exact(id)])
        let found: (about: Happening.About, rules: [String])? = try row.map { row in
            var about = Happening.About()
            about.event = try row.id("id")
            about.source = try row.text("source")
            about.type = try row.text("type")
            about.entity = try row.entity("entity")
            return (about, try row.decoded([RuleVerdict].self, "verdicts").ruleNames)
        }
        events[id] = .some(found)
        return found
    }

    private mutating func task(_ id: String) throws -> CopyTask? {
        if let known = tasks[id] { return known }
        let row = try database.row("SELECT task FROM tasks WHERE id = ?", [Exact(id)])
        let task = try row?.decoded(CopyTask.self, "task")
        tasks[id] = .some(task)
        return task
    }

    private mutating func delivery(_ id: String) throws -> Happening.About? {
        let row = try database.row(
            "SELECT task_id, event_id, delivery FROM deliveries WHERE id = ?", [Exact(id)])
        guard let row else { return nil }
        let delivery = try row.decoded(Delivery.self, "delivery")
        var about: Happening.About?
        if !row.hasNull("task_id") {
            about = try task(try row.text("task_id")).map { Happening.About($0) }
        } else if !row.hasNull("event_id") {
            about = try event(try row.text("event_id"))?.about
        }
        return (about ?? Happening.About()).delivering(delivery)
    }
}
