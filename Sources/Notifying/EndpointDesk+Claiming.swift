import Domain
import Pipeline
import Storage
import Synchronization

// What may be claimed now, and what was.

extension EndpointDesk {
    /// What a claim may take of each endpoint.
    ///
    /// What is overdue goes out at the pace of its line: `backlog` deliveries now, dealt out in
    /// equal parts as long as any are left, beginning behind whoever was served the last time.
    func shares() -> [String: ClaimShare] {
        let now = time.elapsed()
        let wall = time.now()
        return state.withLock { state in
            var shares: [String: ClaimShare] = [:]
            for place in state.lines.indices {
                let names = state.lines[place].names
                let rest = state.lines[place].breaker.restEnd(at: now)
                let isClosed = state.lines[place].breaker.isClosed
                let backlog = state.lines[place].backlog.free(at: now)
                let part = max(1, backlog / names.count)
                let first = state.lines[place].first
                var left = backlog
                for name in names[first...] + names[..<first] {
                    guard var lane = state.lanes[name] else { continue }
                    guard !lane.isSwitchedOff else {
                        shares[name] = ClaimShare.none
                        continue
                    }
                    var places = lane.places(at: now)
                    if lane.isDisabled {
                        shares[name] = lane.disabledShare(canProbe: rest == nil, now, wall)
                        continue
                    }
                    if rest != nil { places = 0 }
                    if !isClosed { places = min(places, 1) }
                    if lane.overdueBefore != nil || backlog < Self.backlogRate.count {
                        places = min(places, part, left)
                        left -= places
                    }
                    state.lanes[name] = lane
                    shares[name] = ClaimShare(places, merging: lane.merging)
                }
                // Whoever got nothing comes first the next time.
                if backlog < names.count {
                    state.lines[place].first = (first + backlog) % names.count
                }
            }
            return shares
        }
    }

    /// Counts in what was claimed, and finds out who has caught up with what was overdue.
    ///
    /// What was due before we began, or before the endpoint was enabled again, counts as overdue.
    /// Measured by that moment and not by how late a delivery is: an endpoint that is merely slower
    /// than what comes in for it is late all the time, and slowing it down for that would make it
    /// later still.
    ///
    /// A parcel is one request, whatever is in it.
    func enter(_ parcels: [Parcel], of shares: [String: ClaimShare], limit: Int) {
        let now = time.elapsed()
        state.withLock { state in
            var counts: [String: Int] = [:]
            for parcel in parcels {
                let name = parcel.endpoint
                guard let lane = state.lanes[name] else { continue }
                counts[name, default: 0] += parcel.claims.count
                state.lanes[name]?.enter(at: now)
                let dueAt = parcel.claims.compactMap(\.work.dueAt).min()
                guard let mark = lane.overdueBefore, let dueAt else { continue }
                if dueAt < mark {
                    state.lines[lane.line].backlog.note(at: now)
                } else {
                    state.lanes[name]?.noteCaughtUp()
                }
            }
            for (name, share) in shares where share.places > 0 && share.dueBy == nil {
                let isAll =
                    counts[name, default: 0] < share.places
                    && parcels.map(\.claims.count).reduce(0, +) < limit
                if isAll { state.lanes[name]?.noteCaughtUp() }
            }
        }
    }
}

extension EndpointLane {
    /// What may be taken of an endpoint that was given up: one delivery where a probe is due,
    /// otherwise only what has waited for too long, to be ended.
    fileprivate mutating func disabledShare(
        canProbe: Bool, _ now: Duration, _ wall: Timestamp
    ) -> ClaimShare {
        guard canProbe, holdEnd(at: now) == nil else {
            return ClaimShare(free, dueBy: wall - waitMax)
        }
        return ClaimShare(isIdle ? 1 : 0)
    }
}
