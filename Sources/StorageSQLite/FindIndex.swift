import GRDB
import Storage

/// The index on the text of one list.
///
/// Rows are taken together by their positions, `span` of them a segment. Nothing is written when a
/// row is: once a segment is full, its blocks (``FindBlock``) are made beside the writer, they are
/// stored, and the segment is closed. Rows that no closed segment covers are looked at one by one.
///
/// A row's text never changes, and one that is pruned merely leaves a trace that leads nowhere. But
/// a position may be taken a second time when the newest rows are pruned; ``reopen(_:)`` keeps that
/// from hiding a row.
struct FindIndex {
    let table: ListTable
    let span: Int

    /// A closed one.
    struct Segment {
        let number: Int64
        let firstAt: Int64
        let lastAt: Int64
    }

    struct Map {
        /// The one with the newest row first; those without a row are left out.
        var segments: [Segment] = []
        /// Positions that no closed segment covers.
        var open: [ClosedRange<Int64>] = []
    }

    /// What needles with more bytes are looked for by, at most.
    private static let piecesMax = 8

    /// The first position in the list and the last; `nil` when it is empty.
    func bounds(_ database: Database) throws -> (first: Int64, last: Int64)? {
        let row = try database.row(
            """
            SELECT (SELECT min(position) FROM \(table.name)) AS first,
                (SELECT max(position) FROM \(table.name)) AS last
            """)
        guard let row, let first = row["first"] as Int64?, let last = row["last"] as Int64? else {
            return nil
        }
        return (first, last)
    }

    /// Where the block of this pair lies in `find_blocks`.
    func place(_ segment: Int64, _ pair: UInt16) -> Int64 {
        table.number << 58 | segment << 16 | Int64(pair)
    }

    private func blocks(
        _ pairs: ClosedRange<UInt16>, of segment: Int64, _ database: Database
    ) throws -> [FindBlock] {
        let rows = try Row.fetchCursor(
            database.cachedStatement(
                sql: "SELECT block FROM find_blocks WHERE place BETWEEN ? AND ?"),
            arguments: [place(segment, pairs.lowerBound), place(segment, pairs.upperBound)])
        var blocks: [FindBlock] = []
        while let row = try rows.next() {
            let bytes = try row.withUnsafeData(atIndex: 0) { $0.map { Array($0) } ?? [] }
            blocks.append(FindBlock(bytes: bytes, span: span))
        }
        return blocks
    }

    func map(_ database: Database) throws -> Map {
        var map = Map()
        let closed = try database.rows(
            "SELECT segment, first_at, last_at FROM find_segments WHERE list = ? ORDER BY segment",
            [table.number])
        guard let (first, last) = try bounds(database) else { return map }
        var next = first
        for row in closed {
            let number: Int64 = row["segment"]
            let start = number * Int64(span)
            if start > next { map.open.append(next...(start - 1)) }
            next = max(next, start + Int64(span))
            if let firstAt = row["first_at"] as Int64?, let lastAt = row["last_at"] as Int64? {
                map.segments.append(Segment(number: number, firstAt: firstAt, lastAt: lastAt))
            }
        }
        if next <= last { map.open.append(next...last) }
        map.segments.sort { ($0.lastAt, $0.number) > ($1.lastAt, $1.number) }
        return map
    }

    /// The rows of a closed segment that may contain all of the needles.
    func rows(
        with needles: [Needle], in segment: Int64, _ database: Database
    ) throws -> FindRows {
        var found: FindRows?
        for needle in needles {
            for (first, second, third) in Self.pieces(of: needle.bytes) {
                var rows = FindRows(span: span)
                let pair = UInt16(first) << 8
                let pairs = (pair | UInt16(second ?? 0))...(pair | UInt16(second ?? 0xFF))
                for block in try blocks(pairs, of: segment, database) {
                    block.add(third, to: &rows)
                }
                if let others = found { rows.formIntersection(others) }
                guard !rows.isEmpty else { return rows }
                found = rows
            }
        }
        // What looks for nothing finds everything.
        return found ?? FindRows(all: span)
    }

    /// Three bytes each, spread over the needle; fewer where it has no more.
    private static func pieces(
        of bytes: [UInt8]
    ) -> [(first: UInt8, second: UInt8?, third: UInt8?)] {
        guard bytes.count >= 3 else {
            return bytes.isEmpty ? [] : [(bytes[0], bytes.count > 1 ? bytes[1] : nil, nil)]
        }
        let last = bytes.count - 3
        let count = min(piecesMax, last + 1)
        return (0..<count).map { number in
            // From the end: ids that begin with the time have their beginnings in common.
            let place = last - (count == 1 ? 0 : number * last / (count - 1))
            return (bytes[place], bytes[place + 1], bytes[place + 2])
        }
    }
}
