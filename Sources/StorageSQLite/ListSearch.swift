import Domain
import GRDB
import Storage

/// Finds the rows of a list that are wanted, in the list's order.
///
/// Where an index answers, its stretch is walked; of several the shortest, and the other filters
/// are asked of each row. Where only a text narrows the list, the newest rows are looked at first,
/// since most of what people look for is there or common; then the index on text says, segment by
/// segment, which rows may have it. What it says is checked against the row.
struct ListSearch {
    /// A row's place in its list.
    struct Place: Comparable {
        let at: Int64
        let position: Int64

        static func < (lhs: Self, rhs: Self) -> Bool {
            (lhs.at, lhs.position) < (rhs.at, rhs.position)
        }
    }

    /// Rows that are looked at one by one rather than through the index on text.
    private static let walkMax = 2_000
    /// How far the stretches of several indexes are counted to find the shortest.
    private static let stretchMax = 20_000

    private let database: Database
    private let wish: ListWish
    private let find: FindIndex
    /// How each statement was carried out, where that is asked for.
    private(set) var plans: [String]?

    init(_ database: Database, _ wish: ListWish, span: Int, isExplained: Bool = false) {
        self.database = database
        self.wish = wish
        find = FindIndex(table: wish.table, span: span)
        plans = isExplained ? [] : nil
    }

    private var table: ListTable { wish.table }

    /// The first `limit` places behind the mark.
    mutating func places(behind mark: PageMark?, limit: Int) throws -> [Place] {
        let driver = try chooseDriver()
        guard !wish.searched.isEmpty, !driver.isShort else {
            return try walk(driver.index, behind: mark, limit: limit)
        }
        // The newest rows, looked at one by one.
        let near = try walk(driver, behind: mark, rows: Self.walkMax)
        guard near.places.count < limit, let last = near.last else {
            return Array(near.places.prefix(limit))
        }
        let rest = try search(behind: last, limit: limit - near.places.count)
        return near.places + rest
    }

    /// How many rows are wanted, counted no further than `bound`.
    mutating func count(upTo bound: Int) throws -> Int {
        let driver = try chooseDriver()
        guard !wish.searched.isEmpty, !driver.isShort else {
            let condition = wish.condition
            return try number(
                """
                SELECT count(*) FROM (
                    SELECT 1 FROM \(table.name) INDEXED BY \(driver.index)
                    WHERE \(bounded(condition.sql)) LIMIT ?)
                """, condition.arguments + [bound])
        }
        return try search(behind: nil, limit: bound).count
    }

    // MARK: - Walking

    private struct Driver {
        let index: String
        /// What its stretch is, beside the time.
        var condition: ListTable.Condition?
        /// Whether it is so short that every row in it may be looked at.
        var isShort = false
    }

    /// The index whose stretch is shortest.
    private mutating func chooseDriver() throws -> Driver {
        guard let first = wish.indexed.first else { return Driver(index: table.inOrder) }
        var best = Driver(index: first.index, condition: first.condition)
        guard wish.indexed.count + wish.searched.count > 1 else { return best }
        var fewest = Int.max
        for (index, condition) in wish.indexed {
            let stretch = ListTable.Condition(all: [condition] + table.isIn(wish.window))
            let count = try number(
                """
                SELECT count(*) FROM (
                    SELECT 1 FROM \(table.name) INDEXED BY \(index) WHERE \(stretch.sql) LIMIT ?)
                """, stretch.arguments + [min(fewest, Self.stretchMax)])
            guard count < fewest else { continue }
            fewest = count
            best = Driver(index: index, condition: condition, isShort: count < Self.walkMax)
        }
        return best
    }

    private mutating func walk(
        _ index: String, behind mark: PageMark?, limit: Int
    ) throws -> [Place] {
        let condition = ListTable.Condition(
            all: [wish.condition] + [table.isBehind(mark)].compactMap(\.self))
        return try places(
            """
            SELECT \(table.time), position FROM \(table.name) INDEXED BY \(index)
            WHERE \(bounded(condition.sql))
            ORDER BY \(table.time) DESC, position DESC LIMIT ?
            """, condition.arguments + [limit])
    }

