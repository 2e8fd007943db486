package import Domain
import NIOCore
import NIOHTTP1
import NIOPosix
package import Simulation
import Synchronization

/// A simulator on a socket, for a person's `curl`, for the demonstration and for tests.
///
/// HTTP/1.1, kept alive, no TLS. Bodies of requests end at ``bodyMax`` with 413, connections above
/// ``connectionsMax`` are closed at once, and a silent connection is closed after
/// ``idleTimeout``; an answer may be delayed for longer.
package struct SimulatorServer: Sendable {
    /// Bytes of one request's body.
    package static let bodyMax = 2 << 20
    package static let connectionsMax = 1_024
    package static let idleTimeout: Duration = .seconds(60)

    /// Where it listens; the real port where 0 was asked for.
    package let host: String
    package let port: Int
    private let channel: any Channel
    private let connections: Connections

    /// Listens, and returns once connections are taken.
    ///
    /// - Parameters:
    ///   - host: A name or an address of this machine; an IPv6 address without brackets.
    ///   - port: 0 for any free one.
    ///   - now: The clock that the simulator is run by.
    /// - Throws: What the system says when the address cannot be had.
    package static func start(
        _ simulator: some Simulator, host: String = "127.0.0.1", port: Int = 0,
        now: @escaping @Sendable () -> Timestamp
    ) async throws -> SimulatorServer {
        let connections = Connections()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 1_024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                guard connections.admit(channel) else { return channel.close() }
                return channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.configureHTTPServerPipeline(withErrorHandling: false)
                    try pipeline.addHandler(
                        IdleStateHandler(allTimeout: TimeAmount(idleTimeout)))
                    try pipeline.addHandler(Conversation(simulator, now: now))
                }
            }
            .bind(host: host, port: port).get()
        return SimulatorServer(
            host: host, port: channel.localAddress?.port ?? port, channel: channel,
            connections: connections)
    }

    /// `127.0.0.1:8081`; an IPv6 address stands in brackets.
    package var address: String {
        (host.contains(":") ? "[\(host)]" : host) + ":\(port)"
    }

    /// `http://` and ``address``.
    package var url: String { "http://" + address }

    /// Stops listening and closes every connection, answers in the middle included.
    package func stop() async throws {
        try await channel.close()
        for open in connections.all { try? await open.close() }
    }
}

/// The open connections, so that they can be counted and closed.
private final class Connections: Sendable {
    private let open = Mutex<[ObjectIdentifier: any Channel]>([:])

    var all: [any Channel] { open.withLock { Array($0.values) } }

    /// Takes a connection in until it closes; `false` when there are too many.
    func admit(_ channel: any Channel) -> Bool {
        let id = ObjectIdentifier(channel)
        let isAdmitted = open.withLock { open in
            guard open.count < SimulatorServer.connectionsMax else { return false }
            open[id] = channel
            return true
        }
        if isAdmitted {
            channel.closeFuture.whenComplete { _ in
                self.open.withLock { _ = $0.removeValue(forKey: id) }
            }
        }
        return isAdmitted
    }
}
