package import Domain

/// The part of the store that `Notifying` needs; each method is one transaction.
package protocol DeliveryLedger: Sendable {
    /// Lends out due deliveries, earliest first, at most `perEndpoint` of each endpoint, moved to
    /// `sending` and stored so.
    ///
    /// - Parameter skipped: Endpoints that are to be left alone for now.
    func claimDeliveries(
        limit: Int, perEndpoint: Int, skipping skipped: Set<String>, at now: Timestamp,
        lease: Duration
    ) async throws(StorageError) -> [Claim<DueDelivery>]

    /// Lends out one delivery on behalf of a person, as it stands.
    func takeDelivery(
        _ id: Delivery.ID, at now: Timestamp, lease: Duration
    ) async throws(StorageError) -> Claim<DueDelivery>

    /// Writes a claimed delivery back with its attempts, and ends the claim.
    ///
    /// - Throws: `.claimLost` when the lease ran out and someone else took it.
    func settle(
        _ claim: Claim<DueDelivery>, with attempts: [Attempt], at now: Timestamp
    ) async throws(StorageError)

    /// Writes notifications that come from no task or event, such as a `ping`.
    func announce(_ announcement: Announcement) async throws(StorageError)
}

/// A delivery and what it delivers.
package struct DueDelivery: Hashable, Sendable {
    package var delivery: Delivery
    package let notification: CompletionNotification

    package init(delivery: Delivery, notification: CompletionNotification) {
        self.delivery = delivery
        self.notification = notification
    }
}
