import NIOCore
import Synchronization

/// What a connection is busy with, from what can best be missed to what cannot.
///
/// The order in which connections have to go when there is no room for another one.
enum ConnectionStanding: UInt8, Comparable {
    /// Between two requests.
    case idle
    /// No whole head has come since it was asked for.
    case waiting
    /// A head is here, its body is not.
    case receiving
    /// Its peer has not taken the answer yet.
    case answering
    /// We owe it an answer: never given up for a newcomer.
    case working

    static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// The place that one connection takes among those there may be.
///
/// Written by the connection on its event loop, read by whoever looks for room; an atomic, so that
/// the many who write never wait for the few who read.
final class ConnectionPlace: Sendable {
    let channel: any Channel
    /// What it is counted under, `nil` where it is exempt.
    let host: [UInt8]?
    /// The standing in the lowest byte, above it since when, in milliseconds.
    private let packed: Atomic<UInt64>

    init(_ channel: any Channel, host: [UInt8]?, at now: Duration) {
        self.channel = channel
        self.host = host
        packed = Atomic(Self.pack(.waiting, now))
    }

    /// - Parameter since: On the clock of the connections, which starts with the machine.
    func note(_ standing: ConnectionStanding, since: Duration) {
        packed.store(Self.pack(standing, since), ordering: .relaxed)
    }

    var current: (standing: ConnectionStanding, since: Duration) {
        let packed = packed.load(ordering: .relaxed)
        let standing = ConnectionStanding(rawValue: UInt8(truncatingIfNeeded: packed))
        return (standing ?? .working, .milliseconds(Int64(packed >> 8)))
    }

    private static func pack(_ standing: ConnectionStanding, _ since: Duration) -> UInt64 {
        let milliseconds = UInt64(clamping: Int64(max(.zero, since) / .milliseconds(1)))
        return milliseconds << 8 | UInt64(standing.rawValue)
    }
}
