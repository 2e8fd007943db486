import Synchronization
import Testing
import Transport
import TransportCurl

/// No target of the table is ever called: not by literal, not by name, not by redirect, not over a
/// connection that is already there.
///
/// The sink is 127.0.0.2 and the one address that `egress.allow` names. The canaries listen beside
/// it on the same port, so that scheme and port let everything pass and only the address is left
/// to tell them apart, and on another port.
@Suite struct OutgoingTargetTests {
    @Test func theTableIsLongEnough() {
        #expect(OutgoingTarget.all.count >= 150)
        #expect(OutgoingTarget.all.count { $0.address != nil } >= 150)
        print("\(OutgoingTarget.all.count) targets")
    }

    @Test func noTargetIsReachedByLiteral() async throws {
        let yard = try await Yard()
        let transport = try yard.transport()

        for target in OutgoingTarget.all {
            for isFresh in [true, false] {
                let failure = try await transport.failure(
                    HTTPRequest(
                        .post, target.url(port: yard.port), body: [1],
                        isOnFreshConnection: isFresh))
                #expect(failure.code == .refused, "\(target): \(failure)")
                #expect(!failure.isSent, "\(target)")
            }
            let refusal = #expect(throws: EgressRefusal.self, "\(target)") {
                try yard.policy.check(url: target.url(port: yard.port))
            }
            #expect(refusal?.code == target.code, "\(target): \(String(describing: refusal))")
            if target.code == .address {
                #expect(refusal?.remedy.hasSuffix("to egress.allow") == true, "\(target)")
            }
        }
        #expect(yard.sink.counts.connections == 0)
        try await yard.end(transport)
    }

    /// Only the address shows it, and only when a socket is to be opened.
    @Test func noTargetIsReachedByName() async throws {
        let yard = try await Yard()
        let transport = try yard.transport()

        for (number, target) in OutgoingTarget.all.enumerated() {
            guard let address = target.address.flatMap({ IPAddress(parsing: $0) }) else { continue }
            yard.names.set("row\(number).test", [address])
            for isFresh in [true, false] {
                let failure = try await transport.failure(
                    HTTPRequest(
                        .post, yard.url(number), body: [1], isOnFreshConnection: isFresh))
                #expect(failure.code == .refused, "\(target): \(failure)")
                #expect(!failure.isSent)
                #expect(
                    failure.detail.hasPrefix("\(address) is not a public address (")
                        && failure.detail.hasSuffix(":\(yard.port) to egress.allow"),
                    "\(failure.detail)")
            }
        }
        #expect(yard.sink.counts.connections == 0)
        try await yard.end(transport)
    }

    @Test(arguments: [301, 302, 303, 307, 308])
    func noTargetIsReachedByRedirect(status: Int) async throws {
        let yard = try await Yard()
        let transport = try yard.transport()

        for target in OutgoingTarget.all {
            let location = target.url(port: yard.port)
            let digits = location.utf8.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
            let result = await transport.outcome(
                HTTPRequest(
                    .post, "http://127.0.0.2:\(yard.port)/redirect/\(status)?\(digits.joined())",
                    body: [1]))
            // A location with control characters may make the answer unreadable; it is never
            // followed in any case.
            if case .success(let answer) = result { #expect(answer.status == status) }
        }
        #expect(yard.sink.counts.requests == OutgoingTarget.all.count)
        try await yard.end(transport)
    }

    /// The name led to the sink when the connection was made, and leads to the target since.
    @Test func noTargetIsReachedByAReusedConnection() async throws {
        let yard = try await Yard()
        var limits = CurlTransport.Limits()
        limits.idleConnectionsMax = 1_024
        let transport = try yard.transport(limits: limits)
        let rows = OutgoingTarget.all.enumerated().compactMap { number, target in
            target.address.flatMap { IPAddress(parsing: $0) }.map { (number, target, $0) }
        }
        for (number, _, _) in rows {
            yard.names.set("row\(number).test", [yard.sinkAddress])
            _ = try await transport.send(HTTPRequest(.get, yard.url(number)))
        }
        #expect(yard.sink.counts.connections == rows.count)

        for (number, target, address) in rows {
            yard.names.set("row\(number).test", [address])
            // Where the name led when it was asked: to the sink, by the connection of then.
            let answer = try await transport.send(HTTPRequest(.get, yard.url(number)))
            #expect(answer.headers.first("x-served") == "2", "\(target)")
            let failure = try await transport.failure(
                HTTPRequest(.get, yard.url(number), isOnFreshConnection: true))
            #expect(failure.code == .refused, "\(target): \(failure)")
        }
        #expect(yard.sink.counts.requests == 2 * rows.count)
        #expect(yard.sink.counts.connections == rows.count)

        // The sink is forbidden too from now on: what is left of its connections is of no use.
        transport.replacePolicy(
            EgressPolicy(allow: [try AllowRule(parsing: "10.9.8.7:\(yard.port)")]))
        await yard.sink.until { $0.open == 0 }
        for (number, target, address) in rows {
            yard.names.set("row\(number).test", [yard.sinkAddress, address])
            let failure = try await transport.failure(HTTPRequest(.get, yard.url(number)))
            #expect(failure.code == .refused, "\(target): \(failure)")
        }
        #expect(yard.sink.counts.requests == 2 * rows.count)
        try await yard.end(transport)
    }

    @Test(arguments: SpecialBlock.all.flatMap { [$0.below, $0.above].compactMap(\.self) })
    func theNeighboursOfEveryBlockArePublic(address: String) throws {
        let parsed = try #require(IPAddress(parsing: address))

        let ground = try EgressPolicy().check(parsed, port: 443, scheme: .https)

        #expect(ground == .publicAddress)
    }

    @Test(arguments: SpecialBlock.all.flatMap { [$0.first, $0.last] })
    func theRefusalNamesTheBlock(address: String) throws {
        let parsed = try #require(IPAddress(parsing: address))

        let refusal = try #require(
            #expect(throws: EgressRefusal.self) {
                try EgressPolicy().check(parsed, port: 443, scheme: .https)
            })

        #expect(refusal.reason.hasPrefix("\(parsed) is not a public address ("))
        #expect(refusal.reason.contains("/") || refusal.reason.contains("5efe"))
    }
}

