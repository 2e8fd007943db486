import Domain
import Storage

extension Timestamp {
    /// 2026-01-01T00:00:00Z.
    static let start = Timestamp(milliseconds: 1_767_225_600_000)
}

extension Event {
    static func sample(
        _ number: Int, key: String? = nil, scope: String = "", body: String = "{}",
        at received: Timestamp = .start, about entity: EntityReference?? = nil
    ) -> Event {
        Event(
            id: ID(rawValue: "evt_\(number)"),
            identity: Identity(source: "coze", scope: scope, key: key ?? "key-\(number)"),
            type: "bot.published", time: received - .seconds(1), receivedAt: received,
            entity: entity ?? .sample("bot-\(number)"), body: Array(body.utf8))
    }
}

extension EntityReference {
    static func sample(_ id: String) -> EntityReference {
        EntityReference(
            type: "bot", id: id, name: "名 \(id)", workspaceID: "ws-1", version: "7")
    }
}

extension CopyTask {
    static func sample(
        _ name: String, connection: String = "coze-1", entity: String? = nil, rule: String = "rule",
        event: Event = .sample(1), due: Timestamp = .start, createdAt: Timestamp = .start,
        provider: Provider = .coze, workspace: String? = "ws-2",
        alter: (inout EntityReference) -> Void = { _ in }
    ) -> CopyTask {
        var reference = EntityReference.sample(entity ?? "entity-of-\(name)")
        alter(&reference)
        return CopyTask(
            id: ID(rawValue: "tsk_\(name)"),
            plan: Plan(
                event: EventSummary(event), rule: rule, action: 0, run: 0, connection: connection,
                provider: provider, entity: reference,
                toWorkspace: workspace, onUncertain: .hold, notify: nil, createdAt: createdAt),
            state: .queued(notBefore: due))
    }

    /// This task after these signals, none of which it may refuse.
    func after(_ signals: Signal...) throws -> CopyTask {
        var task = self
        for signal in signals { _ = try task.apply(signal) }
        return task
    }
}

extension Announcement {
    static func sample(
        _ name: String, task: CopyTask? = nil, endpoints: [String] = ["hook"],
        at now: Timestamp = .start
    ) -> Announcement {
        let notification = CompletionNotification(
            id: .init(rawValue: "ntf_\(name)"), type: .copySucceeded, taskID: task?.id,
            eventID: task?.plan.event.id, createdAt: now, payload: Array("{\"n\":\"\(name)\"}".utf8)
        )
        return Announcement(
            notification: notification,
            deliveries: endpoints.map { endpoint in
                Delivery(
                    id: .init(rawValue: "msg_\(name)_\(endpoint)"), notificationID: notification.id,
                    type: notification.type, endpoint: endpoint, createdAt: now)
            })
    }
}

extension Claim where Work == CopyTask {
    /// The claim with its task moved on, as `Copying` hands it back.
    func after(_ signals: CopyTask.Signal...) throws -> Self {
        var claim = self
        for signal in signals { _ = try claim.work.apply(signal) }
        return claim
    }
}

extension CopyTask.Signal {
    static func prepared(at now: Timestamp) -> Self {
        .prepared(CopyTask.Dispatch(id: "dsp_1", at: now))
    }
}

extension EventLog {
    /// Stores tasks the way matching does: as the outcome of an event.
    func plan(_ tasks: [CopyTask], from number: Int = 1, at now: Timestamp = .start) async throws {
        _ = try await admit(.sample(number))
        for claim in try await claimEvents(limit: 1, at: now, lease: .seconds(60)) {
            let outcome = MatchOutcome(
                verdicts: tasks.map {
                    RuleVerdict(rule: $0.plan.rule, action: 0, effect: .planned($0.id))
                }, tasks: tasks)
            try await settle(claim, as: outcome, at: now)
        }
    }
}

extension CopyLedger {
    /// Sends a task off, as `Copying` does.
    func sent(_ id: CopyTask.ID, at now: Timestamp = .start) async throws -> Claim<CopyTask> {
        let claim = try await takeTask(id, at: now, lease: .seconds(60)).after(.prepared(at: now))
        try await dispatch(claim, at: now)
        return claim
    }

    /// Claims with room for everything.
    func claimAll(
        at now: Timestamp = .start, lease: Duration = .seconds(60)
    ) async throws -> [ClaimedTask] {
        try await claimTasks(
            limit: 100, perConnection: 100, skipping: [], at: now, lease: lease)
    }
}

extension DeliveryLedger {
    /// Claims with room for everything.
    func claimAllDeliveries(
        at now: Timestamp = .start, lease: Duration = .seconds(60)
    ) async throws -> [Claim<DueDelivery>] {
        try await claimDeliveries(
            limit: 100, perEndpoint: 100, shares: [:], at: now, lease: lease)
    }
}
