import CCurl
import Transport

/// Connections that were opened under one permission, and are used under no other.
///
/// A share handle with a connection cache of its own. It is used by the loop's thread alone, so it
/// has no lock functions.
final class CurlPool {
    let ground: EgressGround
    let share: UnsafeMutableRawPointer
    /// Exchanges that are under way with it.
    private var users = 0
    private var isRetired = false

    /// `nil` when memory has run out.
    init?(_ ground: EgressGround) {
        guard let share = copyhook_share_connections() else { return nil }
        self.ground = ground
        self.share = share
    }

    deinit { precondition(isClosed, "the pool's connections were never closed") }

    private var isClosed = false

    func enter() { users += 1 }

    /// After the exchange's handle has let go of the share.
    func leave() {
        users -= 1
        closeIfOver()
    }

    /// Nobody takes from it or gives to it any more; what is under way ends as it ends.
    func retire() {
        isRetired = true
        closeIfOver()
    }

    private func closeIfOver() {
        guard isRetired, users == 0, !isClosed else { return }
        isClosed = true
        copyhook_share_free(share)
    }
}

/// The pools of one policy: one for public addresses and one for each rule of `egress.allow`.
///
/// Which of them a request belongs in is plain for a host that is an address. For a name it shows
/// when a connection is made: until then it is guessed, and a connection that turns out to belong
/// elsewhere is closed after its first request and remembered, so that the next is kept.
struct CurlPools {
    /// Names whose pool is remembered; past this all are forgotten, at the price of a connection
    /// each.
    private static let namesMax = 1_024

    private struct Origin: Hashable {
        let host: String
        let port: UInt16
        let scheme: EgressTarget.Scheme

        init(_ target: EgressTarget) {
            (host, port, scheme) = (target.host, target.port, target.scheme)
        }
    }

    private(set) var generation: UInt64 = 0
    private var pools: [EgressGround: CurlPool] = [:]
    private var grounds: [Origin: EgressGround] = [:]

    /// Closes what was opened under an older policy, and forgets what was learned under it.
    mutating func begin(_ generation: UInt64) {
        guard generation > self.generation else { return }
        self.generation = generation
        retireAll()
    }

    mutating func retireAll() {
        for pool in pools.values { pool.retire() }
        pools = [:]
        grounds = [:]
    }

    /// Where a request should look for a connection; `nil` for none, so that it opens its own and
    /// keeps it from all others.
    mutating func pool(for arrival: Arrival) -> CurlPool? {
        begin(arrival.grant.generation)
        // An older one was sent under a policy that was replaced before the thread came to it.
        guard !arrival.request.isOnFreshConnection, arrival.grant.generation == generation else {
            return nil
        }
        let target = arrival.target
        let ground =
            (target.address == nil && !grounds.isEmpty ? grounds[Origin(target)] : nil)
            ?? arrival.grant.policy.groundExpected(for: target)
        if let pool = pools[ground] { return pool }
        pools[ground] = CurlPool(ground)
        return pools[ground]
    }

    /// Remembers what a name was let pass by, where that was not what its pool stands for.
    mutating func learn(_ ground: EgressGround, for target: EgressTarget, under generation: UInt64)
    {
        guard generation == self.generation else { return }
        if grounds.count >= CurlPools.namesMax { grounds = [:] }
        grounds[Origin(target)] = ground
    }
}
