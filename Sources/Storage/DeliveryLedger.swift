package import Domain

/// The part of the store that `Notifying` needs; each method is one transaction.
package protocol DeliveryLedger: Sendable {
    /// Lends out due deliveries, moved to `sending` and stored so.
    ///
    /// Of each endpoint its earliest. Where there are more than `limit`, every endpoint gets one
    /// before any gets a second, so that an old backlog hides nobody's fresh delivery; what comes
    /// back is sorted, earliest first.
    ///
    /// - Parameters:
    ///   - perEndpoint: At most so many of each endpoint that `shares` does not name.
    ///   - shares: What may be taken of the endpoints by name. A closed one costs nothing, however
    ///     much waits for it.
    func claimDeliveries(
        limit: Int, perEndpoint: Int, shares: [String: ClaimShare], at now: Timestamp,
        lease: Duration
    ) async throws(StorageError) -> [Claim<DueDelivery>]

    /// Lends out one delivery on behalf of a person, as it stands.
    func takeDelivery(
        _ id: Delivery.ID, at now: Timestamp, lease: Duration
    ) async throws(StorageError) -> Claim<DueDelivery>

    /// Writes a claimed delivery back with its attempts, and ends the claim.
    ///
    /// - Parameter note: Where a person decided.
    /// - Throws: `.claimLost` when the lease ran out and someone else took it.
    func settle(
        _ claim: Claim<DueDelivery>, with attempts: [Attempt], noting note: AuditNote?,
        at now: Timestamp
    ) async throws(StorageError)

    /// Writes notifications that come from no task or event, such as a `ping`.
    func announce(_ announcement: Announcement) async throws(StorageError)
}

extension DeliveryLedger {
    /// As a worker does it, of whom nothing is noted.
    package func settle(
        _ claim: Claim<DueDelivery>, with attempts: [Attempt], at now: Timestamp
    ) async throws(StorageError) {
        try await settle(claim, with: attempts, noting: nil, at: now)
    }
}

/// A delivery and what it delivers.
package struct DueDelivery: Hashable, Sendable {
    package var delivery: Delivery
    package let notification: CompletionNotification
    /// When it was due before it was claimed; `nil` when it was found in `sending`, or taken by a
    /// person.
    package let dueAt: Timestamp?

    package init(
        delivery: Delivery, notification: CompletionNotification, dueAt: Timestamp? = nil
    ) {
        self.delivery = delivery
        self.notification = notification
        self.dueAt = dueAt
    }
}
