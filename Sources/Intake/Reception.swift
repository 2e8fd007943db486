import Domain
import Signing
import Storage

/// What intake made of one request.
enum Reception {
    /// On disk, now or since earlier.
    case admitted(Event, Admission, SchemeAnswer)
    /// The sender tried whether the address is ours.
    case handshake(SchemeAnswer)
    /// Never to be stored as it is.
    case refused(Refusal)
    /// Proved, but not known to be on disk: the sender is to come again.
    case heldBack(Event, WaitingLine.Trouble)

    struct Refusal {
        let status: Int
        /// A word that can be counted.
        let reason: String
        /// For the log: never a secret or a body.
        let detail: String
        /// What `Allow` says with status 405.
        var methods: [String] = []
    }
}

extension Reception {
    func answer(_ limits: IntakeLimits) -> IntakeAnswer {
        switch self {
        case .admitted(_, _, let answer), .handshake(let answer):
            return IntakeAnswer(answer)
        case .refused(let refusal) where refusal.status == 405:
            let methods = refusal.methods.joined(separator: ", ")
            return IntakeAnswer(refusing: 405, [("Allow", methods)])
        case .refused(let refusal):
            return IntakeAnswer(refusing: refusal.status)
        case .heldBack(_, let trouble):
            return IntakeAnswer(
                refusing: 503, [("Retry-After", String(limits.retryAfterSeconds))],
                reason: trouble.reason)
        }
    }
}

extension Reception.Refusal {
    init(_ refusal: VerificationRefusal, methods: [String]) {
        self.init(
            status: refusal.status, reason: refusal.reason.rawValue, detail: refusal.detail,
            methods: methods)
    }

    /// One answer for an unknown source and for a wrong path, or strangers could list our sources.
    static func notFound(_ reason: String) -> Self {
        Self(status: 404, reason: reason, detail: "")
    }
}
