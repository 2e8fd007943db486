import Domain
import Foundation
import GRDB
import Storage

/// The rows that several methods write: tasks, what is owed to endpoints, and attempts.
extension Database {
    /// Plans a task, or leaves the one of the same id alone.
    func insert(_ task: CopyTask, at now: Timestamp) throws {
        let plan = task.plan
        try run(
            """
            INSERT INTO tasks (
                id, event_id, rule, connection, entity_type, entity_id, entity_name, lock_key,
                workspace, created_at, state, due_at, ended_at, provider_task, task)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING
            """,
            [
                Exact(task.id), Exact(plan.event.id), Exact(plan.rule), Exact(plan.connection),
                Exact(plan.entity.type), Exact(plan.entity.id), Exact(plan.entity.name),
                Exact(task.lockKey), Exact(plan.target), plan.createdAt, task.state.name.rawValue,
                task.dueAt,
                task.end(at: now), Exact(task.evidence.providerTask?.rawValue),
                try encoded(task),
            ])
        guard changesCount > 0 else { return }
        try noteState(of: task, at: now)
        try noteTrigger(of: plan.rule, for: plan.entity, at: plan.createdAt)
    }

    /// Remembers that a rule did something for an entity, on behalf of its cooldown.
    func noteTrigger(of rule: String, for entity: EntityReference, at moment: Timestamp) throws {
        try run(
            """
            INSERT INTO triggers (entity_id, rule, entity_type, at) VALUES (?, ?, ?, ?)
            ON CONFLICT DO UPDATE SET at = max(at, excluded.at)
            """, [Exact(entity.id), Exact(rule), Exact(entity.type), moment])
    }

    /// Stores a task's new form, and remembers when its state became another.
    ///
    /// - Parameter row: Its row as it was.
    func store(_ task: CopyTask, over row: Row, at now: Timestamp) throws {
        try run(
            """
            UPDATE tasks SET state = ?, due_at = ?, ended_at = ?, provider_task = ?,
                cancel_asked_at = ?, task = ?
            WHERE position = ?
            """,
            [
                task.state.name.rawValue, task.dueAt, task.end(at: now),
                Exact(task.evidence.providerTask?.rawValue), task.cancelAskedAt,
                try encoded(task), try row.decode(Int64.self, forColumn: "position"),
            ])
        if try row.text("state") != task.state.name.rawValue { try noteState(of: task, at: now) }
    }

    private func noteState(of task: CopyTask, at now: Timestamp) throws {
        try run(
            "INSERT INTO task_history (task_id, state, at) VALUES (?, ?, ?)",
            [Exact(task.id), task.state.name.rawValue, now])
    }

    func store(_ delivery: Delivery, over row: Row) throws {
        try run(
            "UPDATE deliveries SET state = ?, due_at = ?, delivery = ? WHERE position = ?",
            [
                delivery.state.name.rawValue, delivery.state.dueAt, try encoded(delivery),
                try row.decode(Int64.self, forColumn: "position"),
            ])
        guard let turn = delivery.turn, try row.text("state") != delivery.state.name.rawValue
        else { return }
        try noteTurn(turn.what, of: .delivery(delivery.id), at: turn.at)
    }

    /// Writes a notification and its deliveries, leaving alone what is there.
    func insert(_ announcement: Announcement) throws {
        let notification = announcement.notification
        try run(
            """
            INSERT INTO notifications (id, type, task_id, event_id, created_at, payload)
            VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING
            """,
            [
                Exact(notification.id), notification.type.rawValue,
                Exact(notification.taskID?.rawValue), Exact(notification.eventID?.rawValue),
                notification.createdAt, Data(notification.payload),
            ])
        for delivery in announcement.deliveries {
            try run(
                """
                INSERT INTO deliveries (
                    id, notification_id, task_id, event_id, endpoint, type, created_at, state,
                    due_at, delivery)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING
                """,
                [
                    Exact(delivery.id), Exact(delivery.notificationID),
                    Exact(notification.taskID?.rawValue), Exact(notification.eventID?.rawValue),
                    Exact(delivery.endpoint), delivery.type.rawValue, delivery.createdAt,
                    delivery.state.name.rawValue, delivery.state.dueAt, try encoded(delivery),
                ])
        }
    }

    func add(_ attempts: [Attempt], to id: String, of loans: Loans) throws {
        for attempt in attempts {
            try run(
                "INSERT INTO \(loans.attempts) (owner, at, attempt) VALUES (?, ?, ?)",
                [Exact(id), attempt.at, try encoded(attempt)])
        }
    }

    /// Keeps what came too late to count, but not what is there already, since a caller that does
    /// not know whether it was heard says it again.
    func keepAsEvidence(_ attempts: [Attempt], of id: String, of loans: Loans) throws {
        let known = try self.attempts(of: id, of: loans)
        try add(attempts.filter { !known.contains($0) }, to: id, of: loans)
    }

    /// Oldest first.
    func attempts(of id: String, of loans: Loans) throws -> [Attempt] {
        try rows(
            "SELECT attempt FROM \(loans.attempts) WHERE owner = ? ORDER BY position", [Exact(id)]
        ).map { try $0.decoded(Attempt.self, "attempt") }
    }
}

extension Loans {
    fileprivate var attempts: String {
        self == .deliveries ? "delivery_attempts" : "task_attempts"
    }
}

extension CopyTask {
    /// Since when it has been at its end, `nil` before; a held one is not.
    fileprivate func end(at now: Timestamp) -> Timestamp? {
        state.isEnd ? endedAt ?? now : nil
    }
}
