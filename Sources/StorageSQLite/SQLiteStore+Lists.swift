package import Domain
import GRDB
package import Storage

extension SQLiteStore {
    package func events(
        _ query: Query<EventFilter>
    ) async throws(StorageError) -> Page<EventRecord> {
        try await page(query, ListWish(query.filter)) { database, position in
            let row = try database.row(
                """
                SELECT * FROM events JOIN event_bodies ON event = position WHERE position = ?
                """, [position])
            return try row.map { try database.eventRecord($0) }
        }
    }

    package func tasks(_ query: Query<TaskFilter>) async throws(StorageError) -> Page<CopyTask> {
        try await page(query, ListWish(query.filter)) { database, position in
            try database.row("SELECT task FROM tasks WHERE position = ?", [position])?
                .decoded(CopyTask.self, "task")
        }
    }

    package func deliveries(
        _ query: Query<DeliveryFilter>
    ) async throws(StorageError) -> Page<Delivery> {
        try await page(query, ListWish(query.filter)) { database, position in
            try database.row("SELECT delivery FROM deliveries WHERE position = ?", [position])?
                .decoded(Delivery.self, "delivery")
        }
    }

    /// One page, from one moment's state of the database.
    private func page<Filter, Shown: Sendable>(
        _ query: Query<Filter>, _ wish: @autoclosure @escaping @Sendable () -> ListWish,
        row: @escaping @Sendable (Database, Int64) throws -> Shown?
    ) async throws(StorageError) -> Page<Shown> {
        try await read { [findSpan] database in
            let wish = wish()
            let list = wish.table.list
            var mark: PageMark?
            if let cursor = query.cursor { mark = try PageMark(cursor, of: list) }
            var search = ListSearch(database, wish, span: findSpan)
            let places = try search.places(behind: mark, limit: query.rowsMax + 1)
            let taken = places.prefix(query.rowsMax)
            let last = places.count > taken.count ? taken.last : nil
            return Page(
                rows: try taken.compactMap { try row(database, $0.position) },
                next: last.map { place in
                    PageMark(
                        list: list, at: Timestamp(milliseconds: place.at),
                        position: place.position
                    ).text
                })
        }
    }

    package func count(
        _ filter: EventFilter, atMost bound: Int
    ) async throws(StorageError) -> Tally {
        try await count(ListWish(filter), bound)
    }

    package func count(
        _ filter: TaskFilter, atMost bound: Int
    ) async throws(StorageError) -> Tally {
        try await count(ListWish(filter), bound)
    }

    package func count(
        _ filter: DeliveryFilter, atMost bound: Int
    ) async throws(StorageError) -> Tally {
        try await count(ListWish(filter), bound)
    }

    private func count(
        _ wish: @autoclosure @escaping @Sendable () -> ListWish, _ bound: Int
    ) async throws(StorageError) -> Tally {
        try await read { [findSpan] database in
            var search = ListSearch(database, wish(), span: findSpan)
            return Tally(try search.count(upTo: bound + 1), atMost: bound)
        }
    }

    /// How SQLite carries out each statement of a page and of a count, for tests.
    package func plan(
        of filter: ListFilter, behind cursor: String? = nil
    ) async throws(StorageError) -> [String] {
        try await read { [findSpan] database in
            let wish = filter.wish
            let mark = try cursor.map { try PageMark($0, of: wish.table.list) }
            var search = ListSearch(database, wish, span: findSpan, isExplained: true)
            _ = try search.places(behind: mark, limit: 51)
            _ = try search.count(upTo: 100)
            return search.plans ?? []
        }
    }

    /// A filter of any list.
    package enum ListFilter: Hashable, Sendable {
        case events(EventFilter)
        case tasks(TaskFilter)
        case deliveries(DeliveryFilter)

        fileprivate var wish: ListWish {
            switch self {
            case .events(let filter): ListWish(filter)
            case .tasks(let filter): ListWish(filter)
            case .deliveries(let filter): ListWish(filter)
            }
        }
    }
}
