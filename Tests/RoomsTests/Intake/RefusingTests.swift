import Domain
import Intake
import Logging
import Pipeline
import Signing
import Storage
import StorageMemory
import Testing

private let accepted = ScriptedScheme(.event(VerifiedEvent(key: "k", type: "t")))

private func request(_ headers: [(String, String)] = [], bytes: Int = 2) -> IncomingRequest {
    IncomingRequest(
        headers: HeaderFields(headers.map { (name: $0.0, value: $0.1) }),
        body: Array(repeating: 0x20, count: bytes))
}

@Suite(.timeLimit(.minutes(1)))
struct RefusingTests {
    @Test(arguments: VerificationRefusal.Reason.allCases)
    func aRefusalShowsItsStatusAndNothingElse(_ reason: VerificationRefusal.Reason) async throws {
        let world = IntakeWorld()
        let refusal = VerificationRefusal(reason, "detail for the log")
        let answer = await world.intake(["s": ScriptedScheme(.refused(refusal))])
            .receive(request(), for: "s", secret: nil)

        let words = [
            400: "malformed request", 401: "not authenticated", 405: "method not allowed",
            415: "content not supported",
        ]
        #expect(answer.status == refusal.status)
        #expect(answer.text == #"{"error":"\#(try #require(words[refusal.status]))"}"#)
        #expect(answer.header("Allow") == (reason == .wrongMethod ? "POST, GET" : nil))
        let line = try #require(world.paper.entries.first)
        #expect(line.message == "event.refused")
        #expect(line.fields["reason"] == reason.rawValue)
        #expect(line.fields["detail"] == "detail for the log")
        #expect(try await world.stored().isEmpty)
    }

    @Test func aStatusOfTheSchemesOwnIsKept() async {
        let refusal = VerificationRefusal(.malformedHeader, "t=", status: 400)
        let answer = await IntakeWorld().intake(["s": ScriptedScheme(.refused(refusal))])
            .receive(request(), for: "s", secret: nil)
        #expect(answer.status == 400)
    }

    @Test func whatIsNotThereIsNotFoundAlike() async {
        let world = IntakeWorld()
        let intake = world.intake(
            ["plain": accepted, "hidden": accepted, "caf\u{E9}": accepted],
            pathSecrets: ["hidden": [Secret("s3cret")]])
        for (source, secret, status) in [
            ("plain", nil, 200), ("hidden", "s3cret", 200), ("caf\u{E9}", nil, 200),
            ("nowhere", nil, 404), ("nowhere", "s3cret", 404), ("plain", "s3cret", 404),
            ("plain", "", 404), ("hidden", nil, 404), ("hidden", "", 404),
            ("hidden", "s3cre", 404), ("hidden", "S3cret", 404), ("Plain", nil, 404),
            ("", nil, 404), ("cafe\u{301}", nil, 404),
        ] as [(String, String?, Int)] {
            let answer = await intake.receive(request(), for: source, secret: secret)
            #expect(answer.status == status, "\(source) \(secret ?? "-")")
            if status == 404 {
                #expect(answer.text == #"{"error":"not found"}"#)
                #expect(answer.headers.count == 1)
            }
        }
    }

    /// A stranger's request is cheaper than the line about it.
    @Test func strangersFillNoLog() async {
        let world = IntakeWorld()
        let proof = VerificationRefusal(.badSignature, "none")
        let intake = world.intake([
            "closed": ScriptedScheme(.refused(proof)), "open": accepted,
            "tried": ScriptedScheme(.handshake(answer: .emptyObject)),
        ])
        for number in 0..<90 {
            let source = ["closed", "tried", "nowhere"][number % 3]
            _ = await intake.receive(request(), for: source, secret: nil)
        }
        // Who tries the address is not lost among those who are refused, nor the other way round.
        let messages = world.paper.entries.map(\.message)
        #expect(messages.count { $0 == "source.handshake" } == 20)
        #expect(messages.count == 40)
        // Who proves who he is has a line of his own.
        _ = await intake.receive(request(), for: "open", secret: nil)
        #expect(world.paper.entries.last?.message == "event.admitted")

        for (wait, lines, leftOut) in [
            (Duration.milliseconds(999), 41, nil), (.seconds(1), 42, "41"), (.seconds(1), 43, nil),
        ] as [(Duration, Int, String?)] {
            world.elapsed.now = wait
            _ = await intake.receive(request(), for: "closed", secret: nil)
            #expect(world.paper.entries.count == lines, "\(wait)")
            #expect(world.paper.entries.last?.fields["left_out"] == leftOut, "\(wait)")
        }
    }

