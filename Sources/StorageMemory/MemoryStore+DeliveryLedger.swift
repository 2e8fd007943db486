package import Domain
package import Storage

extension MemoryStore: DeliveryLedger {
    package func claimDeliveries(
        limit: Int, perEndpoint: Int, shares: [String: ClaimShare], at now: Timestamp,
        lease: Duration
    ) throws(StorageError) -> [Claim<DueDelivery>] {
        let due = deliveries.due(
            limit: limit, at: now, dueAt: { $0.delivery.state.dueAt },
            group: { $0.delivery.endpoint },
            share: { shares[$0] ?? ClaimShare(perEndpoint) })
        var claims: [Claim<DueDelivery>] = []
        for place in due {
            var delivery = deliveries[at: place].value.delivery
            let dueAt = delivery.waitsUntil
            guard let notification = notifications[delivery.notificationID],
                (try? delivery.apply(.claimed)) != nil
            else { continue }
            store(delivery, in: place)
            claims.append(
                deliveries.lend(place, until: now + lease) {
                    DueDelivery(
                        delivery: $0.delivery, notification: notification, dueAt: dueAt)
                })
        }
        return claims
    }

    package func takeDelivery(
        _ id: Delivery.ID, at now: Timestamp, lease: Duration
    ) throws(StorageError) -> Claim<DueDelivery> {
        let place = try deliveries.freePlace(of: id, at: now)
        let notification = try notification(of: deliveries[at: place].value.delivery)
        return deliveries.lend(place, until: now + lease) {
            DueDelivery(delivery: $0.delivery, notification: notification)
        }
    }

    package func settle(
        _ claim: Claim<DueDelivery>, with attempts: [Attempt], noting note: AuditNote?,
        at now: Timestamp
    ) throws(StorageError) {
        let delivery = claim.work.delivery
        let place: Int
        do {
            place = try deliveries.place(of: delivery.id, onLoanUnder: claim.token)
        } catch {
            if let place = deliveries.place(of: delivery.id) {
                let late = attempts.filter { !deliveries[at: place].value.attempts.contains($0) }
                store(deliveries[at: place].value.delivery, in: place, with: late)
            }
            throw error
        }
        store(delivery, in: place, with: attempts)
        deliveries.endLoan(place)
        append(note)
    }

    package func announce(_ announcement: Announcement) throws(StorageError) {
        insert([announcement])
    }

    func notification(
        of delivery: Delivery
    ) throws(StorageError) -> CompletionNotification {
        guard let notification = notifications[delivery.notificationID] else {
            throw StorageError(
                .corrupt, detail: "\(delivery.id) delivers \(delivery.notificationID)")
        }
        return notification
    }
}
