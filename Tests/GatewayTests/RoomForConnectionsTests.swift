import Gateway
import Pipeline
import Signing
import Testing

private let post = "POST /in/s HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"
private let get = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
private let lastGet = "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"

@Suite(.timeLimit(.minutes(1))) struct RoomForConnectionsTests {
    @Test func oneAddressHasSoManyAndOneThatIsExemptMore() async throws {
        for isExempt in [true, false] {
            var fixture = GatewayFixture()
            fixture.limits.connectionsPerAddressMax = 2
            fixture.isExempt = { _ in isExempt }
            try await fixture.run { gateway in
                let first = try await RawClient.connect(to: gateway.port)
                let second = try await RawClient.connect(to: gateway.port)
                for client in [first, second] {
                    try await client.send(get)
                    #expect(try await client.readAnswer().hasPrefix("HTTP/1.1 200 "))
                }
                let third = try await RawClient.connect(to: gateway.port)
                try await third.send(lastGet)
                let answer = try await third.readToEnd()
                #expect(isExempt ? answer.hasPrefix("HTTP/1.1 200 ") : answer.isEmpty)
                guard !isExempt else { return }
                // A place that is given up can be taken.
                try await second.send(lastGet)
                second.endSending()
                _ = try await second.readToEnd()
                #expect(try await askUntilAnswered(gateway.port).hasPrefix("HTTP/1.1 200 "))
            }
        }
    }

    @Test func whoIsAtWorkKeepsThePlaceAndTheNextIsToldToComeAgain() async throws {
        var fixture = GatewayFixture()
        fixture.limits.connectionsMax = 1
        fixture.limits.shedAge = .zero
        let (entered, go) = fixture.holdAnswers()
        try await fixture.run { gateway in
            let busy = try await RawClient.connect(to: gateway.port)
            try await busy.send(post)
            await entered.wait()
            let next = try await RawClient.connect(to: gateway.port)
            let answer = try await next.readToEnd()
            #expect(answer.hasPrefix("HTTP/1.1 503 "))
            #expect(answer.contains("\r\nRetry-After: 1\r\n"))
            go.signal()
            #expect(try await busy.readAnswer().hasSuffix("done"))
        }
    }

    /// Everything that says nothing has to make room, however far it came.
    @Test(arguments: [
        "", "GET /healthz HTTP/1.1\r\nHo", get,
        "POST /in/s HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{",
    ])
    func whoSaysNothingMakesRoom(_ beginning: String) async throws {
        var fixture = GatewayFixture()
        fixture.limits.connectionsMax = 1
        // Long enough for a short wait below, short beside all other limits.
        fixture.limits.shedAge = .milliseconds(20)
        try await fixture.run { gateway in
            let quiet = try await RawClient.connect(to: gateway.port)
            try await quiet.send(beginning)
            if beginning == get { _ = try await quiet.readAnswer() }
            #expect(try await askUntilAnswered(gateway.port).hasPrefix("HTTP/1.1 200 "))
            // Or it was itself too late: several loops let connections in.
            let told = try await quiet.readToEnd()
            #expect(told.isEmpty || told.hasPrefix("HTTP/1.1 503 "))
        }
    }

    @Test func whoIsIdleGoesBeforeWhoIsInTheMiddleOfARequest() async throws {
        var fixture = GatewayFixture()
        fixture.limits.connectionsMax = 2
        fixture.limits.shedAge = .milliseconds(1)
        fixture.limits.paceTime = .seconds(20)
        try await fixture.run { gateway in
            let half = try await RawClient.connect(to: gateway.port)
            try await half.send(
                "POST /in/s HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
                    + "Content-Length: 20000\r\n\r\n")
            #expect(try await half.readAnswer().hasPrefix("HTTP/1.1 100 "))
            try await half.send(String(repeating: "a", count: 19_998))
            let idle = try await RawClient.connect(to: gateway.port)
            try await idle.send(get)
            _ = try await idle.readAnswer()
            #expect(try await askUntilAnswered(gateway.port).hasPrefix("HTTP/1.1 200 "))
            try await half.send("{}")
            #expect(try await half.readAnswer().hasPrefix("HTTP/1.1 200 "))
            #expect(try await idle.readToEnd().isEmpty)
        }
        #expect(fixture.received.all.map(\.request.body.count) == [20_000])
    }

    @Test func whoSendsThousandsTogetherIsAnsweredSoManyAndNoMore() async throws {
        let fixture = GatewayFixture()
        try await fixture.run { gateway in
            let greedy = try await RawClient.connect(to: gateway.port)
            try await greedy.send(String(repeating: post, count: 1_000))
            let answers = try await greedy.readToEnd().split(separator: "HTTP/1.1 200 OK")
            #expect((1...64).contains(answers.count))
            #expect(answers.last?.contains("Connection: close\r\n") == true)
            #expect(fixture.received.all.count == answers.count)
            let modest = try await RawClient.connect(to: gateway.port)
            try await modest.send(String(repeating: post, count: 63) + lastGet)
            #expect(try await modest.readToEnd().split(separator: "HTTP/1.1 200 OK").count == 64)
        }
    }

    @Test(arguments: [true, false])
    func whoIsIdleHasLessTimeWherePlacesAreShort(isCrowded: Bool) async throws {
        var fixture = GatewayFixture()
        fixture.limits.connectionsMax = 6
        fixture.limits.headTime = .seconds(3)
        fixture.limits.idleTime = .seconds(3_600)
        fixture.limits.idleTimeCrowded = .seconds(1)
        try await fixture.run { gateway in
            let idle = try await RawClient.connect(to: gateway.port)
            try await idle.send(get)
            _ = try await idle.readAnswer()
            var silent: [RawClient] = []
            for _ in 0..<(isCrowded ? 3 : 1) {
                silent.append(try await RawClient.connect(to: gateway.port))
            }
            // Who says nothing at all has three seconds: long after the idle one is judged.
            for client in silent { #expect(try await client.readToEnd().isEmpty) }
            try await idle.send(lastGet)
            #expect(try await idle.readToEnd().isEmpty == isCrowded)
        }
    }

    @Test func silenceIsNoTimeWonForTheFirstHead() async throws {
        var fixture = GatewayFixture()
        fixture.limits.headTime = .seconds(2)
        fixture.limits.idleTime = .seconds(2)
        try await fixture.run { gateway in
            let began = ContinuousClock.now
            let slow = try await RawClient.connect(to: gateway.port)
            let other = try await RawClient.connect(to: gateway.port)
            // Ends when the time for a head is over: then the other is late with its first byte.
            _ = try await other.readToEnd()
            try await slow.send("GET /he")
            #expect(try await slow.readToEnd().isEmpty)
            #expect(ContinuousClock.now - began < .seconds(3.9))
        }
    }
}

/// Comes again until there is room.
private func askUntilAnswered(_ port: Int) async throws -> String {
    while true {
        let client = try await RawClient.connect(to: port)
        try await client.send(lastGet)
        let answer = try await client.readToEnd()
        if !answer.isEmpty, !answer.hasPrefix("HTTP/1.1 503 ") { return answer }
    }
}
