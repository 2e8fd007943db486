package import Domain
package import Storage

extension MemoryStore: HealthLedger {
    package func health() throws(StorageError) -> [DestinationHealth] {
        destinations.sorted { $0.key < $1.key }.map(\.value)
    }

    package func record(
        _ health: DestinationHealth, announcing announcements: [Announcement],
        noting note: AuditNote?
    ) throws(StorageError) {
        let key = Bytes(health.destination.key)
        guard destinations[key]?.revision ?? 0 == health.revision else {
            throw StorageError(.conflict, detail: "health of \(health.destination.key)")
        }
        var health = health
        health.revision += 1
        destinations[key] = health
        insert(announcements)
        append(note)
    }
}
