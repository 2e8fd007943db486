import NIOCore
import Synchronization

/// How many connections there are, in all and by address.
///
/// A lock, since connections live on several event loops; it is held for a few lookups.
final class ConnectionCensus: Sendable {
    private struct State {
        var channels: [ObjectIdentifier: any Channel] = [:]
        var perHost: [[UInt8]: Int] = [:]
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
    func admit(_ channel: any Channel) -> Bool {
        let host = host(of: channel)
        return state.withLock { state in
            guard state.channels.count < limits.connectionsMax else { return false }
            if let host {
                let count = state.perHost[host, default: 0]
                guard count < limits.connectionsPerAddressMax else { return false }
                state.perHost[host] = count + 1
            }
            state.channels[ObjectIdentifier(channel)] = channel
            return true
        }
    }

    /// Counts out a connection that was admitted.
    ///
    /// - Parameter address: As at its admission; a closed socket no longer tells.
    func leave(_ channel: any Channel, from address: PeerAddress?) {
        state.withLock { state in
            guard state.channels.removeValue(forKey: ObjectIdentifier(channel)) != nil,
                let address, !isExempt(address), let count = state.perHost[address.host]
            else { return }
            state.perHost[address.host] = count > 1 ? count - 1 : nil
        }
    }

    /// Closes what is still open.
    func closeAll() {
        let channels = state.withLock { Array($0.channels.values) }
        for channel in channels { channel.close(promise: nil) }
    }

    var count: Int { state.withLock { $0.channels.count } }

    private func host(of channel: any Channel) -> [UInt8]? {
        guard let address = PeerAddress(channel.remoteAddress), !isExempt(address) else {
            return nil
        }
        return address.host
    }
}
