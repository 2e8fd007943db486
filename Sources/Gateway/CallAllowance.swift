import Domain
import Synchronization

/// How many calls somebody may make: a bucket of tokens each, refilled at an even pace.
///
/// Memory is bounded: whose bucket is full again is forgotten, and of too many the emptiest stay,
/// since those are the ones that matter.
package final class CallAllowance<Caller: Hashable & Sendable>: Sendable {
    /// How much there is of it.
    package struct Limit: Hashable, Sendable {
        package var perSecond: Int
        package var burst: Int

        package init(perSecond: Int, burst: Int) {
            precondition(perSecond > 0 && burst > 0)
            self.perSecond = perSecond
            self.burst = burst
        }

        /// How long an empty bucket takes to be full.
        package var wholeSeconds: Int { (burst + perSecond - 1) / perSecond }
    }

    /// What became of one call.
    package struct Verdict: Hashable, Sendable {
        package let isAllowed: Bool
        /// Whole calls that are left.
        package let left: Int
        /// Whole seconds until the next is allowed, at least 1; 0 where it is now.
        package let retryAfter: Int
    }

    private struct Bucket {
        var tokens: Double
        var at: Duration
    }

    private let callersMax: Int
    private let buckets = Mutex<[Caller: Bucket]>([:])

    package init(callersMax: Int = 4_096) { self.callersMax = callersMax }

    /// How many callers are remembered.
    package var callersKnown: Int { buckets.withLock(\.count) }

    /// - Parameter now: Of a clock that never goes back.
    package func take(_ caller: Caller, of limit: Limit, at now: Duration) -> Verdict {
        buckets.withLock { buckets in
            if buckets[caller] == nil, buckets.count >= callersMax {
                makeRoom(in: &buckets, limit, now)
            }
            let tokens = Self.tokens(
                buckets[caller] ?? Bucket(tokens: Double(limit.burst), at: now), limit, now)
            let isAllowed = tokens >= 1
            let left = isAllowed ? tokens - 1 : tokens
            buckets[caller] = Bucket(tokens: left, at: now)
            let wait = ((1 - left) / Double(limit.perSecond)).rounded(.up)
            return Verdict(
                isAllowed: isAllowed, left: Int(left), retryAfter: left >= 1 ? 0 : max(1, Int(wait))
            )
        }
    }

    private static func tokens(_ bucket: Bucket, _ limit: Limit, _ now: Duration) -> Double {
        let passed = max(.zero, now - bucket.at) / .seconds(1)
        return min(Double(limit.burst), bucket.tokens + passed * Double(limit.perSecond))
    }

    /// Forgets those whose bucket is full, or else the fuller half.
    private func makeRoom(
        in buckets: inout [Caller: Bucket], _ limit: Limit, _ now: Duration
    ) {
        buckets = buckets.filter { Self.tokens($0.value, limit, now) < Double(limit.burst) }
        guard buckets.count >= callersMax else { return }
        let emptiest = buckets.sorted { $0.value.tokens < $1.value.tokens }.prefix(callersMax / 2)
        buckets = Dictionary(uniqueKeysWithValues: emptiest.map { ($0.key, $0.value) })
    }
}
