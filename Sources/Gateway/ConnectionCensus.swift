import NIOCore
import Synchronization

/// How many connections there are, in all and by address, and which of them can be missed.
///
/// A lock, since connections live on several event loops; it is held for a few lookups, and for
/// one pass over all of them where there is no room.
final class ConnectionCensus: Sendable {
    enum Admission {
        case admitted(ConnectionPlace)
        /// All places are taken, and nobody on them can be missed.
        case full
        /// Its address has as many as one address may have.
        case tooManyOfAddress
    }

    private struct State {
        var places: [ObjectIdentifier: ConnectionPlace] = [:]
        var perHost: [[UInt8]: Int] = [:]

        mutating func remove(_ channel: any Channel) {
            guard let place = places.removeValue(forKey: ObjectIdentifier(channel)),
                let host = place.host, let count = perHost[host]
            else { return }
            perHost[host] = count > 1 ? count - 1 : nil
        }
    }

    private let limits: ConnectionLimits
    private let isExempt: @Sendable (PeerAddress) -> Bool
    private let state = Mutex(State())

    /// - Parameter isExempt: Who may have any number of connections of the total.
    init(limits: ConnectionLimits, isExempt: @escaping @Sendable (PeerAddress) -> Bool) {
        self.limits = limits
        self.isExempt = isExempt
    }

    /// Counts a connection in, or says that there is no room for it.
    ///
    /// Where all places are taken, the one that can best be missed is closed for it: who says
    /// nothing must not keep those out who have something to say.
    ///
    /// - Parameter now: On the clock of the connections.
    func admit(_ channel: any Channel, at now: Duration) -> Admission {
        let host = host(of: channel)
        let (admission, shed) = state.withLock { state -> (Admission, (any Channel)?) in
            if let host, state.perHost[host, default: 0] >= limits.connectionsPerAddressMax {
                return (.tooManyOfAddress, nil)
            }
            var shed: (any Channel)?
            if state.places.count >= limits.connectionsMax {
                guard let place = dispensable(of: state, at: now) else { return (.full, nil) }
                shed = place.channel
                state.remove(place.channel)
            }
            if let host { state.perHost[host, default: 0] += 1 }
            let place = ConnectionPlace(channel, host: host, at: now)
            state.places[ObjectIdentifier(channel)] = place
            return (.admitted(place), shed)
        }
        shed?.close(promise: nil)
        return admission
    }

    /// Closes the one that can best be missed, if there is one.
    func makeRoom(at now: Duration) {
        let shed = state.withLock { state in
            let place = dispensable(of: state, at: now)
            if let place { state.remove(place.channel) }
            return place
        }
        shed?.channel.close(promise: nil)
    }

    /// Counts out a connection that was admitted, if it was not already.
    func leave(_ channel: any Channel) {
        state.withLock { $0.remove(channel) }
    }

    /// Closes what is still open.
    func closeAll() {
        let places = state.withLock { Array($0.places.values) }
        for place in places { place.channel.close(promise: nil) }
    }

    var count: Int { state.withLock { $0.places.count } }

    /// Whether so many places are taken that the quiet ones get less time.
    var isCrowded: Bool { count > limits.connectionsMax / 2 }

    /// The longest in the lowest standing; one that just came is given the time to say something.
    private func dispensable(of state: State, at now: Duration) -> ConnectionPlace? {
        var found: (place: ConnectionPlace, standing: ConnectionStanding, since: Duration)?
        for place in state.places.values {
            let (standing, since) = place.current
            guard standing != .working,
                standing == .idle || now - since >= limits.shedAge
            else { continue }
            if let found, (found.standing, found.since) <= (standing, since) { continue }
            found = (place, standing, since)
        }
        return found?.place
    }

    private func host(of channel: any Channel) -> [UInt8]? {
        guard let address = PeerAddress(channel.remoteAddress), !isExempt(address) else {
            return nil
        }
        return address.host
    }
}