    /// Before anything else about the request, and with what the source itself takes.
    @Test func aMethodThatIsNotTheSendersIsToldWhichAre() async {
        let world = IntakeWorld()
        var ordinary = accepted
        ordinary.methods = ["POST"]
        let events = ProvedScheme(PathProof(), CloudEventsReading())
        let intake = world.intake(
            ["s": ordinary, "calls": events], pathSecrets: ["calls": [Secret("s3cret")]])
        for method in ["GET", "HEAD", "PUT", "OPTIONS", "PATCH"] {
            var asked = request([("Content-Encoding", "gzip")], bytes: 1 << 20 + 1)
            asked.method = method
            let answer = await intake.receive(asked, for: "s", secret: nil)
            #expect(answer.status == 405 && answer.header("Allow") == "POST", "\(method)")
            #expect(answer.text == #"{"error":"method not allowed"}"#)
            let nowhere = await intake.receive(asked, for: "calls", secret: "x")
            #expect(nowhere.status == 404 && nowhere.header("Allow") == nil)
        }
        var put = request()
        put.method = "PUT"
        let answer = await intake.receive(put, for: "calls", secret: "s3cret")
        #expect(answer.status == 405 && answer.header("Allow") == "POST, OPTIONS")
    }

    /// It may be a secret that somebody put in the wrong place.
    @Test(arguments: ["verify-token-4711", String(repeating: "x", count: 5_000), ""])
    func aNameThatIsNoSourceIsNotInTheLog(_ name: String) async {
        let world = IntakeWorld()
        _ = await world.intake([:]).receive(request(), for: name, secret: nil)
        #expect(world.paper.entries.first?.fields["source"] == "?")
    }

    @Test(
        arguments: [
            ([], 200), (["identity"], 200), (["Identity"], 200), ([" identity\t"], 200),
            (["identity, identity"], 200), ([""], 200), (["identity", "identity"], 200),
            (["gzip"], 415), (["GZIP"], 415), (["identity, gzip"], 415), (["identity", "br"], 415),
            (["x-identity"], 415), (["identity;q=1"], 415),
        ] as [([String], Int)])
    func onlyAPlainBodyIsTaken(_ codings: [String], _ status: Int) async {
        let answer = await IntakeWorld().intake(["s": accepted])
            .receive(request(codings.map { ("content-encoding", $0) }), for: "s", secret: nil)
        #expect(answer.status == status)
    }

    @Test(arguments: [(1 << 20, 200), ((1 << 20) + 1, 413)])
    func aBodyOfOneMebibyteIsTheLargest(_ bytes: Int, _ status: Int) async {
        let answer = await IntakeWorld().intake(["s": accepted])
            .receive(request(bytes: bytes), for: "s", secret: nil)
        #expect(answer.status == status)
    }
}

@Suite(.timeLimit(.minutes(1)))
struct HoldingBackTests {
    @Test(arguments: [
        StorageError.Code.unavailable, .full, .corrupt, .conflict, .claimLost, .notFound,
    ])
    func troubleWithTheStoreIsNeverASuccess(_ code: StorageError.Code) async throws {
        let world = IntakeWorld()
        let events = WaywardEvents { _ throws(StorageError) in
            throw StorageError(code, detail: "disk")
        }
        let answer = await world.intake(["s": accepted], events: events)
            .receive(request(), for: "s", secret: nil)
        #expect(answer.status == 503)
        #expect(answer.header("Retry-After") == "5")
        #expect(
            answer.text == #"{"error":"try again later","reason":"store_\#(code.rawValue)"}"#)
        let line = try #require(world.paper.entries.first)
        #expect(line.message == "event.refused" && line.level == .warning)
        #expect(line.fields["reason"] == "store_\(code.rawValue)")
        #expect(line.fields["detail"] == "disk")
    }

    @Test func aStoreThatTakesTooLongIsCancelledAndTheSenderComesAgain() async throws {
        let world = IntakeWorld()
        let events = WaywardEvents { _ throws(StorageError) in
            world.timeIsUp.raise()
            // Comes back when it is cancelled and not before.
            await StopSignal().wait()
            throw StorageError(.unavailable, detail: "cancelled")
        }
        let answer = await world.intake(["s": accepted], events: events)
            .receive(request(), for: "s", secret: nil)
        #expect(answer.status == 503)
        #expect(answer.header("Retry-After") == "5")
        #expect(world.slept.entries == [.seconds(2)])
        #expect(world.paper.entries.first?.fields["reason"] == "store_slow")
    }

