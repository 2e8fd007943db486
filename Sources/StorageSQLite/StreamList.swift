import Domain
import GRDB
import Storage

/// The tables that the stream is read from; all of them are appended to.
///
/// The raw value is the place in a mark, behind the number of the newest floor.
enum StreamList: Int, CaseIterable {
    case audit = 1
    case events, turns, taskStates, taskAttempts, deliveryAttempts

    static let numbersCount = allCases.count + 1

    private var table: String {
        switch self {
        case .audit: "audit"
        case .events: "events"
        case .turns: "turns"
        case .taskStates: "task_history"
        case .taskAttempts: "task_attempts"
        case .deliveryAttempts: "delivery_attempts"
        }
    }

    /// A row's place in the order in which rows came.
    private var position: String { self == .audit ? "number" : "position" }
    private var time: String { self == .events ? "received_at" : "at" }

    /// SQL for the newest position; 0 where there is none.
    ///
    /// The audit's head stays when its entries are pruned.
    var newest: String {
        self == .audit
            ? "(SELECT number FROM audit_ends WHERE which = 'head')"
            : "(SELECT coalesce(max(position), 0) FROM \(table))"
    }

    /// What is read of a row.
    private var columns: String {
        switch self {
        case .audit: "*"
        case .events: "id"
        case .turns: "event_id, delivery_id, state, reason"
        case .taskStates: "task_id, state"
        case .taskAttempts, .deliveryAttempts: "owner, attempt"
        }
    }

    func rows(after position: Int64, limit: Int, _ database: Database) throws -> [Row] {
        try database.rows(
            """
            SELECT \(self.position) AS place, \(time) AS moment, \(columns) FROM \(table)
            WHERE \(self.position) > ? ORDER BY \(self.position) LIMIT ?
            """, [position, limit])
    }

    /// The last position before what happened at `moment` or later.
    ///
    /// Halved again and again, since rows came in the order of their times, and no index on times
    /// is worth its cost for a question that is asked so seldom.
    func place(before moment: Timestamp, _ database: Database) throws -> Int64 {
        let ends = try database.row(
            """
            SELECT coalesce(min(\(position)), 1) - 1 AS low, \(newest) AS high FROM \(table)
            """)
        guard let ends else { return 0 }
        var low: Int64 = ends["low"]
        var high: Int64 = ends["high"]
        while low < high {
            let middle = low + (high - low + 1) / 2
            let row = try database.row(
                """
                SELECT \(position) AS place, \(time) AS moment FROM \(table)
                WHERE \(position) >= ? ORDER BY \(position) LIMIT 1
                """, [middle])
            if let row, try row.moment("moment") < moment {
                low = row["place"]
            } else {
                high = middle - 1
            }
        }
        return low
    }
}
