/// One entity to copy to one workspace, from planned to ended.
///
/// A task takes a ``Signal`` (what happened) and answers with a ``Step`` (what to do now). It
/// never waits, reads a clock, or talks to anyone; the `Copying` room does that for it.
package struct CopyTask: Identifiable, Hashable, Sendable, Codable {
    package typealias ID = Identifier<CopyTask>

    package let id: ID
    /// What is to be copied, as matching decided it.
    ///
    /// Never changes.
    package let plan: Plan
    package internal(set) var state: State
    /// Submissions that may have left this machine.
    ///
    /// A poll is not one, nor is one withdrawn before sending.
    package internal(set) var attempts: Int
    /// Submissions in a row that certainly did not leave; the place in the retry schedule.
    package internal(set) var failuresBeforeSending: Int
    /// Polls since the provider took the task.
    package internal(set) var polls: Int
    /// Looks since an answer was lost.
    package internal(set) var looks: Int
    /// How often an end (or a stall) of this task has been announced.
    package internal(set) var sequence: Int
    /// The ``sequence`` under which the state that the task rests in was announced; what is told
    /// of it afterwards has a later one.
    package internal(set) var endSequence: Int?
    /// Sent again after a lost answer, by policy or by a person, so that two copies may exist.
    package internal(set) var isPossibleDuplicate: Bool
    /// Since when a submitted task is under way, absent before.
    package internal(set) var dispatch: Dispatch?
    /// What was seen on the way, for people and for looking again.
    package var evidence: Evidence
    package internal(set) var endedAt: Timestamp?
    /// When a success is looked at once more, since there may be a second copy of it.
    package internal(set) var watchAt: Timestamp?
    /// When somebody asked to have it cancelled while a worker had it on loan, which that worker
    /// does not know; absent once it is not queued any more.
    package internal(set) var cancelAskedAt: Timestamp?

    package init(id: ID, plan: Plan, state: State) {
        self.id = id
        self.plan = plan
        self.state = state
        attempts = 0
        failuresBeforeSending = 0
        polls = 0
        looks = 0
        sequence = 0
        isPossibleDuplicate = false
        evidence = Evidence()
    }
}

extension CopyTask {
    package struct Plan: Hashable, Sendable, Codable {
        package let event: EventSummary
        package let rule: String
        /// The place of the action in its rule, from 0.
        package let action: Int
        /// 0 from matching; a person's retry or replay takes the next.
        package let run: Int
        package let connection: String
        package let provider: Provider
        package let entity: EntityReference
        /// `nil` for the workspace where the entity is.
        package let toWorkspace: String?
        package let onUncertain: UncertainPolicy
        /// The endpoints that the rule names; `nil` for all, empty for none.
        package let notify: [String]?
        package let createdAt: Timestamp

        package init(
            event: EventSummary,
            rule: String,
            action: Int,
            run: Int,
            connection: String,
            provider: Provider,
            entity: EntityReference,
            toWorkspace: String?,
            onUncertain: UncertainPolicy,
            notify: [String]?,
            createdAt: Timestamp
        ) {
            self.event = event
            self.rule = rule
            self.action = action
            self.run = run
            self.connection = connection
            self.provider = provider
            self.entity = entity
            self.toWorkspace = toWorkspace
            self.onUncertain = onUncertain
            self.notify = notify
            self.createdAt = createdAt
        }

        /// Where the copy lands, as far as that is known.
        package var target: String? { toWorkspace ?? entity.workspaceID }

        /// Whether the copy lands where the original is, as far as the event told us.
        package var isWithinOneWorkspace: Bool {
            guard let toWorkspace, let workspaceID = entity.workspaceID else {
                return toWorkspace == nil
            }
            return toWorkspace.utf8.elementsEqual(workspaceID.utf8)
        }
    }

    /// One task at a time under this key may be between sent and ended.
    ///
    /// Parts are joined by a character that none of the platforms' ids contains.
    package var lockKey: String {
        [plan.connection, plan.target ?? "", plan.entity.type, plan.entity.id].joined(
            separator: "\u{1F}")
    }

    /// A submission that was, or is about to be, put on the wire.
    package struct Dispatch: Hashable, Sendable, Codable {
        /// `dsp_…`, new for each submission; also sent as `Idempotency-Key`, useful the day a
        /// provider reads it.
        package let id: String
        package let at: Timestamp

        package init(id: String, at: Timestamp) {
            self.id = id
            self.at = at
        }
    }

