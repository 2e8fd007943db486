import Administration
import Domain
import Gateway
import Pipeline
import Signing
import Storage
import StorageMemory
import StrictJSON
import Testing
import Transport
import TransportCurl

extension Event {
    fileprivate static func told(
        _ number: Int, source: String = "coze", name: String = "客服"
    ) -> Event {
        Event(
            id: ID(rawValue: "evt_\(number)"), identity: Identity(source: source, key: "\(number)"),
            type: "bot.published", time: nil, receivedAt: GatewayFixture.now,
            entity: EntityReference(type: "bot", id: "b\(number)", name: name),
            body: Array(#"{"secret":"of the body"}"#.utf8))
    }
}

extension GatewayFixture.Running {
    fileprivate func follow(
        _ query: String = "?since=1h", key: String = GatewayFixture.key, _ fields: String = "",
        method: String = "GET", accept: String = "text/event-stream"
    ) async throws -> RawClient {
        let client = try await RawClient.connect(to: port)
        try await client.send(
            "\(method) /api/v1/stream\(query) HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(key)"
                + "\r\nAccept: \(accept)\r\n\(fields)\r\n")
        return client
    }

    fileprivate func page(_ query: String, key: String = GatewayFixture.key) async throws -> (
        status: Int, json: JSONValue
    ) {
        let transport = try client()
        let answer = try await transport.ask(
            .get, url + "/api/v1/stream" + query, key: key)
        await transport.shutdown()
        return (answer.status, try JSONValue(parsing: answer.body))
    }
}

@Suite(.timeLimit(.minutes(1))) struct StreamTests {
    @Test func whatHappensIsToldAsItHappensAndGoesOnFromTheLastID() async throws {
        let fixture = GatewayFixture()
        _ = try await fixture.store.admit(.told(1))
        try await fixture.run { gateway in
            let stream = try await gateway.follow()
            let first = try await stream.read(until: "evt_1")
            #expect(first.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(first.contains("Content-Type: text/event-stream\r\n"))
            #expect(first.contains("retry: 2000\n\n"))
            _ = try await fixture.store.admit(.told(2))
            let second = try await stream.read(until: "\"evt_2\"")
            #expect(!second.contains("evt_1"))
            let lines = (first + second).split(whereSeparator: { $0.isNewline }).map(String.init)
            #expect(lines.filter { $0 == "event: event.stored" }.count == 2)
            let ids = lines.compactMap { $0.hasPrefix("id: ") ? String($0.dropFirst(4)) : nil }
            let data = try #require(lines.first { $0.hasPrefix("data: ") }).dropFirst(6)
            let told = try JSONValue(parsing: Array(data.utf8))
            #expect(told["mark"] == .string(ids[0]) && told["entity"]?["name"] == "客服")
            #expect(told["source"] == "coze" && told["type"] == "bot.published")
            stream.hangUp()

            // The header counts more than what stood in the address when it began.
            let again = try await gateway.follow("?since=1h", "Last-Event-ID: \(ids[0])\r\n")
            let rest = try await again.read(until: "\"evt_2\"")
            #expect(!rest.contains("evt_1") && !rest.contains("of the body"))
            let now = try await gateway.follow("")
            _ = try await now.read(until: "retry")
            _ = try await fixture.store.admit(.told(3))
            #expect(!(try await now.read(until: "\"evt_3\"")).contains("evt_2"))
        }
    }

    @Test func aSoftStopEndsStreamsAndWaitsForNone() async throws {
        var fixture = GatewayFixture()
        fixture.limits.drainTime = .seconds(50)
        let whole = try await fixture.run { gateway in
            let stream = try await gateway.follow()
            _ = try await stream.read(until: "retry")
            gateway.stop.raise()
            return try await stream.readToEnd()
        }
        #expect(whole.hasSuffix("0\r\n\r\n"))
    }

    @Test func aKeyThatIsRevokedEndsItsStream() async throws {
        let fixture = GatewayFixture()
        var generator = SystemRandomNumberGenerator()
        let text = APIKey.make(using: &generator)
        try await fixture.store.add(
            KeyRecord(
                id: "key_1", name: "r", scopes: ["read"], hash: APIKey.hash(text),
                createdAt: GatewayFixture.now), noting: nil)
        try await fixture.run { gateway in
            let stream = try await gateway.follow(key: text.exposed)
            _ = try await stream.read(until: "retry")
            let transport = try client()
            let gone = try await transport.ask(.delete, gateway.url + "/api/v1/keys/key_1")
            #expect(gone.status == 204)
            await transport.shutdown()
            #expect(try await stream.readToEnd().hasSuffix("0\r\n\r\n"))
        }
    }

    @Test func soManyFollowAtATimeAndWhoGoesMakesRoom() async throws {
        var fixture = GatewayFixture()
        fixture.limits.streamsMax = 2
        fixture.callLimits.ofKey = .init(perSecond: 1, burst: 1_000_000)
        try await fixture.run { gateway in
            let streams = [try await gateway.follow(), try await gateway.follow()]
            for stream in streams { _ = try await stream.read(until: "retry") }
            let refused = try await gateway.follow().readToEnd()
            #expect(refused.hasPrefix("HTTP/1.1 429 "))
            #expect(refused.contains("too_many_streams"))
            // A page costs no place, and neither does an answer without its body.
            #expect(try await gateway.page("").status == 200)
            streams[0].endSending()
            // Until the gateway has noticed; each try ends by itself.
            while true {
                let next = try await gateway.follow()
                let said = try await next.read(until: "\r\n")
                if said.hasPrefix("HTTP/1.1 200 ") { break }
            }
        }
    }

    /// Six megabytes are more than the system takes for it.
    @Test func whoTakesNothingIsReadForNoFurtherAndClosed() async throws {
        var fixture = GatewayFixture()
        fixture.limits.streamsMax = 1
        fixture.limits.paceTime = .milliseconds(500)
        fixture.callLimits.ofKey = .init(perSecond: 1, burst: 1_000_000)
        let name = String(repeating: "n", count: 1_000)
        for number in 0..<6_000 {
            _ = try await fixture.store.admit(.told(number, name: name))
        }
        try await fixture.run { gateway in
            let deaf = try await RawClient.connect(to: gateway.port, receiveBuffer: 4_096)
            try await deaf.send(
                "GET /api/v1/stream?since=1h HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
                    + "\(GatewayFixture.key)\r\nAccept: text/event-stream\r\n\r\n")
            #expect(try await deaf.read(until: "\r\n").hasPrefix("HTTP/1.1 200 "))
            while true {
                let next = try await gateway.follow("")
                if try await next.read(until: "\r\n").hasPrefix("HTTP/1.1 200 ") { break }
            }
            let taken = try await deaf.readToEnd()
            #expect(!taken.contains("\"evt_5999\""))
        }
    }

    @Test func aHeadHasNoStreamBehindIt() async throws {
        var fixture = GatewayFixture()
        fixture.limits.streamsMax = 1
        try await fixture.run { gateway in
            for _ in 0..<3 {
                let head = try await gateway.follow(method: "HEAD").readToEnd()
                #expect(head.hasPrefix("HTTP/1.1 200 OK\r\n"))
                #expect(head.contains("text/event-stream") && head.hasSuffix("\r\n\r\n"))
                #expect(!head.contains("retry"))
            }
        }
    }

    @Test func aPageTellsTheSameAndOnlyWhatIsAskedFor() async throws {
        let fixture = GatewayFixture()
        for number in 1...3 {
            _ = try await fixture.store.admit(.told(number, source: number == 2 ? "b" : "coze"))
        }
        try await fixture.store.note(
            AuditNote(.rulePut, of: "r", by: .system, at: GatewayFixture.now))
        var generator = SystemRandomNumberGenerator()
        let text = APIKey.make(using: &generator)
        try await fixture.store.add(
            KeyRecord(
                id: "key_1", name: "r", scopes: ["read"], hash: APIKey.hash(text),
                createdAt: GatewayFixture.now), noting: nil)
        try await fixture.run { gateway in
            func kinds(_ query: String, key: String = GatewayFixture.key) async throws -> [String] {
                let page = try await gateway.page(query, key: key)
                #expect(page.status == 200)
                return page.json["happenings"]?.array?.compactMap { $0["kind"]?.string } ?? []
            }
            #expect(try await kinds("") == [])
            let stored = Array(repeating: "event.stored", count: 3)
            #expect(try await kinds("?since=1h") == stored + ["audit.rule.put"])
            #expect(try await kinds("?since=1h", key: text.exposed) == stored)
            #expect(try await kinds("?since=1h&kind=audit") == ["audit.rule.put"])
            #expect(
                try await kinds("?since=1h&kind=task,event.stored&source=b") == ["event.stored"])
            #expect(try await kinds("?since=1h&entity=b3") == ["event.stored"])
            #expect(try await kinds("?since=1h&endpoint=a") == [])
            #expect(try await kinds("?since=1h&rule=r") == [])
            let first = try await gateway.page("?since=1h&limit=2")
            #expect(first.json["more"] == true)
            let next = try #require(first.json["next"]?.string)
            #expect(try await kinds("?after=\(next)") == ["event.stored", "audit.rule.put"])
        }
    }

    @Test(arguments: [
        (";", false), (",;", false), ("", false), (",", false), (";q=1", false), ("*/*", false),
        ("text/event-stream", true), ("a/b;q=1 , Text/Event-Stream ;q=0.5", true),
    ])
    func aStreamIsForWhoNamesIt(_ accept: String, _ isStream: Bool) async throws {
        try await GatewayFixture().run { gateway in
            let head = try await gateway.follow(accept: accept).read(until: "\r\n\r\n")
            #expect(head.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(head.contains("text/event-stream") == isStream)
        }
    }

    @Test func aLastIDThatIsNoMarkIsRefused() async throws {
        try await GatewayFixture().run { gateway in
            for fields in ["Last-Event-ID: x\r\n", "Last-Event-ID: 2.0.0\r\n"] {
                let said = try await gateway.follow("", fields).read(until: "}")
                #expect(said.hasPrefix("HTTP/1.1 422 ") && said.contains("remedy"))
            }
        }
    }

    @Test(arguments: [
        ("after=x", 400), ("after=", 400), ("after=1.5.0", 422), ("after=2.0.0", 422),
        ("kind=nothing", 400), ("kind=task,", 400), ("kind=tas", 400), ("limit=0", 400),
        ("since=x", 400), ("source=", 400), ("a=b", 400),
    ])
    func whatMeansNothingIsRefusedWithARemedy(_ query: String, _ status: Int) async throws {
        try await GatewayFixture().run { gateway in
            let page = try await gateway.page("?" + query)
            #expect(page.status == status)
            #expect(page.json["remedy"]?.string?.isEmpty == false)
            let stream = try await gateway.follow("?" + query).read(until: "\r\n")
            #expect(stream.hasPrefix("HTTP/1.1 \(status) ") || query == "limit=0")
        }
    }
}
