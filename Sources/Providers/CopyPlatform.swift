package import Domain
package import Transport

/// What a platform that copies looks like from `Copying`: request makers and answer readers.
///
/// One value per connection. Nothing here sends, waits or remembers.
package protocol CopyPlatform: Sendable {
    /// Gets what authorizes the calls below; a fixed token is granted at once.
    ///
    /// - Parameter tokenID: Chance for what must never be used twice (the `jti` of a signed
    ///   assertion).
    func authorize(at now: Timestamp, tokenID: String) -> Talk<Authorization>

    /// Everything that is asked before the point of no return: whether the copy is allowed at all,
    /// and what the target holds already.
    func prepare(_ task: CopyTask, with grant: Grant) -> Talk<Preparation>

    /// The one request that must never be repeated blindly; on a fresh connection.
    ///
    /// `task` is `submitting`, so its dispatch is there; the dispatch's id goes along as
    /// `Idempotency-Key`.
    func submission(of task: CopyTask, with grant: Grant) -> HTTPRequest
    func read(_ reply: Reply, toSubmissionOf task: CopyTask) -> Submission

    /// Asks after the provider's own job.
    func poll(_ job: Identifier<ProviderTask>, of task: CopyTask, with grant: Grant) -> Talk<
        Progress
    >

    /// Looks for a copy whose answer was lost (decisions 3 to 5, 24).
    func look(for task: CopyTask, among surroundings: Surroundings, with grant: Grant) -> Talk<
        Sighting
    >

    /// Whether this copy is made before its answer, so that the short settle window holds.
    func isSynchronous(_ task: CopyTask) -> Bool

    /// A query that costs and changes nothing, to see whether the platform is back.
    func probe(with grant: Grant) -> HTTPRequest

    /// What any reply says of the platform as a whole, whatever was asked.
    func condition(toldBy reply: Reply) -> Condition

    /// A request of the calls above and what answered it, as people may see them.
    ///
    /// Not for what ``authorize(at:tokenID:)`` asks: a grant is in the answer.
    func exchange(_ request: HTTPRequest, _ reply: Reply) -> Exchange
}

/// What authorizes calls.
package struct Grant: Hashable, Sendable {
    package let token: Secret
    /// When a new one is to be got, by our clock; `nil` for what never changes.
    package let renewAt: Timestamp?

    package init(token: Secret, renewAt: Timestamp? = nil) {
        self.token = token
        self.renewAt = renewAt
    }

    /// Whether a refusal is worth one more try with a new one.
    package var isRenewable: Bool { renewAt != nil }
}

/// What came of asking for a grant.
package enum Authorization: Hashable, Sendable {
    case granted(Grant)
    /// The credential itself is refused; a person has to mend it.
    case refused(Failure)
    case trouble(Trouble)
}

/// Something that did not work now and may work later.
package struct Trouble: Hashable, Sendable {
    package let failure: Failure
    /// What the provider asked for, or what its contract says; `nil` leaves it to the schedule.
    package let retryAfter: Duration?
    /// Whether the whole connection is to slow down, not just this task.
    package let slowsConnection: Bool
    /// Whether the grant was refused: worth one more try with a new one where there is one.
    package let isGrantRefused: Bool
    /// Whether it was refused as such, not just for what was asked with it.
    package let isCredentialRefused: Bool

    package init(
        _ failure: Failure, retryAfter: Duration? = nil, slowsConnection: Bool = false,
        isGrantRefused: Bool = false, isCredentialRefused: Bool = false
    ) {
        self.failure = failure
        self.retryAfter = retryAfter
        self.slowsConnection = slowsConnection
        self.isGrantRefused = isGrantRefused
        self.isCredentialRefused = isCredentialRefused
    }
}

/// What came of everything before the point of no return.
package enum Preparation: Hashable, Sendable {
    case ready(Baseline)
    /// Cannot be accepted as it is: not submitted at all.
    case refused(Failure)
    case trouble(Trouble)
}

/// What the target held right before the submission.
package struct Baseline: Hashable, Sendable {
    /// `nil` where it was not read.
    package let ids: [String]?
    /// How far the provider's clock is ahead of ours, in milliseconds, from its `Date` header.
    package let clockAhead: Int64?

    package init(ids: [String]?, clockAhead: Int64? = nil) {
        self.ids = ids
        self.clockAhead = clockAhead
    }
}

/// What the answer to a submission, or its absence, comes to.
package enum Submission: Hashable, Sendable {
    case accepted(Identifier<ProviderTask>, logID: String?)
    case finished(copy: Identifier<Entity>?, logID: String?)
    /// Certain: nothing was made, and nothing will be.
    case refused(Failure)
    /// Certain: nothing was made; may go better later, or with a new grant.
    case refusedForNow(Trouble)
    /// Certain: nothing left this machine.
    case notSent(Failure)
    /// The copy may or may not exist.
    case lost(Failure)
}

/// How far the provider's own job is.
package enum Progress: Hashable, Sendable {
    /// - Parameter status: The provider's own word or number.
    case running(status: String?, logID: String?)
    /// Nothing was said of it, as far as was read; the failure says why, and what would help.
    case unseen(Failure)
    case finished(copy: Identifier<Entity>?, status: String?, logID: String?)
    case failed(Failure, status: String?)
    case trouble(Trouble)
}

/// What looking for a copy came to.
package enum Sighting: Hashable, Sendable {
    /// Exactly one thing can be ours; `because` says in words what matched.
    case found(Identifier<Entity>?, because: [String])
    /// The provider's job was found.
    case foundTask(Identifier<ProviderTask>, because: [String])
    case none
    /// Several might be ours, or one that cannot be told from somebody else's.
    case ambiguous([CopyTask.Candidate])
    case trouble(Trouble)
}
