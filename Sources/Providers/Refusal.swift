package import Domain
import Transport

/// What a call that did not succeed comes to, before it counts what was asked.
///
/// An `Error` only so that a `Result` can hold it; it is never thrown.
package struct Refusal: Error, Hashable {
    package enum Weight: Hashable, Sendable, CaseIterable {
        /// The same request gets the same answer; nothing was made.
        case final
        /// The token was refused and a new one can be had; nothing was made.
        case grant
        /// The credential was refused and there is no other; nothing was made.
        case credential
        /// The token may not do or see this, and a new one might; nothing was made.
        case permission
        /// Too many calls, or busy: the whole connection slows down; nothing was made.
        case rate
        /// Something a person has to settle first, like a bill; nothing was made.
        case later
        /// May go better at once or never; for a submission nobody knows what was made.
        case uncertain
        /// Certain: nothing left this machine.
        case unsent
        /// Certain, too, and our own address policy says that nothing will.
        case forbidden
    }

    package let weight: Weight
    package let failure: Failure
    /// What the answer asked for.
    package let retryAfter: Duration?

    package init(_ weight: Weight, _ failure: Failure, retryAfter: Duration? = nil) {
        self.weight = weight
        self.failure = failure
        self.retryAfter = retryAfter
    }

    /// The pause after what a person has to settle (decision 10).
    package static let laterPause = Duration.hours(1)
    /// The pause after a refused credential that cannot be renewed: asking on at the usual pace
    /// could lock an account.
    package static let credentialPause = Duration.minutes(10)
}

extension Refusal {
    /// For calls that may be repeated freely.
    package var trouble: Trouble {
        let pause: Duration? =
            switch weight {
            case .later: max(Self.laterPause, retryAfter ?? .zero)
            case .credential: max(Self.credentialPause, retryAfter ?? .zero)
            case .final, .grant, .permission, .rate, .uncertain, .unsent, .forbidden: retryAfter
            }
        let isCredentialRefused = weight == .grant || weight == .credential
        return Trouble(
            failure, retryAfter: pause, slowsConnection: weight == .rate,
            isGrantRefused: isCredentialRefused || weight == .permission,
            isCredentialRefused: isCredentialRefused)
    }

    /// For asking after a job.
    ///
    /// One that the token may not see (yet) is asked after as before: it is under way whatever we
    /// may see of it, no new token is worth the call, and no person is needed.
    var troubleOfJob: Trouble {
        guard weight == .permission else { return trouble }
        return Trouble(failure, retryAfter: retryAfter)
    }

    /// For the one call that must not.
    package var submission: Submission {
        switch weight {
        case .final, .credential: .refused(failure)
        case .grant, .permission, .rate, .later: .refusedForNow(trouble)
        case .uncertain: .lost(failure)
        case .unsent, .forbidden: .notSent(failure)
        }
    }

    /// For what is asked before it.
    package var preparation: Preparation {
        switch weight {
        case .final, .credential, .forbidden: .refused(failure)
        case .grant, .permission, .rate, .later, .uncertain, .unsent: .trouble(trouble)
        }
    }
}

extension Refusal {
    /// What it comes to that there is no answer.
    ///
    /// - Parameter platform: The platform's name for people.
    init(_ failure: TransportFailure, from platform: String) {
        let words: String
        let kind: Failure.Kind
        switch failure.code {
        case .refused:
            kind = .forbiddenTarget
            words =
                "The address of \(platform) is not allowed; check base_url and egress.allow"
        case .couldNotResolve:
            kind = .unavailable
            words = "The name of \(platform)'s server could not be resolved"
        case .couldNotConnect:
            kind = .unavailable
            words = "\(platform) could not be reached"
        case .handshakeFailed:
            kind = .unavailable
            words = "No trusted TLS connection to \(platform) could be made"
        case .timedOut:
            kind = .unavailable
            words = "\(platform) did not answer in time"
        case .cutOff:
            kind = .unavailable
            words = "The connection to \(platform) ended before its answer was whole"
        case .malformedAnswer:
            kind = .malformedAnswer
            words = "\(platform)'s answer is not HTTP, or larger than is allowed"
        case .cancelled:
            kind = .unavailable
            words = "The exchange with \(platform) was broken off by this service"
        }
        let weight: Weight =
            failure.isSent ? .uncertain : failure.code == .refused ? .forbidden : .unsent
        self.init(weight, Failure(kind, message: "\(words) (\(failure.detail))."))
    }
}
