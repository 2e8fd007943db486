import Domain
package import Pipeline

/// Bounds of this room.
///
/// Constants of the house, not settings; tests state their own.
package struct CopyingLimits: Hashable, Sendable {
    /// The longest wait for a pace that is slept under the lease; a longer one goes back to the
    /// store.
    package var waitMax: Duration = .seconds(5)
    /// What must be left of a lease beside the request's own time-out before anything is sent.
    package var leaseMargin: Duration = .seconds(5)
    /// Tasks in hand per place for a submission; more of one connection would only wait.
    package var inHandPerPlace = 4
    /// Requests in one conversation, so that a platform whose pages never end is not followed.
    package var questionsMax = 200

    /// The first pause of a whole connection that said it is too much; doubles up to the next.
    package var slowDown: Duration = .seconds(30)
    package var slowDownMax: Duration = .minutes(10)
    /// No provider's `Retry-After` is believed beyond this.
    ///
    /// As long as the pause after what a person has to settle: one answer, which may be a mistake
    /// or not even the platform's own, must not take a connection away for a day. Whoever means
    /// longer is asked once an hour, with one call.
    package var retryAfterMax: Duration = .hours(1)

    package var breaker = CircuitBreaker.Limits()
    /// How long a breaker is not closed before people are told: three probes in vain, more or
    /// less.
    ///
    /// Shorter troubles mend themselves before anybody has read of them.
    package var brokenAfter: Duration = .minutes(5)
    /// How old may be what we know of what people were told.
    package var healthReadAgain: Duration = .minutes(1)

    /// The first wait for another task of the same key; doubles up to the next.
    package var lockWait: Duration = .seconds(2)
    /// Only whoever was claimed in the same moment as the other one meets it: the store does not
    /// lend out a task whose key is held.
    package var lockWaitMax: Duration = .minutes(1)
    /// After a refusal that may pass, where the platform names no time (decision 10).
    package var laterAfter: Duration = .hours(1)
    /// How long such refusals go on before the task fails (decision 10).
    package var laterFor: Duration = .hours(24)
    /// Submissions of one task under the policy `retry`; after that it is held like any other.
    package var retriesMax = 5

    /// Between polls of a task that is late (decision 9), or whose credential is refused.
    package var pollPause: Duration = .minutes(10)
    /// How long after the window a look that could not see is repeated before it proves nothing.
    package var lookGrace: Duration = .minutes(10)
    package var lookGracePace: Duration = .seconds(30)
    /// A task whose connection is not configured is asked about again after this.
    package var strangerPause: Duration = .minutes(1)
    /// When such a task's polls and looks are over: the defaults of a connection.
    package var strangerDeadline: Duration = .hours(24)
    package var strangerWindow: Duration = .minutes(15)

    package init() {}
}