/// A sink that may be called, canaries that may not, and names that lead where a test says.
final class Yard: Sendable {
    let sink: LoopbackServer
    let canaries: [LoopbackServer]
    let names = Names()
    let sinkAddress = IPAddress(.v4, 0x7F00_0002)
    let policy: EgressPolicy

    struct NoPort: Error {}

    /// A machine may have no IPv6; the tests say so and do without those canaries.
    private static func loopbacks() async throws -> [String] {
        do {
            try await LoopbackServer(host: "::1").stop()
            return ["127.0.0.1", "::1"]
        } catch {
            print("no IPv6 on this machine: no canaries there")
            return ["127.0.0.1"]
        }
    }

    /// The port of the sink and of two of the canaries.
    var port: Int { sink.port }

    init() async throws {
        let loopbacks = try await Self.loopbacks()
        var found: (LoopbackServer, [LoopbackServer])?
        // Somebody else may have the same port on another address.
        for _ in 0..<20 where found == nil {
            let sink = try await LoopbackServer(host: "127.0.0.2")
            var canaries: [LoopbackServer] = []
            do {
                for host in loopbacks {
                    canaries.append(try await LoopbackServer(host: host, port: sink.port))
                    canaries.append(try await LoopbackServer(host: host))
                }
                found = (sink, canaries)
            } catch {
                for server in canaries + [sink] { try await server.stop() }
            }
        }
        guard let found else { throw NoPort() }
        (sink, canaries) = found
        policy = EgressPolicy(
            allow: [try AllowRule(parsing: "127.0.0.2:\(found.0.port)")],
            ports: EgressPolicy.portsByDefault + [UInt16(found.0.port)])
    }

    func transport(
        limits: CurlTransport.Limits = CurlTransport.Limits()
    ) throws -> CurlTransport {
        try CurlTransport(
            policy: policy, userAgent: "Copyhook/0.0", limits: limits,
            addresses: { [names] in names.addresses(of: $0) })
    }

    func url(_ number: Int) -> String { "http://row\(number).test:\(port)/ok" }

    /// Nobody may have called a canary.
    func end(_ transport: CurlTransport) async throws {
        await transport.shutdown()
        for canary in canaries {
            #expect(canary.counts == LoopbackServer.Counts())
            try await canary.stop()
        }
        try await sink.stop()
    }
}

/// What names lead to, until told otherwise.
final class Names: Sendable {
    private let table = Mutex<[String: [IPAddress]]>([:])

    func set(_ name: String, _ addresses: [IPAddress]) {
        table.withLock { $0[name] = addresses }
    }

    func addresses(of name: String) -> [IPAddress]? { table.withLock { $0[name] } }
}

extension CurlTransport {
    func outcome(_ request: HTTPRequest) async -> Result<HTTPAnswer, TransportFailure> {
        do throws(TransportFailure) {
            return .success(try await send(request))
        } catch {
            return .failure(error)
        }
    }
}
