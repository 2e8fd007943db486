import Domain
import Synchronization

/// Keeps calls to so many in any stretch of so long, counted on a clock that never jumps.
///
/// Remembers when the last calls were made, so that the bound holds for every stretch, not only on
/// the average, and a few calls after a quiet time go out at once.
final class Pace: Sendable {
    private let rate: Rate
    private let times = Mutex<[Duration]>([])

    /// Above this many per stretch the stretch is cut instead, to bound what is remembered.
    private static let countMax = 1_000

    init(_ rate: Rate) {
        guard rate.count > Self.countMax else {
            self.rate = rate
            return
        }
        let per = rate.per * Self.countMax / rate.count
        self.rate = Rate(Self.countMax, per: max(per, .nanoseconds(1)))
    }

    enum Turn: Equatable {
        /// The caller's turn comes after this long and is kept for it.
        case after(Duration)
        /// It would come only after this long; nothing is kept.
        case tooLong(Duration)
    }

    /// Takes the next turn, unless it is further away than `waitMax`.
    func turn(at now: Duration, waitMax: Duration) -> Turn {
        times.withLock { times in
            let next = next(&times, at: now)
            guard next - now <= waitMax else { return .tooLong(next - now) }
            times.append(next)
            return .after(next - now)
        }
    }

    /// How far away the next turn is, which stays free.
    func wait(at now: Duration) -> Duration {
        times.withLock { next(&$0, at: now) } - now
    }

    private func next(_ times: inout [Duration], at now: Duration) -> Duration {
        times.removeAll { $0 + rate.per <= now }
        let free = times.count < rate.count ? now : times[times.count - rate.count] + rate.per
        return max(now, free, times.last ?? now)
    }
}
