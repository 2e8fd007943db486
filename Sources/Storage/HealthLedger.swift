package import Domain

/// The part of the store that remembers which destinations are failing.
package protocol HealthLedger: Sendable {
    /// Every destination that was ever recorded, by its key in byte order.
    func health() async throws(StorageError) -> [DestinationHealth]

    /// Writes a destination's health, what is told of the change and the note of it, in one
    /// transaction.
    ///
    /// - Parameter health: Its revision as it was read; stored one higher.
    /// - Throws: `.conflict` when the stored revision is another: somebody was faster, and what he
    ///   wrote is to be read first.
    func record(
        _ health: DestinationHealth, announcing announcements: [Announcement],
        noting note: AuditNote?
    ) async throws(StorageError)
}

extension HealthLedger {
    /// What a room found out needs no note.
    package func record(
        _ health: DestinationHealth, announcing announcements: [Announcement]
    ) async throws(StorageError) {
        try await record(health, announcing: announcements, noting: nil)
    }
}
