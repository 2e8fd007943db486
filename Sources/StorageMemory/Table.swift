import Domain
import Storage

/// Rows of one kind in the order in which they came, each with its loan.
struct Table<ID: Hashable & Sendable, Value: Sendable>: Sendable {
    struct Row: Sendable {
        var value: Value
        /// Grows by one with each loan.
        var token: Int64 = 0
        /// `nil` when nobody has it on loan, also when its loan was settled.
        var leasedUntil: Timestamp?

        /// Whether a worker's lease has not ended yet; at its very end it has.
        func isHeld(at now: Timestamp) -> Bool {
            leasedUntil.map { $0 > now } ?? false
        }
    }

    /// A row's place never changes, so places serve as cursors and as age.
    private(set) var rows: [Row] = []
    private var places: [ID: Int] = [:]

    func place(of id: ID) -> Int? { places[id] }

    subscript(id: ID) -> Value? {
        places[id].map { rows[$0].value }
    }

    /// Adds a row, or leaves the one of the same id alone.
    mutating func insert(_ value: Value, as id: ID) {
        guard places[id] == nil else { return }
        places[id] = rows.count
        rows.append(Row(value: value))
    }

    mutating func change(_ place: Int, _ body: (inout Value) -> Void) {
        body(&rows[place].value)
    }
}

extension Table {
    /// The place of what this claim covers, so that it may be written.
    ///
    /// - Throws: `.claimLost` when the row was lent out again, or the loan is settled already.
    func place(of id: ID, onLoanUnder token: Int64) throws(StorageError) -> Int {
        guard let place = places[id] else { throw StorageError(.notFound, detail: "\(id)") }
        guard rows[place].token == token, rows[place].leasedUntil != nil else {
            throw StorageError(.claimLost, detail: "\(id), token \(token)")
        }
        return place
    }

    /// The place of a row that nobody holds.
    func freePlace(of id: ID, at now: Timestamp) throws(StorageError) -> Int {
        guard let place = places[id] else { throw StorageError(.notFound, detail: "\(id)") }
        guard !rows[place].isHeld(at: now) else {
            throw StorageError(.claimLost, detail: "\(id) is held")
        }
        return place
    }

    mutating func lend<Work>(
        _ place: Int, until end: Timestamp, as work: (Value) -> Work
    ) -> Claim<Work> {
        rows[place].token += 1
        rows[place].leasedUntil = end
        return Claim(work: work(rows[place].value), token: rows[place].token, leasedUntil: end)
    }

    mutating func endLoan(_ place: Int) {
        rows[place].leasedUntil = nil
    }

    mutating func endLoans() {
        for place in rows.indices { rows[place].leasedUntil = nil }
    }

    /// Places of free rows that are due, earliest first, at most `perGroup` of each group.
    func due(
        limit: Int, perGroup: Int, skipping skipped: Set<String>, at now: Timestamp,
        dueAt: (Value) -> Timestamp?, group: (Value) -> String
    ) -> [Int] {
        let waiting = rows.indices.compactMap { place -> (dueAt: Timestamp, place: Int)? in
            guard let dueAt = dueAt(rows[place].value), dueAt <= now,
                !rows[place].isHeld(at: now), !skipped.contains(group(rows[place].value))
            else { return nil }
            return (dueAt, place)
        }
        var taken: [String: Int] = [:]
        var places: [Int] = []
        for (_, place) in waiting.sorted(by: { $0 < $1 }) where places.count < limit {
            let group = group(rows[place].value)
            guard taken[group, default: 0] < perGroup else { continue }
            taken[group, default: 0] += 1
            places.append(place)
        }
        return places
    }

    /// The rows that fit, newest first, from the query's cursor on.
    func page<State, Shown>(
        _ query: Query<State>, where fits: (Value) -> Bool, as shown: (Value) -> Shown
    ) throws(StorageError) -> Page<Shown> {
        var end = rows.count
        if let cursor = query.cursor {
            guard let place = Int(cursor) else {
                throw StorageError(.notFound, detail: "cursor \(cursor)")
            }
            end = min(max(place, 0), rows.count)
        }
        let limit = min(max(query.limit, 1), 200)
        var taken: [Int] = []
        for place in (0..<end).reversed() where taken.count <= limit && fits(rows[place].value) {
            taken.append(place)
        }
        return Page(
            rows: taken.prefix(limit).map { shown(rows[$0].value) },
            next: taken.count > limit ? String(taken[limit - 1]) : nil)
    }
}
