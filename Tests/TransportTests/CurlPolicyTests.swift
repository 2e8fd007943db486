import Testing
import Transport
import TransportCurl

@Suite struct CurlPolicyTests {
    /// What resolvers make 127.0.0.1, ::1 or 0.0.0.0 of, which on this machine is loopback too.
    @Test(arguments: [
        "127.0.0.1", "2130706433", "0x7f000001", "0x7F.1", "0x7f.0x0.0x0.0x1", "017700000001",
        "0177.0.0.1", "0177.0.0.01", "127.1", "127.0.1", "127.0.0.01", "127.0.0.2",
        "127.255.255.254",
        "0", "0.0.0.0", "0x0", "[::1]", "[0:0:0:0:0:0:0:1]", "[::]", "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:127.0.0.1]", "[::127.0.0.1]", "[64:ff9b::127.0.0.1]",
        "[2002:7f00:1::]", "localhost", "LOCALHOST", "LocalHost", "any.localhost",
    ])
    func loopbackIsRefusedHoweverItIsSpelled(host: String) async throws {
        let canary = try await LoopbackServer()
        let port = UInt16(canary.port)
        // The rule for somebody else lets http and the port pass until the address is known; the
        // first policy has https and the port in its settings instead.
        let policies = [
            (EgressPolicy(ports: [port]), "https"),
            (EgressPolicy(allow: [try AllowRule(parsing: "10.9.8.7:\(port)")]), "http"),
        ]
        for (policy, scheme) in policies {
            let transport = try CurlTransport(policy: policy, userAgent: "Copyhook/0.0")
            for isFresh in [false, true] {
                let failure = try await transport.failure(
                    HTTPRequest(
                        .get, "\(scheme)://\(host):\(port)/ok", isOnFreshConnection: isFresh))

                #expect(failure.code == .refused, "\(failure.detail)")
                #expect(!failure.isSent)
                #expect(failure.detail.contains("egress.allow"), "\(failure.detail)")
            }
            await transport.shutdown()
        }
        #expect(canary.counts == LoopbackServer.Counts())
        try await canary.stop()
    }

    @Test(arguments: ["127.0.0.1", "2130706433", "0x7f000001", "127.1", "localhost"])
    func theSameSpellingsPassOnceARuleNamesTheAddress(host: String) async throws {
        let server = try await LoopbackServer()
        let transport = try transport(allow: "127.0.0.1:\(server.port)")

        let answer = try await transport.send(
            HTTPRequest(.get, "http://\(host):\(server.port)/ok"))

        #expect(answer.status == 200)
        await transport.shutdown()
        try await server.stop()
    }

    @Test func aRuleForAnotherPortLiftsNothing() async throws {
        let canary = try await LoopbackServer()
        let transport = try transport(allow: "127.0.0.1:\(canary.port ^ 1)")

        for host in ["127.0.0.1", "127.1", "localhost"] {
            let failure = try await transport.failure(
                HTTPRequest(.get, "http://\(host):\(canary.port)/ok"))
            #expect(failure.code == .refused, "\(failure.detail)")
        }
        #expect(canary.counts == LoopbackServer.Counts())
        await transport.shutdown()
        try await canary.stop()
    }

    /// No socket is opened for a pooled connection, so this is the other callback's work.
    @Test(arguments: ["127.1", "localhost", "2130706433"])
    func aConnectionInThePoolIsHeldToThePolicyOfNow(host: String) async throws {
        let server = try await LoopbackServer()
        let transport = try transport()
        let request = HTTPRequest(.post, "http://\(host):\(server.port)/ok", body: [1])
        _ = try await transport.send(request)

        // Any rule for the port makes the URL pass, so that it is the address that is refused.
        transport.replacePolicy(
            EgressPolicy(allow: [try AllowRule(parsing: "10.9.8.7:\(server.port)")]))
        let failure = try await transport.failure(request)

        #expect(failure.code == .refused, "\(failure.detail)")
        #expect(!failure.isSent)
        #expect(server.counts.requests == 1)
        #expect(server.counts.connections == 1)

        transport.replacePolicy(EgressPolicy(allow: [try AllowRule(parsing: "127.0.0.1")]))
        #expect(try await transport.send(request).status == 200)
        await transport.shutdown()
        try await server.stop()
    }

    @Test func ourOwnListenerIsRefusedAlthoughItIsAllowed() async throws {
        let own = try await LoopbackServer()
        let any = IPAddress(.v4, 0)
        let loopback = IPAddress(.v4, 0x7F00_0001)

        for listener in [any, loopback] {
            let policy = EgressPolicy(
                allow: [try AllowRule(parsing: "0.0.0.0/0")],
                ownListeners: [EgressPolicy.Listener(listener, port: UInt16(own.port))])
            let transport = try CurlTransport(policy: policy, userAgent: "Copyhook/0.0")
            for host in ["127.0.0.1", "127.1", "0.0.0.0", "localhost"] {
                let failure = try await transport.failure(
                    HTTPRequest(.get, "http://\(host):\(own.port)/ok"))
                #expect(failure.code == .refused, "\(failure.detail)")
            }
            await transport.shutdown()
        }
        #expect(own.counts.requests == 0)
        try await own.stop()
    }

    @Test(arguments: [
        "ftp://127.0.0.1/", "file:///etc/hostname", "dict://127.0.0.1:11211/stat", "127.0.0.1",
        "http://user:s3cret@127.0.0.1/", "http://127.0.0.1/\r\nX: 1", "http://127.0.0.1:0/",
    ])
    func otherSchemesAndOddURLsAreRefused(url: String) async throws {
        let transport = try transport(allow: "0.0.0.0/0")

        let failure = try await transport.failure(HTTPRequest(.get, url))

        #expect(failure.code == .refused)
        #expect(!failure.isSent)
        #expect(!failure.detail.contains("s3cret"))
        await transport.shutdown()
    }
}
