package import Domain
import Transport

/// What one reply says of a platform as a whole (reliability.md 2, "Breaker").
package enum Condition: Hashable, Sendable {
    /// It took the credential and did what was asked.
    case well
    /// It answered, and the answer concerns what was asked alone: a refusal of one task.
    case answered
    /// It refuses the credential, and there is no other.
    case credentialRefused(Failure)
    /// It did not answer, or answered that something is wrong with itself.
    case failing(Failure, isTimeOut: Bool)
    /// It takes too much to answer now, and asks for a pause; `nil` where it names none.
    case slowing(Duration?)
    /// Nothing to go by: an answer that fits no document, our own doing.
    case unsaid
}

extension Refusal {
    /// - Parameter reply: The one that was read as this.
    ///
    /// A code that a contract lists wins over the status beside it, as everywhere
    /// (decision 10): a refusal under HTTP 500 is an answer, and so is *busy* a rate answer.
    func condition(toldBy reply: Reply) -> Condition {
        if case .failure(let transport) = reply.result {
            switch transport.code {
            case .cancelled, .refused: return .unsaid
            case .timedOut: return .failing(failure, isTimeOut: true)
            case .couldNotResolve, .couldNotConnect, .handshakeFailed, .cutOff, .malformedAnswer:
                return .failing(failure, isTimeOut: false)
            }
        }
        switch weight {
        case .final, .grant, .permission, .later: return .answered
        case .credential: return .credentialRefused(failure)
        case .rate: return .slowing(retryAfter)
        case .forbidden, .unsent: return .unsaid
        case .uncertain:
            guard case .success(let answer) = reply.result else { return .unsaid }
            switch answer.status {
            case 408, 504: return .failing(failure, isTimeOut: true)
            case 500...: return .failing(failure, isTimeOut: false)
            case 400..<500: return .answered
            // An internal error by its code, under a status of success.
            default:
                return failure.kind == .unavailable
                    ? .failing(failure, isTimeOut: false) : .unsaid
            }
        }
    }
}
