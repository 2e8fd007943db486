package import Domain
import GRDB
package import Storage

extension SQLiteStore: DeliveryLedger {
    package func claimDeliveries(
        limit: Int, perEndpoint: Int, shares: [String: ClaimShare], at now: Timestamp,
        lease: Duration
    ) async throws(StorageError) -> [Claim<DueDelivery>] {
        try await write { [report] database in
            let rows = try Loans.deliveries.due(
                in: "endpoint", limit: limit, at: now,
                share: { shares[$0] ?? ClaimShare(perEndpoint) }, database)
            return try rows.compactMap { row in
                let read = try Loans.deliveries.read(row, database, report) {
                    var work = try database.dueDelivery(row)
                    try work.delivery.apply(.claimed)
                    return work
                }
                guard let work = read else { return nil }
                try database.store(work.delivery, over: row)
                let token = try Loans.deliveries.lend(row, until: now + lease, database)
                return Claim(work: work, token: token, leasedUntil: now + lease)
            }
        }
    }

    package func takeDelivery(
        _ id: Delivery.ID, at now: Timestamp, lease: Duration
    ) async throws(StorageError) -> Claim<DueDelivery> {
        try await write { database in
            let row = try Loans.deliveries.free(id.rawValue, at: now, database)
            return Claim(
                work: try database.dueDelivery(row),
                token: try Loans.deliveries.lend(row, until: now + lease, database),
                leasedUntil: now + lease)
        }
    }

    package func settle(
        _ claim: Claim<DueDelivery>, with attempts: [Attempt], noting note: AuditNote?,
        at now: Timestamp
    ) async throws(StorageError) {
        let delivery = claim.work.delivery
        let isCurrent = try await write { database in
            let id = delivery.id.rawValue
            guard let row = try Loans.deliveries.held(id, under: claim.token, database) else {
                // Not thrown in here: that would undo what this writes.
                try database.keepAsEvidence(attempts, of: id, of: .deliveries)
                return false
            }
            try database.store(delivery, over: row)
            try database.run(
                "UPDATE deliveries SET leased_until = 0 WHERE id = ?", [Exact(delivery.id)])
            try database.add(attempts, to: id, of: .deliveries)
            try database.append(note)
            return true
        }
        guard isCurrent else { throw StorageError.claimLost(delivery.id, claim.token) }
    }

    package func announce(_ announcement: Announcement) async throws(StorageError) {
        try await write { try $0.insert(announcement) }
    }
}

extension Database {
    /// A delivery's row with what it delivers.
    func dueDelivery(_ row: Row) throws -> DueDelivery {
        let delivery = try row.decoded(Delivery.self, "delivery")
        let notification = try self.row(
            "SELECT * FROM notifications WHERE id = ?", [Exact(delivery.notificationID)])
        guard let notification else {
            throw StorageError(
                .corrupt, detail: "\(delivery.id) delivers \(delivery.notificationID)")
        }
        return DueDelivery(
            delivery: delivery, notification: try CompletionNotification(row: notification),
            dueAt: delivery.waitsUntil)
    }
}

extension CompletionNotification {
    fileprivate init(row: Row) throws {
        self.init(
            id: try row.id("id"), type: try row.word(NotificationType.self, "type"),
            taskID: row.hasNull("task_id") ? nil : try row.id("task_id"),
            eventID: row.hasNull("event_id") ? nil : try row.id("event_id"),
            createdAt: try row.moment("created_at"), payload: try row.bytes("payload"))
    }
}