    /// What we saw, kept because a person or the next look will want it.
    package struct Evidence: Hashable, Sendable, Codable {
        /// What the target held right before the submission; absent where it was not read.
        package var baseline: [String]?
        /// How far the provider's clock is ahead of ours, from its `Date` header.
        package var clockAhead: Int64?
        /// What might be our copy, where that cannot be told.
        package var candidates: [Candidate] = []
        /// Why a found copy was taken for ours.
        package var adoptedBecause: [String] = []
        package var logID: String?
        package var providerTask: Identifier<ProviderTask>?
        /// The provider's own word or number for the state, as last polled.
        package var providerStatus: String?
        /// Whether that word's meaning has been confirmed; absent where the provider documents it.
        package var statusVerified: Bool?
        /// What the last attempt that did not end the task ran into.
        package var lastTrouble: Failure?
        /// Since when submissions have been coming back without a copy.
        ///
        /// The age by which the schedules of a day are measured; absent once one was taken.
        package var troubleSince: Timestamp?
        /// When the provider's job was announced as stalled, which happens once.
        package var stalledAt: Timestamp?
        /// The first submission of those that were sent again without an answer; what was there
        /// before it is the ``baseline``, also for those that followed.
        package var doubt: Doubt?
        /// When a second copy was announced as suspected, which happens once.
        package internal(set) var suspectedAt: Timestamp?
    }

    /// Since when a copy that nobody knows of may exist.
    package struct Doubt: Hashable, Sendable, Codable {
        package let at: Timestamp
        /// As ``Evidence/clockAhead`` was then.
        package let clockAhead: Int64?

        package init(at: Timestamp, clockAhead: Int64?) {
            self.at = at
            self.clockAhead = clockAhead
        }
    }

    /// From when on what shows up in the target may be ours; `nil` before the first submission.
    package var doubtBegan: Doubt? {
        evidence.doubt ?? dispatch.map { Doubt(at: $0.at, clockAhead: evidence.clockAhead) }
    }

    /// When the task is due if nobody holds it: by its state, to be looked at once more, or at
    /// once where it is to be cancelled.
    package var dueAt: Timestamp? { cancelAskedAt ?? state.dueAt ?? watchAt }

    /// Takes over what was asked for while this was in a worker's hand.
    ///
    /// - Parameter moment: As ``cancelAskedAt``; it means nothing to a task that is not queued.
    package mutating func keep(cancelAskedAt moment: Timestamp?) {
        if let moment, case .queued = state { cancelAskedAt = moment }
    }

    /// Something in the target that may be the copy.
    package struct Candidate: Hashable, Sendable, Codable {
        package let id: String
        package let name: String?
        /// By the provider's clock.
        package let updatedAt: Timestamp?

        package init(id: String, name: String?, updatedAt: Timestamp?) {
            self.id = id
            self.name = name
            self.updatedAt = updatedAt
        }
    }
}

/// The event a task came from, as much as notifications say of it.
package struct EventSummary: Hashable, Sendable, Codable {
    package let id: Event.ID
    package let source: String
    package let type: String
    package let key: String
    package let time: Timestamp

    package init(id: Event.ID, source: String, type: String, key: String, time: Timestamp) {
        self.id = id
        self.source = source
        self.type = type
        self.key = key
        self.time = time
    }

    package init(_ event: Event) {
        self.init(
            id: event.id, source: event.identity.source, type: event.type,
            key: event.identity.key, time: event.time ?? event.receivedAt)
    }
}

/// A provider's own job, followed by polling.
package enum ProviderTask {}
/// Something that can be copied.
package enum Entity {}

/// A platform that copies.
package enum Provider: String, Hashable, Sendable, Codable, CaseIterable {
    case coze, keyue
}

/// What to do when an answer was lost and the copy cannot be found.
package enum UncertainPolicy: String, Hashable, Sendable, Codable, CaseIterable {
    /// Look, adopt if found, never send again by itself.
    case hold
    /// As `hold`, but a copy that is made before the answer is sent once more after the window.
    case reconcile
    /// No looking: send again. For copies that may double.
    case retry
}
