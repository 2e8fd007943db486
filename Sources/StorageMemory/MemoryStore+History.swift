package import Domain
package import Storage

extension MemoryStore: History {
    package func eventCount(in period: Period) throws(StorageError) -> Int {
        events.rows.count { period.contains($0.value.event.receivedAt) }
    }

    package func events(
        in period: Period, after place: String?, limit: Int
    ) throws(StorageError) -> Page<Event> {
        let start = try place.map { text throws(StorageError) in try HistoryPlace(parsing: text) }
        let rows = events.rows.filter { period.contains($0.value.event.receivedAt) }
            .map { row in
                let at = row.value.event.receivedAt
                return (HistoryPlace(at: at, position: Int64(row.place)), row.value.event)
            }
            .filter { start == nil || start! < $0.0 }
            .sorted { $0.0 < $1.0 }
        let page = rows.prefix(max(limit, 1))
        return Page(
            rows: page.map(\.1), next: page.count < rows.count ? page.last?.0.text : nil)
    }
}
