import Domain
import Pipeline
import Synchronization

/// How many lines those who prove nothing may have written to the log.
///
/// Such a request costs its sender less than its line costs us. Without a bound, anybody who finds
/// the address could fill the disk that the log is on, which may be the one that events are on.
final class LineAllowance: Sendable {
    private struct State {
        var window = RateWindow(Rate(20, per: .seconds(1)))
        var leftOut = 0
    }

    private let state = Mutex(State())

    /// Takes a line out of the allowance.
    ///
    /// - Parameter now: On a clock that never jumps.
    /// - Returns: How many were left out since the last that was written, or `nil` where this one
    ///   is left out as well.
    func take(at now: Duration) -> Int? {
        state.withLock { state in
            guard state.window.free(at: now) > 0 else {
                state.leftOut += 1
                return nil
            }
            state.window.note(at: now)
            defer { state.leftOut = 0 }
            return state.leftOut
        }
    }
}