    /// What is wanted among the next rows of a stretch, and the last row looked at where there may
    /// be more behind it.
    private mutating func walk(
        _ driver: Driver, behind mark: PageMark?, rows: Int
    ) throws -> (places: [Place], last: PageMark?) {
        let stretch = ListTable.Condition(
            all: table.isIn(wish.window)
                + [driver.condition, table.isBehind(mark)].compactMap(\.self))
        let stretchSQL = """
            SELECT * FROM \(table.name) INDEXED BY \(driver.index)
            WHERE \(bounded(stretch.sql))
            ORDER BY \(table.time) DESC, position DESC
            """
        let condition = wish.condition
        let places = try places(
            "SELECT \(table.time), position FROM (\(stretchSQL) LIMIT ?) WHERE \(condition.sql)",
            stretch.arguments + [rows] + condition.arguments)
        let last = try self.places(
            "SELECT \(table.time), position FROM (\(stretchSQL) LIMIT 1 OFFSET ?)",
            stretch.arguments + [rows - 1])
        return (
            places.sorted(by: >),
            last.first.map {
                PageMark(
                    list: table.list, at: Timestamp(milliseconds: $0.at), position: $0.position)
            }
        )
    }

    /// Keeps SQLite to the index even where nothing bounds the stretch.
    private func bounded(_ sql: String) -> String {
        sql == "TRUE" ? "\(table.time) IS NOT NULL" : sql
    }

    // MARK: - Searching

    /// The first `limit` places behind the mark, by the index on text.
    ///
    /// Segments follow one another in the order in which rows came, and rows in that of their time,
    /// which is nearly, but not always the same. So the segments are taken by their newest row,
    /// and what was found is final once every segment left is older.
    private mutating func search(behind mark: PageMark?, limit: Int) throws -> [Place] {
        let condition = ListTable.Condition(
            all: [wish.condition] + [table.isBehind(mark)].compactMap(\.self))
        let map = try find.map(database)
        var found: [Place] = []
        for rows in map.open {
            found += try places(
                """
                SELECT \(table.time), position FROM \(table.name) NOT INDEXED
                WHERE position BETWEEN ? AND ? AND \(condition.sql)
                """,
                [rows.lowerBound, rows.upperBound] as [(any DatabaseValueConvertible)?]
                    + condition.arguments)
        }
        let needles = wish.searched.map(\.needle)
        for segment in map.segments where isWithin(segment, mark) {
            if found.count >= limit, found.count(where: { $0.at > segment.lastAt }) >= limit {
                break
            }
            let offsets = try find.rows(with: needles, in: segment.number, database).offsets
            guard !offsets.isEmpty else { continue }
            let start = segment.number * Int64(find.span)
            let positions =
                "["
                + offsets.map { String(start + Int64($0)) }
                .joined(separator: ",") + "]"
            found += try places(
                """
                SELECT \(table.time), position FROM \(table.name) NOT INDEXED
                WHERE position IN (SELECT value FROM json_each(?)) AND \(condition.sql)
                """, [positions] as [(any DatabaseValueConvertible)?] + condition.arguments)
        }
        return Array(found.sorted(by: >).prefix(limit))
    }

    private func isWithin(_ segment: FindIndex.Segment, _ mark: PageMark?) -> Bool {
        if let mark, segment.firstAt > mark.at.milliseconds { return false }
        if let since = wish.window.since, segment.lastAt < since.milliseconds { return false }
        if let until = wish.window.until, segment.firstAt >= until.milliseconds { return false }
        return true
    }

    // MARK: - Asking

    private mutating func places(
        _ sql: String, _ arguments: [(any DatabaseValueConvertible)?]
    ) throws -> [Place] {
        try explain(sql, arguments)
        let rows = try Row.fetchCursor(
            database.cachedStatement(sql: sql), arguments: StatementArguments(arguments))
        var places: [Place] = []
        while let row = try rows.next() {
            places.append(Place(at: row[0], position: row[1]))
        }
        return places
    }

    private mutating func number(
        _ sql: String, _ arguments: [(any DatabaseValueConvertible)?]
    ) throws -> Int {
        try explain(sql, arguments)
        return try Int.fetchOne(
            database.cachedStatement(sql: sql), arguments: StatementArguments(arguments)) ?? 0
    }

    private mutating func explain(
        _ sql: String, _ arguments: [(any DatabaseValueConvertible)?]
    ) throws {
        guard plans != nil else { return }
        let rows = try database.rows("EXPLAIN QUERY PLAN " + sql, arguments)
        plans?.append(contentsOf: rows.map { $0["detail"] })
    }
}