    @Test func anEventThatIsOnDiskAfterAllIsAnsweredSo() async throws {
        let world = IntakeWorld()
        let events = WaywardEvents { event throws(StorageError) in
            world.timeIsUp.raise()
            await StopSignal().wait()
            return try await world.store.admit(event)
        }
        let answer = await world.intake(["s": accepted], events: events)
            .receive(request(), for: "s", secret: nil)
        #expect(answer.status == 200)
        #expect(try await world.stored().count == 1)
    }

    @Test func whileTheLineRunsNobodyWaitsForAStoreThatIsStillAtIt() async throws {
        let world = IntakeWorld()
        let (stop, asked, release) = (StopSignal(), StopSignal(), StopSignal())
        let isRunning = StopSignal()
        let events = WaywardEvents { event throws(StorageError) in
            // A task of the caller's own inherits this from it, one of the line's does not.
            if IntakeWorld.isProbe { return .stored }
            guard isRunning.isRaised else {
                isRunning.raise()
                return .stored
            }
            asked.raise()
            await release.wait()
            return try await world.store.admit(event)
        }
        let intake = world.intake(
            ["s": accepted], events: events, limits: IntakeLimits(waitingMax: 1))
        await withTaskGroup { group in
            group.addTask { await intake.run(until: stop) }
            await IntakeWorld.$isProbe.withValue(true) {
                for _ in 0..<100_000 where !isRunning.isRaised {
                    _ = await intake.receive(request(), for: "s", secret: nil)
                    await Task.yield()
                }
            }
            #expect(isRunning.isRaised)
            // Without the line, this answer would wait for the release.
            async let first = intake.receive(request(), for: "s", secret: nil)
            await asked.wait()
            world.timeIsUp.raise()
            let answer = await first
            #expect(answer.status == 503)
            #expect(answer.header("Retry-After") == "5")
            #expect(world.paper.entries.last?.fields["reason"] == "store_slow")
            // The store is still at it, so its place is taken.
            _ = await intake.receive(request(), for: "s", secret: nil)
            #expect(world.paper.entries.last?.fields["reason"] == "line_full")
            stop.raise()
            release.raise()
        }
        // What was begun was finished, and a repeat is a repeat.
        #expect(try await world.stored().count == 1)
        #expect(await intake.receive(request(), for: "s", secret: nil).status == 200)
        #expect(world.paper.entries.last?.message == "event.repeated")
    }

    @Test func aRunningLineAnswersWhatTheStoreSays() async throws {
        let world = IntakeWorld()
        let stop = StopSignal()
        let intake = world.intake(["s": accepted], limits: IntakeLimits(waitingMax: 4))
        await withTaskGroup { group in
            group.addTask { await intake.run(until: stop) }
            for _ in 0..<100 {
                #expect(await intake.receive(request(), for: "s", secret: nil).status == 200)
            }
            stop.raise()
        }
        #expect(await intake.receive(request(), for: "s", secret: nil).status == 200)
        #expect(try await world.stored().count == 1)
    }

    @Test func oneMoreThanMayWaitIsSentAwayAndTheRestIsServed() async throws {
        let world = IntakeWorld()
        let release = StopSignal()
        let arrivals = [StopSignal(), StopSignal()]
        let asked = IntakeWorld.Counter()
        let events = WaywardEvents { event throws(StorageError) in
            let number = asked.next()
            if number <= 2 { arrivals[Int(number) - 1].raise() }
            await release.wait()
            return .stored
        }
        let intake = world.intake(
            ["s": accepted], events: events, limits: IntakeLimits(waitingMax: 2))
        let statuses = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<2 {
                group.addTask { await intake.receive(request(), for: "s", secret: nil).status }
            }
            for arrival in arrivals { await arrival.wait() }
            let third = await intake.receive(request(), for: "s", secret: nil)
            #expect(third.status == 503)
            #expect(third.header("Retry-After") == "5")
            #expect(asked.next() == 3)
            release.raise()
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(statuses == [200, 200])
        #expect(world.paper.entries.first?.fields["reason"] == "line_full")
        // The places are free again.
        #expect(await intake.receive(request(), for: "s", secret: nil).status == 200)
    }

    @Test func theLimitsAreThoseOfTheDesign() {
        let limits = IntakeLimits()
        #expect(limits.bodyBytesMax == 1_048_576)
        #expect(limits.waitingMax == 256)
        #expect(limits.waitMax == .seconds(2))
        #expect(limits.retryAfterSeconds == 5)
    }
}
