extension CopyTask {
    package enum State: Hashable, Sendable, Codable {
        /// Waiting for its time; nothing is on the wire. Leads to `submitting`, `failed`,
        /// `cancelled`.
        case queued(notBefore: Timestamp)
        /// The request may be on the wire. Leads to `copying`, `queued`, `reconciling`,
        /// `succeeded`, `failed`.
        case submitting
        /// The provider is at work and is asked again at `pollAt`. Leads to `succeeded`, `failed`,
        /// `unresolved`.
        case copying(Identifier<ProviderTask>, pollAt: Timestamp)
        /// The answer was lost: the copy may or may not exist. Leads to `succeeded`, `copying`,
        /// `queued`, `unresolved`.
        case reconciling(lookAt: Timestamp)
        /// Announced as such. Ends here unless the copy is found, or a person decides; looked for
        /// until `lookAt` is absent. Leads to `succeeded`, `failed`, `queued`.
        case unresolved(lookAt: Timestamp?)
        /// `copy` is absent where the provider does not tell it.
        case succeeded(copy: Identifier<Entity>?)
        case failed(Failure)
        case cancelled

        package var name: Name {
            switch self {
            case .queued: .queued
            case .submitting: .submitting
            case .copying: .copying
            case .reconciling: .reconciling
            case .unresolved: .unresolved
            case .succeeded: .succeeded
            case .failed: .failed
            case .cancelled: .cancelled
            }
        }

        /// Whether nothing but a person moves the task on.
        package var isEnd: Bool { name.isEnd }

        /// Whether a task in this state keeps others of its ``CopyTask/lockKey`` waiting.
        package var holdsLock: Bool { name.holdsLock }

        /// When the task is due if nobody holds it; `nil` when nothing is left to do by itself.
        ///
        /// `submitting` is due as soon as its lease has ended: its worker is gone.
        package var dueAt: Timestamp? {
            switch self {
            case .queued(let notBefore): notBefore
            case .submitting: Timestamp(milliseconds: 0)
            case .copying(_, let pollAt): pollAt
            case .reconciling(let lookAt): lookAt
            case .unresolved(let lookAt): lookAt
            case .succeeded, .failed, .cancelled: nil
            }
        }
    }
}

extension CopyTask.State {
    /// The state's word, as it stands in stores, answers and notifications.
    package enum Name: String, Hashable, Sendable, Codable, CaseIterable {
        case queued, submitting, copying, reconciling, unresolved, succeeded, failed, cancelled

        package var isEnd: Bool {
            switch self {
            case .succeeded, .failed, .cancelled: true
            case .queued, .submitting, .copying, .reconciling, .unresolved: false
            }
        }

        package var holdsLock: Bool {
            switch self {
            case .submitting, .copying, .reconciling: true
            case .queued, .unresolved, .succeeded, .failed, .cancelled: false
            }
        }
    }
}

/// Why a copy did not happen.
///
/// Data, not an error: it is stored, shown, and matched on.
package struct Failure: Hashable, Sendable, Codable {
    package enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
        /// The provider refused our credential or what it may do.
        case unauthorized
        case notFound = "not_found"
        /// The request can never be accepted as it is.
        case invalid
        case duplicateName = "duplicate_name"
        case quotaExceeded = "quota_exceeded"
        case rateLimited = "rate_limited"
        /// Not reached, or busy.
        case unavailable
        /// An answer that fits no document.
        case malformedAnswer = "malformed_answer"
        /// The provider took the task and reported that it failed.
        case copyFailed = "copy_failed"
        /// The address policy forbids the target.
        case forbiddenTarget = "forbidden_target"
        /// A person gave up.
        case abandoned
        /// Time ran out.
        case deadline
    }

    package let kind: Kind
    /// The provider's own code as text, `nil` where it gave none.
    package let code: String?
    /// What happened and, where there is one, the remedy; at most 500 characters, no secrets.
    package let message: String
    package let logID: String?

    package init(_ kind: Kind, code: String? = nil, message: String, logID: String? = nil) {
        self.kind = kind
        self.code = code
        self.message = String(message.prefix(500))
        self.logID = logID
    }
}
