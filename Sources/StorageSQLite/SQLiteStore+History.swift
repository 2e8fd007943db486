package import Domain
import GRDB
package import Storage

extension SQLiteStore: History {
    package func eventCount(in period: Period) async throws(StorageError) -> Int {
        try await read { database in
            let row = try database.row(
                "SELECT count(*) AS rows FROM events WHERE received_at >= ? AND received_at < ?",
                period.bounds)
            return try row?.decode(Int.self, forColumn: "rows") ?? 0
        }
    }

    package func events(
        in period: Period, after place: String?, limit: Int
    ) async throws(StorageError) -> Page<Event> {
        let start = try place.map { text throws(StorageError) in try HistoryPlace(parsing: text) }
        return try await read { try $0.history(of: period, after: start, limit: max(limit, 1)) }
    }
}

extension Database {
    fileprivate func history(
        of period: Period, after start: HistoryPlace?, limit: Int
    ) throws -> Page<Event> {
        // The index that pruning has is in this very order: `received_at`, then `position`.
        let statement = try cachedStatement(
            sql: """
                SELECT events.*, body FROM events JOIN event_bodies ON event = events.position
                WHERE received_at >= max(?1, ?3) AND received_at < ?2
                    AND (received_at > ?3 OR events.position > ?4)
                ORDER BY received_at, events.position LIMIT ?5
                """)
        let rows = try Row.fetchCursor(
            statement,
            arguments: StatementArguments(
                period.bounds + [start?.at ?? Timestamp.first, start?.position ?? -1, limit + 1]))
        var events: [Event] = []
        var bytes = 0
        var last: HistoryPlace?
        while let row = try rows.next() {
            guard events.count < limit, bytes < HistoryPlace.bodyBytesMax else {
                return Page(rows: events, next: last?.text)
            }
            let event = try Event(row: row)
            bytes += event.body.count
            last = HistoryPlace(
                at: event.receivedAt,
                position: try row.decode(Int64.self, forColumn: "position"))
            events.append(event)
        }
        return Page(rows: events, next: nil)
    }
}

extension Period {
    fileprivate var bounds: [(any DatabaseValueConvertible)?] {
        [since ?? .first, until ?? .last]
    }
}

extension Timestamp {
    fileprivate static let first = Timestamp(milliseconds: .min)
    fileprivate static let last = Timestamp(milliseconds: .max)
}
