import Domain
import Storage

/// Rows of one kind in the order in which they came, each with its loan.
struct Table<ID: Hashable & Sendable, Value: Sendable>: Sendable {
    struct Row: Sendable {
        let place: Int
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

    /// In the order of their places.
    ///
    /// A row's place never changes and is never given to another, so places serve as cursors and
    /// as age.
    private(set) var rows: [Row] = []
    private var places: [ID: Int] = [:]
    private var nextPlace = 0

    func place(of id: ID) -> Int? { places[id] }

    subscript(id: ID) -> Value? {
        places[id].map { rows[index(of: $0)].value }
    }

    /// The row at a place that was just asked for.
    subscript(at place: Int) -> Row { rows[index(of: place)] }

    /// A place that no row has yet, behind all others.
    var end: Int { nextPlace }

    /// Adds a row, or leaves the one of the same id alone.
    mutating func insert(_ value: Value, as id: ID) {
        guard places[id] == nil else { return }
        places[id] = nextPlace
        rows.append(Row(place: nextPlace, value: value))
        nextPlace += 1
    }

    mutating func change(_ place: Int, _ body: (inout Value) -> Void) {
        body(&rows[index(of: place)].value)
    }

    mutating func remove(_ id: ID) {
        guard let place = places.removeValue(forKey: id) else { return }
        rows.remove(at: index(of: place))
    }

    /// Where a row stands among those that are left.
    private func index(of place: Int) -> Int {
        // As long as nothing was ever removed.
        if rows.indices.contains(place), rows[place].place == place { return place }
        var (low, high) = (0, rows.count)
        while low < high {
            let middle = (low + high) / 2
            if rows[middle].place < place { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension Table {
    /// The place of what this claim covers, so that it may be written.
    ///
    /// - Throws: `.claimLost` when the row was lent out again, or the loan is settled already.
    func place(of id: ID, onLoanUnder token: Int64) throws(StorageError) -> Int {
        guard let place = places[id] else { throw StorageError(.notFound, detail: "\(id)") }
        guard rows[index(of: place)].token == token, rows[index(of: place)].leasedUntil != nil
        else {
            throw StorageError(.claimLost, detail: "\(id), token \(token)")
        }
        return place
    }

    /// The place of a row that nobody holds.
    func freePlace(of id: ID, at now: Timestamp) throws(StorageError) -> Int {
        guard let place = places[id] else { throw StorageError(.notFound, detail: "\(id)") }
        guard !rows[index(of: place)].isHeld(at: now) else {
            throw StorageError(.claimLost, detail: "\(id) is held")
        }
        return place
    }

    mutating func lend<Work>(
        _ place: Int, until end: Timestamp, as work: (Value) -> Work
    ) -> Claim<Work> {
        rows[index(of: place)].token += 1
        rows[index(of: place)].leasedUntil = end
        return Claim(
            work: work(rows[index(of: place)].value), token: rows[index(of: place)].token,
            leasedUntil: end)
    }

    mutating func endLoan(_ place: Int) {
        rows[index(of: place)].leasedUntil = nil
    }

    mutating func endLoans() {
        for index in rows.indices { rows[index].leasedUntil = nil }
    }

    /// Places of free rows that are due, earliest first, no more of each group than its share.
    ///
    /// Where there are more than `limit`, every group gets one before any gets a second.
    func due(
        limit: Int, at now: Timestamp, dueAt: (Value) -> Timestamp?, group: (Value) -> String,
        share: (String) -> ClaimShare
    ) -> [Int] {
        var shares: [String: ClaimShare] = [:]
        var waiting: [(dueAt: Timestamp, place: Int, group: String)] = []
        for row in rows {
            guard let due = dueAt(row.value), due <= now, !row.isHeld(at: now) else { continue }
            let name = group(row.value)
            let share = shares[name] ?? share(name)
            shares[name] = share
            if share.places > 0, due <= share.dueBy ?? now {
                waiting.append((due, row.place, name))
            }
        }
        guard !waiting.isEmpty else { return [] }
        var counts: [String: Int] = [:]
        for one in waiting { counts[one.group, default: 0] += 1 }
        var taken: [String: Int] = [:]
        var ranked: [(rank: Int, dueAt: Timestamp, place: Int)] = []
        waiting.sort { ($0.dueAt, $0.place) < ($1.dueAt, $1.place) }
        for (dueAt, place, name) in waiting {
            let rank = taken[name, default: 0]
            guard rank < shares[name]?.count(due: counts[name, default: 0]) ?? 0 else { continue }
            taken[name] = rank + 1
            ranked.append((rank, dueAt, place))
        }
        ranked.sort { $0 < $1 }
        return ranked.prefix(max(0, limit)).map { ($0.dueAt, $0.place) }.sorted { $0 < $1 }
            .map { $0.1 }
    }

    /// The rows that fit, newest first, from the query's cursor on.
    func page<Filter, Shown>(
        _ query: Query<Filter>, of list: Listed, at moment: (Value) -> Timestamp,
        where fits: (Value) -> Bool, as shown: (Value) -> Shown
    ) throws(StorageError) -> Page<Shown> {
        var mark: PageMark?
        if let cursor = query.cursor { mark = try PageMark(cursor, of: list) }
        let wanted = rows.filter { row in
            fits(row.value) && mark?.isBefore(moment(row.value), Int64(row.place)) ?? true
        }.sorted { (moment($0.value), $0.place) > (moment($1.value), $1.place) }
        let taken = wanted.prefix(query.rowsMax)
        let last = wanted.count > taken.count ? taken.last : nil
        return Page(
            rows: taken.map { shown($0.value) },
            next: last.map { row in
                PageMark(list: list, at: moment(row.value), position: Int64(row.place)).text
            })
    }

    func count(atMost bound: Int, where fits: (Value) -> Bool) -> Tally {
        Tally(rows.count { fits($0.value) }, atMost: bound)
    }

    /// When the oldest row of each group came; a row without one does not count.
    func oldest<Group>(
        by group: (Value) -> Group?, at moment: (Value) -> Timestamp
    ) -> [Group: Timestamp] {
        rows.reduce(into: [:]) { oldest, row in
            guard let group = group(row.value) else { return }
            oldest[group] = min(oldest[group] ?? moment(row.value), moment(row.value))
        }
    }

    func tallies(
        by name: (Value) -> String, where fits: (Value) -> Bool
    ) -> [Activity.Group] {
        var counts: [Bytes: Int] = [:]
        for row in rows where fits(row.value) { counts[Bytes(name(row.value)), default: 0] += 1 }
        return counts.sorted { $0.key < $1.key }.prefix(Activity.groupsMax).map { name, count in
            Activity.Group(
                name: String(decoding: name.utf8, as: UTF8.self),
                tally: Tally(count, atMost: Activity.countMax))
        }
    }
}
