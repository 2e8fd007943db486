import Gateway
import Glibc
import Intake
import Pipeline
import Signing
import Testing

private let post = "POST /in/s HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"
private let get = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"

/// Limits short enough to wait for, and long enough for a busy machine to get a word in.
private func quick() -> ConnectionLimits {
    var limits = ConnectionLimits()
    limits.headTime = .seconds(2)
    limits.idleTime = .seconds(2)
    limits.paceTime = .seconds(2)
    limits.lingerTime = .milliseconds(200)
    return limits
}

@Suite(.timeLimit(.minutes(1))) struct ConnectionLifeTests {
    @Test func requestsSentTogetherAreAnsweredInOrder() async throws {
        try await GatewayFixture().run { gateway in
            let client = try await RawClient.connect(to: gateway.port)
            let close = "GET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
            try await client.send(get + post + get + close + get)
            let answer = try await client.readToEnd()
            let statuses = answer.split(separator: "HTTP/1.1 ").map { $0.prefix(3) }
            #expect(statuses == ["200", "200", "200", "404"])
        }
    }

    @Test func theLastRequestOfAConnectionIsToldSo() async throws {
        var fixture = GatewayFixture()
        fixture.limits.requestsPerConnectionMax = 3
        try await fixture.run { gateway in
            let client = try await RawClient.connect(to: gateway.port)
            for _ in 0..<2 {
                try await client.send(post)
                #expect(!(try await client.readAnswer().contains("close")))
            }
            try await client.send(post + post)
            let last = try await client.readToEnd()
            #expect(last.contains("Connection: close\r\n"))
            #expect(last.components("HTTP/1.1 ") == 1)
        }
        #expect(fixture.received.all.count == 3)
    }

    @Test func anOldClientIsAnsweredOnce() async throws {
        try await GatewayFixture().run { gateway in
            let client = try await RawClient.connect(to: gateway.port)
            try await client.send("GET /healthz HTTP/1.0\r\n\r\n")
            #expect(try await client.readToEnd().contains("200 OK"))
        }
    }

    @Test func aBodyIsAskedForWhenTheSenderWaits() async throws {
        let fixture = GatewayFixture()
        try await fixture.run { gateway in
            let client = try await RawClient.connect(to: gateway.port)
            try await client.send(
                "POST /in/s HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
                    + "Content-Length: 2\r\n\r\n"
            )
            #expect(try await client.readAnswer().hasPrefix("HTTP/1.1 100 "))
            try await client.send("{}")
            #expect(try await client.readAnswer().hasPrefix("HTTP/1.1 200 "))
        }
        #expect(fixture.received.all.count == 1)
    }

    @Test(arguments: [
        "", "GET /healthz HTTP/1.1\r\n", get,
        "POST /in/s HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{",
        "POST /in/s HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n",
    ])
    func whoKeepsUsWaitingIsDisconnected(_ beginning: String) async throws {
        var fixture = GatewayFixture()
        fixture.limits = quick()
        try await fixture.run { gateway in
            let client = try await RawClient.connect(to: gateway.port)
            try await client.send(beginning)
            let answer = try await client.readToEnd()
            #expect(answer.isEmpty == (beginning != get))
        }
        #expect(fixture.received.all.isEmpty)
    }

    @Test func aBodyThatComesBitByBitIsTooSlowAndASteadyOneIsNot() async throws {
        var fixture = GatewayFixture()
        fixture.limits = quick()
        fixture.limits.paceBytes = 100_000
        try await fixture.run { gateway in
            let head = "POST /in/s HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n"
            let slow = try await RawClient.connect(to: gateway.port)
            try await slow.send(head + "{")
            let steady = try await RawClient.connect(to: gateway.port)
            try await steady.send(head)
            // Far more than 100 000 bytes a second, ended when the slow one has been judged.
            try await steady.send(String(repeating: "a", count: 900_000))
            #expect(try await slow.readToEnd().isEmpty)
            try await steady.send(String(repeating: "a", count: 100_000))
            #expect(try await steady.readAnswer().hasPrefix("HTTP/1.1 200 "))
        }
        #expect(fixture.received.all.count == 1)
    }

    @Test func whoDoesNotTakeTheAnswerIsDisconnected() async throws {
        var fixture = GatewayFixture()
        fixture.limits = quick()
        fixture.limits.connectionsMax = 1
        fixture.limits.shedAge = .seconds(3_600)
        let size = 32 << 20
        fixture.answer = { _ in
            IntakeAnswer(status: 200, headers: [], body: [UInt8](repeating: 0x61, count: size))
        }
        try await fixture.run { gateway in
            let lazy = try await RawClient.connect(to: gateway.port, receiveBuffer: 4_096)
            try await lazy.send(post)
            // Its place is free as soon as it is disconnected. This one takes its answer.
            var taken = 0
            while taken == 0 {
                let other = try await RawClient.connect(to: gateway.port)
                try await other.send(
                    "POST /in/s HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"
                        + "Connection: close\r\n\r\n{}")
                let answer = try await other.readToEnd()
                if !answer.hasPrefix("HTTP/1.1 503 ") { taken = answer.utf8.count }
            }
            #expect(taken > size)
            #expect(try await lazy.readToEnd().utf8.count < size)
        }
    }

    @Test func anOfferToSpeakSomethingElseIsAnsweredAndEndsTheConnection() async throws {
        let fixture = GatewayFixture()
        try await fixture.run { gateway in
            for offer in ["h2c", "websocket"] {
                let client = try await RawClient.connect(to: gateway.port)
                try await client.send(
                    "POST /in/s HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: \(offer)"
                        + "\r\nContent-Length: 2\r\n\r\n{}" + post)
                let answer = try await client.readToEnd()
                #expect(answer.hasPrefix("HTTP/1.1 200 "))
                #expect(answer.contains("Connection: close\r\n"))
                #expect(answer.components("HTTP/1.1 ") == 1)
            }
        }
        #expect(fixture.received.all.map(\.request.body) == [Array("{}".utf8), Array("{}".utf8)])
    }
}

