import Domain
import Intake
import Logging
import Pipeline
import Signing
import Storage
import Testing

private let token = Secret("TESTONLY-verify-token")
private let appID = "7509745929591717899"

/// A publication as Coze delivers it, with a marker that must not turn up in a log.
private func publication(_ id: String = "e-1", name: String = "private-bot-name") -> [UInt8] {
    Array(
        """
        {"header":{"event_type":"bot.published","event_id":"\(id)","created_at":1749038258245,\
        "api_app_id":"\(appID)"},"event":{"bot_id_str":"7512041635401000001",\
        "space_id":"7309693825197000001","bot_name":"\(name)","version":"1753871809679"}}
        """.utf8)
}

private func signed(_ body: [UInt8], with token: Secret = token) -> IncomingRequest {
    let headers = CozeSigner.headers(
        token: token, timestamp: IntakeWorld.now, nonce: "q7Zt0PnXw2", body: body)
    return IncomingRequest(headers: HeaderFields(headers), body: body)
}

private func coze() throws -> any SourceScheme {
    try CozeScheme(apps: [.init(apiAppID: appID, verifyToken: token)])
}

@Suite(.timeLimit(.minutes(1)))
struct ReceivingTests {
    @Test func anEventIsOnDiskBeforeItIsAnsweredAndThenMatchingHearsOfIt() async throws {
        let world = IntakeWorld()
        let body = publication()
        let answer = try await world.intake(["coze-main": coze()])
            .receive(signed(body), for: "coze-main", secret: nil)

        #expect(answer.status == 200)
        #expect(answer.text == "{}")
        #expect(answer.header("Content-Type") == "application/json")
        let event = try #require(await world.stored().first?.event)
        #expect(event.id.rawValue.hasPrefix("evt_") && event.id.rawValue.utf8.count == 30)
        #expect(event.identity == .init(source: "coze-main", scope: appID, key: "e-1"))
        #expect(event.type == "bot.published")
        #expect(event.time == Timestamp(milliseconds: 1_749_038_258_245))
        #expect(event.receivedAt == IntakeWorld.now)
        #expect(event.entity?.id == "7512041635401000001")
        #expect(event.entity?.workspaceID == "7309693825197000001")
        #expect(event.body == body)
        // Kept, so this comes back.
        await world.next.wait()
        let line = try #require(world.paper.entries.first)
        #expect(world.paper.entries.count == 1)
        #expect(line.message == "event.admitted")
        #expect(
            line.fields == [
                "source": "coze-main", "type": "bot.published", "key": "e-1",
                "event": event.id.rawValue, "bytes": "\(body.count)", "duration_ms": "0",
            ])
    }

    @Test func aRepeatIsAnsweredAlikeAndStoredOnce() async throws {
        let world = IntakeWorld()
        let intake = try world.intake(["coze-main": coze()])
        let first = await intake.receive(signed(publication()), for: "coze-main", secret: nil)
        await world.next.wait()
        let second = await intake.receive(signed(publication()), for: "coze-main", secret: nil)

        #expect(first.status == second.status && first.body == second.body)
        #expect(try await world.stored().count == 1)
        #expect(world.paper.entries.map(\.message) == ["event.admitted", "event.repeated"])
        #expect(world.paper.entries.map { $0.fields["event"] }.count == 2)
        #expect(world.paper.entries[0].fields["event"] == world.paper.entries[1].fields["event"])
        #expect(!(await isNudged(world.next)))
    }

    @Test func anotherBodyUnderTheSameIdIsKeptAsAConflictAndAnsweredAlike() async throws {
        let world = IntakeWorld()
        let intake = try world.intake(["coze-main": coze()])
        let other = publication(name: "another name")
        _ = await intake.receive(signed(publication()), for: "coze-main", secret: nil)
        await world.next.wait()
        let answer = await intake.receive(signed(other), for: "coze-main", secret: nil)

        #expect(answer.status == 200 && answer.text == "{}")
        let record = try #require(await world.stored().first)
        #expect(record.event.body == publication())
        #expect(record.conflicts.map(\.body) == [other])
        #expect(world.paper.entries.last?.message == "event.conflict")
        #expect(world.paper.entries.last?.level == .warning)
        #expect(world.paper.entries.last?.fields["event"] == record.event.id.rawValue)
        #expect(!(await isNudged(world.next)))
    }

    @Test func twoSourcesMayUseTheSameId() async throws {
        let world = IntakeWorld()
        let intake = try world.intake(["one": coze(), "two": coze()])
        for source in ["one", "two"] {
            let answer = await intake.receive(signed(publication()), for: source, secret: nil)
            #expect(answer.status == 200)
        }
        let sources = try await world.stored().map(\.event.identity.source)
        #expect(sources.sorted() == ["one", "two"])
    }

    @Test func aHandshakeIsAnsweredAndNeverStored() async throws {
        let world = IntakeWorld()
        let body = Array(
            """
            {"header":{"event_type":"url_verification","event_id":"h"},\
            "event":{"challenge":"c"}}
            """.utf8)
        let answer = try await world.intake(["coze-main": coze()])
            .receive(signed(body), for: "coze-main", secret: nil)
        #expect(answer.status == 200 && answer.text == #"{"challenge":"c"}"#)
        #expect(try await world.stored().isEmpty)
        #expect(world.paper.entries.map(\.message) == ["source.handshake"])
        #expect(!(await isNudged(world.next)))
    }

    @Test func aForgedEventIsRefusedAndTheReasonStaysInTheLog() async throws {
        let world = IntakeWorld()
        let forged = signed(publication(), with: Secret("TESTONLY-another-token"))
        let answer = try await world.intake(["coze-main": coze()])
            .receive(forged, for: "coze-main", secret: nil)
        #expect(answer.status == 401)
        #expect(answer.text == #"{"error":"not authenticated"}"#)
        #expect(try await world.stored().isEmpty)
        let line = try #require(world.paper.entries.first)
        #expect(line.message == "event.refused")
        #expect(line.fields["reason"] == "bad_signature")
        #expect(!(await isNudged(world.next)))
    }

    @Test func noLogLineHoldsABodyOrASecret() async throws {
        let world = IntakeWorld()
        let intake = try world.intake(
            ["coze-main": coze(), "hidden": coze()],
            pathSecrets: ["hidden": [Secret("TESTONLY-path-secret")]])
        let wrong = Secret("TESTONLY-another-token")
        for (body, with) in [
            (publication(), token), (publication(), token), (publication(name: "b"), token),
            (publication(), wrong), (Array(#"{"private-bot-name":"#.utf8), token),
        ] {
            let request = signed(body, with: with)
            for source in ["coze-main", "hidden", "nowhere"] {
                for secret in [nil, "TESTONLY-path-secret", "TESTONLY-guess"] {
                    _ = await intake.receive(request, for: source, secret: secret)
                    // So that none is left out.
                    world.elapsed.now += .seconds(1)
                }
            }
        }
        #expect(world.paper.entries.count == 45)
        for line in world.paper.entries {
            #expect(!line.text.contains("TESTONLY"))
            #expect(!line.text.contains("private-bot-name"))
            #expect(!line.text.contains("q7Zt0PnXw2"))
        }
    }

    /// Whether a nudge is kept; takes it away.
    private func isNudged(_ nudge: Nudge) async -> Bool {
        let ended = IntakeWorld.Journal<Bool>()
        await withTaskGroup { group in
            group.addTask {
                await nudge.wait()
                ended.append(true)
            }
            for _ in 0..<100 { await Task.yield() }
            let wasKept = !ended.entries.isEmpty
            nudge.signal()
            await group.waitForAll()
            ended.append(wasKept)
        }
        return ended.entries.last == true
    }
}
