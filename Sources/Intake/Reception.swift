import Domain
import Signing
import Storage

/// What intake made of one request.
enum Reception {
    /// On disk, each of them now or since earlier; mostly one, none from an empty batch.
    case admitted([(Event, Admission)], SchemeAnswer)
    /// The sender tried whether the address is ours.
    case handshake(SchemeAnswer)
    /// Never to be stored as it is.
    case refused(Refusal)
    /// Proved, but not known to be on disk: the sender is to come again.
    case heldBack([Event], WaitingLine.Trouble)

    struct Refusal: Error {
        let status: Int
        /// A word that can be counted.
        let reason: String
        /// For the log: never a secret or a body.
        let detail: String
        /// What `Allow` says with status 405.
        var methods: [String] = []
        /// What the sender's protocol wants in the answer.
        var headers: [AnswerHeader] = []
    }

    /// Whether something is there that no rule has seen.
    var hasNews: Bool {
        guard case .admitted(let events, _) = self else { return false }
        return events.contains { $0.1 == .stored }
    }
}

extension Reception {
    /// - Parameter scheme: Whose manners count; `nil` for a stranger at no door.
    func answer(_ limits: IntakeLimits, in scheme: (any SourceScheme)?) -> IntakeAnswer {
        switch self {
        case .admitted(_, let answer), .handshake(let answer):
            return IntakeAnswer(answer)
        case .refused(let refusal):
            let allow =
                refusal.status == 405
                ? [AnswerHeader("Allow", refusal.methods.joined(separator: ", "))] : []
            return IntakeAnswer(
                refusing: refusal.status, allow + refusal.headers, in: scheme)
        case .heldBack(_, let trouble):
            return IntakeAnswer(
                refusing: 503, [AnswerHeader("Retry-After", String(limits.retryAfterSeconds))],
                reason: trouble.reason, in: scheme)
        }
    }
}

extension Reception.Refusal {
    init(_ refusal: VerificationRefusal, methods: [String]) {
        self.init(
            status: refusal.status, reason: refusal.reason.rawValue, detail: refusal.detail,
            methods: methods, headers: refusal.headers)
    }

    /// Nothing is taken in here for now, and so nothing is acknowledged: who sent it keeps it.
    static func closed(retryAfterSeconds: Int) -> Self {
        Self(
            status: 503, reason: "source_disabled", detail: "the source is disabled",
            headers: [AnswerHeader("Retry-After", String(retryAfterSeconds))])
    }

    /// One answer for an unknown source and for a wrong path, or strangers could list our sources.
    static func notFound(_ reason: String) -> Self {
        Self(status: 404, reason: reason, detail: "")
    }
}
