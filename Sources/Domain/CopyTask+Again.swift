extension CopyTask {
    /// Whether it is at its end without a copy, so that a person may have the same done again.
    ///
    /// Not `succeeded`, which has its copy, and not `unresolved`, which a person decides first.
    package var mayBeRetried: Bool {
        switch state {
        case .failed, .cancelled: true
        case .queued, .submitting, .copying, .reconciling, .unresolved, .succeeded: false
        }
    }

    /// The task that is to do this one's work once more.
    ///
    /// - Parameters:
    ///   - run: The event's next.
    ///   - id: The id that follows from a plan.
    package func again(
        run: Int, at now: Timestamp, id: (Plan) -> ID
    ) -> CopyTask {
        let plan = plan.again(run: run, at: now)
        var task = CopyTask(id: id(plan), plan: plan, state: .queued(notBefore: now))
        // One that was given up may have left a copy that nobody found.
        task.isPossibleDuplicate = isPossibleDuplicate || failure?.kind == .abandoned
        return task
    }
}

extension CopyTask.Plan {
    /// The same deed in another run of its event.
    fileprivate func again(run: Int, at now: Timestamp) -> Self {
        Self(
            event: event, rule: rule, action: action, run: run, connection: connection,
            provider: provider, entity: entity, toWorkspace: toWorkspace,
            onUncertain: onUncertain, notify: notify, createdAt: now)
    }

    /// What stands for a rule in a task that a person asked for without an event; no rule can
    /// have a name with a blank in it.
    package static let ruleByHand = "(by hand)"
}
