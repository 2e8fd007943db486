import Domain

/// One page of a platform's list.
struct ListPage<Row: Sendable>: Sendable {
    /// In the platform's order.
    let rows: [(id: String, row: Row)]
    /// Rows in all, where the platform says.
    let total: Int?
    /// Whether this is the last page, where the platform says so; `nil` leaves it to `total`.
    let isLast: Bool?
    /// How far the platform's clock is ahead of ours.
    let clockAhead: Int64?
    /// By our clock.
    let at: Timestamp
}

/// What was read of a list, page after page.
struct ListReading<Row: Sendable>: Sendable {
    /// Each once, in the platform's order.
    private(set) var rows: [Row] = []
    private(set) var pages = 0
    private(set) var isAtEnd = false
    private(set) var clockAhead: Int64?
    /// When the first page came, by our clock.
    private(set) var startedAt: Timestamp?
    private var ids: Set<ByteText> = []
    private var totals: [Int] = []
    private var rowsSeen = 0

    /// Whether rows came or went between two pages, as far as that shows.
    var hasMoved: Bool {
        rows.count != rowsSeen || totals.contains { $0 != totals.first }
    }

    /// Whether it was read to its end and nothing moved meanwhile.
    ///
    /// Only then does it prove that
    /// something is not there, or is the only one.
    var isStill: Bool {
        isAtEnd && !hasMoved && (totals.first.map { $0 == rows.count } ?? true)
    }

    /// Whether everything that was there when the reading began was seen; more may have come.
    var coversStart: Bool {
        guard isAtEnd, let first = totals.first else { return isAtEnd && rows.count == rowsSeen }
        let isGrowing = zip(totals, totals.dropFirst()).allSatisfy { $0 <= $1 }
        return isGrowing && rows.count >= first
    }

    mutating func add(_ page: ListPage<Row>, pageSize: Int) {
        pages += 1
        startedAt = startedAt ?? page.at
        clockAhead = page.clockAhead ?? clockAhead
        for (id, row) in page.rows where ids.insert(ByteText(rawValue: id)).inserted {
            rows.append(row)
        }
        rowsSeen += page.rows.count
        if let total = page.total { totals.append(total) }
        if let isLast = page.isLast {
            isAtEnd = isLast || page.rows.isEmpty
        } else if let total = page.total {
            isAtEnd = page.rows.isEmpty || rowsSeen >= total
        } else {
            isAtEnd = page.rows.count < pageSize
        }
    }
}

/// A list of a platform that comes in pages, and how it is read.
struct PagedList<Row: Sendable>: Sendable {
    let pageSize: Int
    /// Pages beyond these are not asked for, and the reading stays without its end.
    let pagesMax: Int
    /// How often a list is read that moves under the reader.
    static var readingsMax: Int { 3 }

    /// Asks for a page, counted from 1.
    ///
    /// A page read anew because the list moved must not be an old one shared with others.
    let question: @Sendable (_ page: Int, _ isAgain: Bool) -> Question
    let page: @Sendable (Reply) -> Result<ListPage<Row>, Refusal>

    /// Reads until `isEnough` says so, or to the end; again while the whole `isSound` not.
    ///
    /// After ``readingsMax`` readings the last one is handed on as it is.
    func read<Outcome>(
        isEnough: @escaping @Sendable (ListReading<Row>) -> Bool = { _ in false },
        isSound: @escaping @Sendable (ListReading<Row>) -> Bool = { _ in true },
        then next: @escaping @Sendable (Result<ListReading<Row>, Refusal>) -> Talk<Outcome>
    ) -> Talk<Outcome> {
        ask(after: ListReading(), reading: 1, isEnough: isEnough, isSound: isSound, then: next)
    }

    private func ask<Outcome>(
        after reading: ListReading<Row>, reading number: Int,
        isEnough: @escaping @Sendable (ListReading<Row>) -> Bool,
        isSound: @escaping @Sendable (ListReading<Row>) -> Bool,
        then next: @escaping @Sendable (Result<ListReading<Row>, Refusal>) -> Talk<Outcome>
    ) -> Talk<Outcome> {
        .ask(question(reading.pages + 1, number > 1)) { reply in
            var reading = reading
            switch page(reply) {
            case .failure(let refusal): return next(.failure(refusal))
            case .success(let page): reading.add(page, pageSize: pageSize)
            }
            if isEnough(reading) { return next(.success(reading)) }
            if !reading.isAtEnd, reading.pages < pagesMax {
                return ask(
                    after: reading, reading: number, isEnough: isEnough, isSound: isSound,
                    then: next)
            }
            // A list that is too long does not get shorter by reading it again.
            if !reading.isAtEnd || isSound(reading) || number == Self.readingsMax {
                return next(.success(reading))
            }
            return ask(
                after: ListReading(), reading: number + 1, isEnough: isEnough, isSound: isSound,
                then: next)
        }
    }
}
