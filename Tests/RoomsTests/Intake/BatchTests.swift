import Domain
import Intake
import Pipeline
import Signing
import Storage
import Synchronization
import Testing

private func events(_ keys: String...) -> Verdict {
    .batch(
        keys.map { VerifiedEvent(key: $0, type: "t", body: Array("{\"k\":\"\($0)\"}".utf8)) },
        answer: .json(#"{"taken":true}"#))
}

private let request = IncomingRequest(headers: [:], body: Array("[…]".utf8))

@Suite(.timeLimit(.minutes(1)))
struct BatchTests {
    @Test func severalEventsOfOneRequestAreStoredTogether() async throws {
        let world = IntakeWorld()
        let answer = await world.intake(["s": ScriptedScheme(events("a", "b", "a"))])
            .receive(request, for: "s", secret: nil)
        #expect(answer.status == 200 && answer.text == #"{"taken":true}"#)
        let stored = try await world.stored().map(\.event)
        #expect(stored.map(\.identity.key).sorted() == ["a", "b"])
        #expect(
            stored.map { String(decoding: $0.body, as: UTF8.self) }.sorted()
                == [#"{"k":"a"}"#, #"{"k":"b"}"#])
        #expect(Set(stored.map(\.id)).count == 2)
        #expect(
            world.paper.entries.map(\.message)
                == ["event.admitted", "event.admitted", "event.repeated"])
        #expect(world.paper.entries.allSatisfy { $0.fields["batch"] == "3" })
        await world.next.wait()
    }

    @Test func anEmptyBatchIsAnsweredAndStoresNothing() async throws {
        let world = IntakeWorld()
        let trouble = WaywardEvents { _ throws(StorageError) in
            throw StorageError(.unavailable, detail: "not to be asked")
        }
        let answer = await world.intake(["s": ScriptedScheme(events())], events: trouble)
            .receive(request, for: "s", secret: nil)
        #expect(answer.status == 200)
        #expect(world.paper.entries.map(\.message) == ["source.empty_batch"])
    }

    @Test func aBatchThatIsNotStoredAsAWholeIsNotAnsweredFor() async throws {
        let world = IntakeWorld()
        let count = Mutex(0)
        let trouble = WaywardEvents { event throws(StorageError) in
            let number = count.withLock {
                $0 += 1
                return $0
            }
            guard number < 3 else { throw StorageError(.full, detail: "disk") }
            return .stored
        }
        let answer = await world.intake(
            ["s": ScriptedScheme(events("a", "b", "c"))], events: trouble
        ).receive(request, for: "s", secret: nil)
        #expect(answer.status == 503 && answer.header("Retry-After") == "5")
        #expect(world.paper.entries.map(\.message) == Array(repeating: "event.refused", count: 3))
        #expect(world.paper.entries.map { $0.fields["key"] } == ["a", "b", "c"])
    }

    /// However many there are: senders that send batches must not push others out of the line.
    @Test func aBatchHasOnePlaceInTheLine() async {
        let world = IntakeWorld()
        let intake = world.intake(
            ["s": ScriptedScheme(events("a", "b", "c"))], limits: IntakeLimits(waitingMax: 1))
        #expect(await intake.receive(request, for: "s", secret: nil).status == 200)
    }
}

@Suite(.timeLimit(.minutes(1)))
struct MannersTests {
    @Test func anEventWithoutAKeyIsOneOfItsOwnEachTime() async throws {
        let world = IntakeWorld()
        let intake = world.intake(["s": ScriptedScheme(.event(VerifiedEvent(key: nil, type: "t")))])
        for _ in 0..<2 { _ = await intake.receive(request, for: "s", secret: nil) }
        let stored = try await world.stored().map(\.event)
        #expect(stored.count == 2)
        #expect(stored.allSatisfy { $0.identity.key == $0.id.rawValue })
    }

    @Test func whatTheSchemeMadeOfABodyIsKept() async throws {
        let world = IntakeWorld()
        let kept = VerifiedEvent(key: "k", type: "t", body: Array(#"{"a":1}"#.utf8))
        _ = await world.intake(["s": ScriptedScheme(.event(kept))])
            .receive(request, for: "s", secret: nil)
        #expect(try await world.stored().first?.event.body == kept.body)
    }

    @Test func anyOneOfSeveralPathSecretsOpens() async {
        let scheme = ScriptedScheme(.event(VerifiedEvent(key: "k", type: "t")))
        let intake = IntakeWorld().intake(
            ["s": scheme], pathSecrets: ["s": [Secret("new"), Secret("old")]])
        for (secret, status) in [
            ("new", 200), ("old", 200), ("", 404), ("newold", 404), (nil, 404),
        ] as [(String?, Int)] {
            #expect(await intake.receive(request, for: "s", secret: secret).status == status)
        }
    }

    @Test func headersOfTheSchemeGoOut() async {
        var answer = SchemeAnswer.accepted
        answer.headers = [AnswerHeader("Cache-Control", "private")]
        let refusal = VerificationRefusal(
            .missingCredentials, "none", headers: [AnswerHeader("WWW-Authenticate", "Bearer")])
        let intake = IntakeWorld().intake([
            "good": ScriptedScheme(.event(VerifiedEvent(key: "k", type: "t", answer: answer))),
            "bad": ScriptedScheme(.refused(refusal)),
        ])
        let good = await intake.receive(request, for: "good", secret: nil)
        #expect(good.header("Cache-Control") == "private")
        let bad = await intake.receive(request, for: "bad", secret: nil)
        #expect(bad.status == 401 && bad.header("WWW-Authenticate") == "Bearer")
    }

    @Test func aStrangerAtTheDoorIsNotToldWhoseItIs() async {
        let scheme = ProvedScheme(PathProof(), KeyueReading())
        let intake = IntakeWorld().intake(
            ["calls": scheme], pathSecrets: ["calls": [Secret("s3cret")]])
        let body = IncomingRequest(headers: [:], body: Array("{}".utf8))
        let inside = await intake.receive(body, for: "calls", secret: "s3cret")
        #expect(inside.status == 400)
        #expect(inside.text == #"{"code":400,"msg":"malformed request"}"#)
        for secret in [nil, "x"] as [String?] {
            let outside = await intake.receive(body, for: "calls", secret: secret)
            #expect(outside.status == 404 && outside.text == #"{"error":"not found"}"#)
        }
    }

    @Test func whatAHandshakeOffersIsLoggedOnOneLine() async {
        let world = IntakeWorld()
        let scheme = ProvedScheme(PathProof(), CloudEventsReading())
        let offer: HeaderFields = [
            "WebHook-Request-Callback": "http://x/\u{1B}[2J" + String(repeating: "y", count: 300)
        ]
        let answer = await world.intake(["s": scheme]).receive(
            IncomingRequest(method: "OPTIONS", headers: offer, body: []), for: "s", secret: nil)
        #expect(answer.status == 200 && answer.header("Allow") == "POST")
        let line = world.paper.entries.first
        #expect(line?.message == "source.handshake")
        #expect(line?.fields["detail"]?.hasPrefix("not called: http://x/\\u{1b}[2Jyyy") == true)
        #expect((line?.fields["detail"]?.count ?? 999) < 250)
    }
}
