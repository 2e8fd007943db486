extension CopyTask {
    /// What happened.
    package enum Signal: Hashable, Sendable {
        /// A worker took the task under lease.
        case claimed(at: Timestamp)
        /// Token, preflight, baseline and limiter are done; next comes the first byte.
        case prepared(Dispatch)
        /// Nothing was sent and it is nobody's fault: a limiter, a lock, a token not to be had.
        case postponed(until: Timestamp)
        case accepted(Identifier<ProviderTask>, pollAt: Timestamp)
        case stillCopying(pollAt: Timestamp)
        /// Still copying, and so late that people should know.
        case stalled(pollAt: Timestamp)
        case finished(copy: Identifier<Entity>?, at: Timestamp)
        /// Certain: nothing was made. With `retryAt` it may go better then.
        case refused(Failure, retryAt: Timestamp?, at: Timestamp)
        /// Certain: nothing left this machine. Without `retryAt` the schedule is used up.
        case notSent(Failure, retryAt: Timestamp?, at: Timestamp)
        /// Our own shutdown came before anything was sent.
        case withdrawn(at: Timestamp)
        case answerLost(lookAt: Timestamp)
        /// The poll deadline passed; looked for again at `lookAt`.
        case deadlinePassed(lookAt: Timestamp?, at: Timestamp)
        case found(copy: Identifier<Entity>?, at: Timestamp)
        /// The provider's job was found; its end is still to come.
        case foundTask(Identifier<ProviderTask>, pollAt: Timestamp)
        /// Nothing found, and the window is open: look again.
        case foundNone(lookAt: Timestamp)
        /// Nothing found, the window is over, and policy says to hold.
        case held(lookAt: Timestamp?, at: Timestamp)
        /// Nothing found, the window is over, and policy or a person says to send again.
        case sendAgain(notBefore: Timestamp)
        /// Several might be ours, or the list proves nothing.
        case ambiguous(lookAt: Timestamp?, at: Timestamp)
        /// A person named the copy.
        case adopted(copy: Identifier<Entity>?, at: Timestamp)
        /// A person gave up.
        case givenUp(Failure, at: Timestamp)
        case cancelRequested(at: Timestamp)
        /// The same, while a worker has it on loan: nothing is sent any more, and whoever has it
        /// next ends it.
        case cancelAsked(at: Timestamp)
        /// A success that may have a double is looked at then, or not any more.
        case watched(next: Timestamp?)
        /// A second thing that may be a copy of ours was seen.
        case duplicateSuspected(at: Timestamp)
    }

    /// What to do now.
    package enum Step: Hashable, Sendable {
        case prepare
        case submit
        case poll(Identifier<ProviderTask>)
        case look
        case wait
        /// Say `cancelRequested`, and nothing to the provider.
        case cancel
        /// Write the notification and its deliveries in the settle that stores this state.
        case announce(NotificationType)
    }

    /// Moves the task on, or refuses and leaves it as it was.
    ///
    /// - Throws: ``InvalidTransition`` when this state does not expect this signal: a bug in the
    ///   caller.
    package mutating func apply(_ signal: Signal) throws(InvalidTransition) -> Step {
        switch (state, signal) {
        case (.queued, .claimed):
            return cancelAskedAt == nil ? .prepare : .cancel
        case (.queued, .prepared(let dispatch)) where cancelAskedAt == nil:
            attempts += 1
            self.dispatch = dispatch
            return move(to: .submitting, then: .submit)
        case (.queued, .postponed(let until)):
            return move(to: .queued(notBefore: until), then: .wait)
        case (.queued, .cancelRequested(let now)):
            return end(.cancelled, at: now)
        case (.queued, .cancelAsked(let now)):
            cancelAskedAt = cancelAskedAt ?? now
            return .wait
        case (.queued, .refused(_, .some(let retryAt), _)):
            return move(to: .queued(notBefore: retryAt), then: .wait)
        case (.queued, .refused(let failure, nil, let now)),
            (.queued, .notSent(let failure, nil, let now)):
            return end(.failed(failure), at: now)
        case (.queued, .notSent(_, .some(let retryAt), _)):
            failuresBeforeSending += 1
            return move(to: .queued(notBefore: retryAt), then: .wait)

        case (.submitting, .accepted(let job, let pollAt)),
            (.reconciling, .foundTask(let job, let pollAt)),
            (.unresolved, .foundTask(let job, let pollAt)):
            // `unresolved` may be left this way: what is under way has not ended.
            polls = 0
            endedAt = nil
            evidence.providerTask = job
            return move(to: .copying(job, pollAt: pollAt), then: .wait)
        case (.submitting, .finished(let copy, let now)), (.copying, .finished(let copy, let now)),
            (.reconciling, .found(let copy, let now)), (.unresolved, .found(let copy, let now)),
            (.unresolved, .adopted(let copy, let now)):
            return end(.succeeded(copy: copy), at: now)
        case (.submitting, .refused(_, .some(let retryAt), _)):
            failuresBeforeSending = 0
            return move(to: .queued(notBefore: retryAt), then: .wait)
        case (.submitting, .refused(let failure, nil, let now)),
            (.submitting, .notSent(let failure, nil, let now)),
            (.copying, .refused(let failure, _, let now)),
            (.unresolved, .givenUp(let failure, let now)):
            return end(.failed(failure), at: now)
        case (.submitting, .notSent(_, .some(let retryAt), _)):
            failuresBeforeSending += 1
            return move(to: .queued(notBefore: retryAt), then: .wait)
        case (.submitting, .withdrawn(let now)):
            // Our shutdown came first and nothing was sent, so it costs no attempt. Once a request
            // has left, being cut short is `answerLost`.
            attempts -= 1
            return move(to: .queued(notBefore: now), then: .wait)
        case (.submitting, .answerLost(let lookAt)):
            // No provider we know takes an idempotency key, so a blind retry could copy twice.
            looks = 0
            failuresBeforeSending = 0
            return move(to: .reconciling(lookAt: lookAt), then: .wait)
        case (.submitting, .claimed(let now)):
            // A claim that finds `submitting` has outlived its worker: the same doubt.
            looks = 1
            return move(to: .reconciling(lookAt: now), then: .look)

        case (.copying(let job, _), .claimed):
            polls += 1
            return .poll(job)
        case (.copying(let job, _), .stillCopying(let pollAt)):
            return move(to: .copying(job, pollAt: pollAt), then: .wait)
        case (.copying(let job, _), .stalled(let pollAt)):
            sequence += 1
            return move(to: .copying(job, pollAt: pollAt), then: .announce(.copyStalled))
        case (.copying, .deadlinePassed(let lookAt, let now)),
            (.reconciling, .held(let lookAt, let now)),
            (.reconciling, .ambiguous(let lookAt, let now)):
            return end(.unresolved(lookAt: lookAt), at: now)

        case (.reconciling, .claimed), (.unresolved, .claimed):
            looks += 1
            return .look
        case (.reconciling, .foundNone(let lookAt)):
            return move(to: .reconciling(lookAt: lookAt), then: .wait)
        case (.reconciling, .sendAgain(let notBefore)), (.unresolved, .sendAgain(let notBefore)):
            isPossibleDuplicate = true
            endedAt = nil
            return move(to: .queued(notBefore: notBefore), then: .wait)

        case (.unresolved, .held(let lookAt, _)), (.unresolved, .ambiguous(let lookAt, _)):
            return move(to: .unresolved(lookAt: lookAt), then: .wait)

        case (.succeeded, .claimed) where watchAt != nil:
            looks += 1
            return .look
        case (.succeeded, .watched(let next)):
            watchAt = next
            return .wait
        case (.succeeded, .duplicateSuspected(let now)) where evidence.suspectedAt == nil,
            (.unresolved, .duplicateSuspected(let now)) where evidence.suspectedAt == nil:
            evidence.suspectedAt = now
            watchAt = nil
            sequence += 1
            return .announce(.copyDuplicateSuspected)
        default:
            throw InvalidTransition(state: state, signal: signal)
        }
    }

    private mutating func move(to state: State, then step: Step) -> Step {
        self.state = state
        return step
    }

    private mutating func end(_ state: State, at now: Timestamp) -> Step {
        self.state = state
        endedAt = now
        cancelAskedAt = nil
        sequence += 1
        endSequence = sequence
        return .announce(state.announcement)
    }

    /// A caller and the machine disagree: a bug, logged loudly, and the row is left alone.
    package struct InvalidTransition: Error, Hashable {
        package let state: State
        package let signal: Signal
    }
}

extension CopyTask.State {
    /// What is announced when a task comes to rest here.
    fileprivate var announcement: NotificationType {
        switch self {
        case .succeeded: .copySucceeded
        case .failed: .copyFailed
        case .cancelled: .copyCancelled
        case .queued, .submitting, .copying, .reconciling, .unresolved: .copyUnresolved
        }
    }
}
