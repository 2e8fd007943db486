import Domain
import Glibc
import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import Synchronization
import Transport

/// Where the gateway listens.
package struct BoundAddress: Hashable, Sendable {
    /// As the socket says it: an address, never a name.
    package let host: String
    /// The port, also where 0 asked for any.
    package let port: Int
}

/// What kept the gateway from running.
package struct GatewayError: Error, Hashable, CustomStringConvertible {
    package enum Code: String, Hashable, Sendable {
        /// The address cannot be listened on: taken, not ours, or not allowed.
        case cannotListen
        /// The server ended though nobody asked it to.
        case ended
    }

    package let code: Code
    package let detail: String
    package var description: String { detail }
}

extension HTTPGateway {
    /// Listens until `stop` returns and for ``ConnectionLimits/farewellTime`` more, then lets the
    /// requests in hand finish.
    ///
    /// Returns once the last connection is closed; what is not answered
    /// ``ConnectionLimits/drainTime`` later is cut off. Being cancelled does the same
    /// without waiting for anything.
    ///
    /// - Parameters:
    ///   - host: An address or a name of this machine.
    ///   - port: 0 for any that is free.
    ///   - stop: Returns when the gateway is to stop, or when its task is cancelled.
    ///   - onListening: Called once, when connections are taken.
    package func run(
        host: String, port: Int, until stop: @escaping @Sendable () async -> Void,
        onListening: @escaping @Sendable (BoundAddress) async -> Void = { _ in }
    ) async throws(GatewayError) {
        let descriptors = DescriptorLimit.raise(
            to: limits.connectionsMax + limits.descriptorsReserved)
        let limits = limits.fitting(descriptors: descriptors)
        if limits.connectionsMax < self.limits.connectionsMax {
            log.warning(
                "gateway.connections_limited",
                metadata: [
                    "connections": "\(limits.connectionsMax)", "descriptors": "\(descriptors)",
                ])
        }
        let census = ConnectionCensus(limits: limits, isExempt: isExempt)
        let stopping = Stopping()
        let channel = GuardedChannel(
            responder: { request, writer, connection in
                let (head, body) = try await response(to: request, over: connection, stopping)
                try await writer.write(response: head, body: body)
            }, limits: limits, census: census)
        let server = Server(
            childChannelSetup: channel,
            configuration: ServerConfiguration(
                address: .hostname(host, port: port), backlog: limits.connectionsMax),
            onServerRunning: { listener in
                let address = listener.localAddress
                await onListening(
                    BoundAddress(host: address?.ipAddress ?? host, port: address?.port ?? port))
            }, eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: log)
        do {
            try await keep(server, running: census, until: stop, stopping)
        } catch let error as GatewayError {
            throw error
        } catch {
            throw GatewayError(
                code: .cannotListen,
                detail: "cannot listen on \(host), port \(port): \(Self.reason(error))")
        }
    }

    /// The system's own words where it has some.
    private static func reason(_ error: any Error) -> String {
        guard let error = error as? IOError else { return "\(error)" }
        return String(cString: strerror(error.errnoCode))
    }

    private enum Ending {
        case served, asked, quiet
    }

    private func keep(
        _ server: Server<GuardedChannel>, running census: ConnectionCensus,
        until stop: @escaping @Sendable () async -> Void, _ stopping: Stopping
    ) async throws {
        try await withThrowingTaskGroup(of: Ending.self) { group in
            defer { group.cancelAll() }
            group.addTask {
                try await server.run()
                return .served
            }
            group.addTask {
                await stop()
                return .asked
            }
            if case .served = try await group.next() {
                if Task.isCancelled { return }
                throw GatewayError(code: .ended, detail: "the server ended by itself")
            }
            stopping.begin()
            streamRoom.close()
            if limits.farewellTime > .zero { try? await time.sleep(limits.farewellTime) }
            group.addTask {
                try? await server.shutdownGracefully()
                return .quiet
            }
            group.addTask {
                try? await time.sleep(limits.drainTime)
                return .asked
            }
            while let ending = try await group.next() {
                switch ending {
                case .served: return
                case .quiet: break
                case .asked:
                    census.closeAll()
                    group.cancelAll()
                }
            }
        }
    }

    private func response(
        to request: Request, over connection: any Channel, _ stopping: Stopping
    ) async throws -> (HTTPResponse, ResponseBody) {
        // The guard has checked the size, and nothing but whole requests gets here.
        let body = try await request.body.collect(upTo: limits.bodyBytesMax)
        let answer = await answer(
            request.head, body: Array(body.readableBytesView),
            from: PeerAddress(connection.remoteAddress), isStopping: stopping.hasBegun)
        var fields = HTTPFields()
        for (name, value) in answer.headers {
            guard let name = HTTPField.Name(name) else { continue }
            fields.append(HTTPField(name: name, value: value))
        }
        fields[.date] = time.now().httpDate
        if answer.status != 204, answer.stream == nil {
            fields[.contentLength] = "\(answer.body.count)"
        }
        let head = HTTPResponse(
            status: HTTPResponse.Status(code: answer.status), headerFields: fields)
        if let stream = answer.stream, request.method != .head {
            return (head, Self.body(stream, over: connection))
        }
        let isSent = request.method != .head && !answer.body.isEmpty
        return (
            head, isSent ? ResponseBody(byteBuffer: ByteBuffer(bytes: answer.body)) : .init()
        )
    }
}

extension HTTPGateway {
    /// Each piece waits until the client has room for it.
    private static func body(
        _ stream: EventStream, over connection: any Channel
    ) -> ResponseBody {
        var stream = stream
        stream.isConnected = { connection.isActive }
        return ResponseBody { [stream] writer in
            for await text in stream { try await writer.write(ByteBuffer(string: text)) }
            try await writer.finish(nil)
        }
    }
}

/// Whether we have been asked to stop.
final class Stopping: Sendable {
    private let flag = Mutex(false)

    var hasBegun: Bool { flag.withLock { $0 } }

    func begin() { flag.withLock { $0 = true } }
}