@Suite(.timeLimit(.minutes(1))) struct StoppingTests {
    @Test func aRequestInHandIsFinishedAndNoneIsTakenAfter() async throws {
        var fixture = GatewayFixture()
        let (entered, go) = fixture.holdAnswers()
        try await fixture.run { gateway in
            let client = try await RawClient.connect(to: gateway.port)
            let idle = try await RawClient.connect(to: gateway.port)
            try await idle.send(get)
            _ = try await idle.readAnswer()
            try await client.send(post)
            await entered.wait()
            gateway.stop.raise()
            #expect(try await idle.readToEnd().isEmpty)
            let late = try? await RawClient.connect(to: gateway.port)
            #expect(late == nil)
            go.signal()
            #expect(try await client.readToEnd().hasSuffix("done"))
        }
    }

    @Test func aRequestThatIsHalfHereIsLetIn() async throws {
        let fixture = GatewayFixture()
        try await fixture.run { gateway in
            let idle = try await RawClient.connect(to: gateway.port)
            let client = try await RawClient.connect(to: gateway.port)
            try await client.send(
                "POST /in/s HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
                    + "Content-Length: 2\r\n\r\n{"
            )
            #expect(try await client.readAnswer().hasPrefix("HTTP/1.1 100 "))
            gateway.stop.raise()
            #expect(try await idle.readToEnd().isEmpty)
            try await client.send("}")
            #expect(try await client.readToEnd().hasPrefix("HTTP/1.1 200 "))
        }
        #expect(fixture.received.all.count == 1)
    }

    @Test func forAMomentAfterTheStopItTakesRequestsAndIsNotReady() async throws {
        var fixture = GatewayFixture()
        fixture.limits.farewellTime = .milliseconds(1_717)
        let over = Nudge()
        fixture.sleep = { [limits = fixture.limits] duration in
            if duration == limits.farewellTime { return await over.wait() }
            try await Task.sleep(for: duration)
        }
        try await fixture.run { gateway in
            func ask(_ request: String) async throws -> String {
                let client = try await RawClient.connect(to: gateway.port)
                try await client.send(request)
                return try await client.readAnswer()
            }
            let isReady = "GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n"
            #expect(try await ask(isReady).hasPrefix("HTTP/1.1 200 "))
            gateway.stop.raise()
            // Heard in a task of its own, but soon.
            var answer = ""
            for _ in 0..<1_000 where !answer.hasPrefix("HTTP/1.1 503 ") {
                answer = try await ask(isReady)
            }
            #expect(answer.hasPrefix("HTTP/1.1 503 "))
            #expect(try await ask(post).hasPrefix("HTTP/1.1 200 "))
            over.signal()
        }
        #expect(fixture.received.all.count == 1)
    }

    @Test func whatIsNotDoneInTimeIsCutOff() async throws {
        var fixture = GatewayFixture()
        let drained = Nudge()
        fixture.sleep = { _ in await drained.wait() }
        let (entered, _) = fixture.holdAnswers()
        try await fixture.run { gateway in
            let client = try await RawClient.connect(to: gateway.port)
            try await client.send(post)
            await entered.wait()
            gateway.stop.raise()
            drained.signal()
            #expect(try await client.readToEnd().isEmpty)
        }
    }

    @Test func anAddressThatIsTakenIsRefusedWithItsName() async throws {
        try await GatewayFixture().run { gateway in
            let other = try await GatewayFixture().gateway()
            do throws(GatewayError) {
                try await other.run(host: "127.0.0.1", port: gateway.port, until: {})
                Issue.record("listened twice")
            } catch {
                #expect(error.code == .cannotListen)
                #expect(error.detail.contains("127.0.0.1, port \(gateway.port)"))
            }
        }
    }
}

extension String {
    /// How often `part` occurs.
    fileprivate func components(_ part: String) -> Int {
        split(separator: part, omittingEmptySubsequences: false).count - 1
    }
}
