import Domain
package import Signing

/// What would become of a request, with nothing of it done.
package enum IntakeTrial: Sendable {
    /// These would be stored; none from an empty batch.
    case events([VerifiedEvent])
    /// The sender would only try the address.
    case handshake
    case refused(status: Int, reason: String, detail: String)
}

extension IntakeRoom {
    /// Proves a request as ``receive(_:for:secret:)`` does, and stores nothing.
    ///
    /// A closed door is tried as if it were open; `nil` where there is none of this name.
    package func trial(
        _ request: IncomingRequest, for source: String, secret: String?
    ) -> IntakeTrial? {
        guard let door = doors[source] else { return nil }
        let verdict: Verdict
        switch prove(request, at: door, secret: secret, time.now(), evenClosed: true) {
        case .success(let found): verdict = found
        case .failure(let refusal):
            return .refused(
                status: refusal.status, reason: refusal.reason, detail: refusal.detail)
        }
        switch verdict {
        case .event(let event): return .events([event])
        case .batch(let events, _): return .events(events)
        case .handshake: return .handshake
        case .refused(let refusal):
            return .refused(
                status: refusal.status, reason: refusal.reason.rawValue, detail: refusal.detail)
        }
    }
}
