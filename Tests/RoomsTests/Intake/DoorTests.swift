import Domain
import Intake
import Signing
import StorageMemory
import Testing

private let body = Array(#"{"type":"build.done","data":{}}"#.utf8)
private let (old, new) = (Secret("TESTONLY-old-token-000"), Secret("TESTONLY-new-token-000"))

private func bearer(_ tokens: Secret...) throws -> any SourceScheme {
    ProvedScheme(
        try BearerProof(tokens: tokens, readsQuery: false), PlainReading(pointers: .init()))
}

private func request(_ token: Secret) -> IncomingRequest {
    IncomingRequest(
        headers: HeaderFields([("Authorization", "Bearer \(token.exposed)")]), body: body)
}

/// Doors that change while the room is open.
@Suite(.timeLimit(.minutes(1))) struct DoorTests {
    private let world = IntakeWorld()

    @Test func aNewSecretIsProvedBesideTheFormerUntilThatEnds() async throws {
        let clock = ManualClock(IntakeWorld.now)
        let room = world.intake(["ci": try bearer(old)], time: clock.source)
        func answers(_ token: Secret) async -> Int {
            await room.receive(request(token), for: "ci", secret: nil).status
        }
        #expect(await answers(old) == 200)
        #expect(await answers(new) == 401)
        room.replaceDoors(with: [
            IntakeDoor(
                "ci",
                [
                    .init(try bearer(new, old), until: IntakeWorld.now + .hours(2)),
                    .init(try bearer(new)),
                ])
        ])
        #expect(await answers(new) == 200)
        #expect(await answers(Secret("TESTONLY-neither-00000")) == 401)
        clock.advance(to: IntakeWorld.now + .hours(2) - .milliseconds(1))
        #expect(await answers(old) == 200)
        clock.advance(to: IntakeWorld.now + .hours(2))
        #expect(await answers(old) == 401)
        #expect(await answers(new) == 200)
        // The same event, however it was proved.
        #expect(try await world.stored().count == 1)
    }

    @Test func aWayInEndsAsWell() async throws {
        let clock = ManualClock(IntakeWorld.now)
        let room = world.intake([:], time: clock.source)
        let scheme = ProvedScheme(PathProof(), PlainReading(pointers: .init()))
        room.replaceDoors(with: [
            IntakeDoor(
                "bell",
                [
                    .init(
                        scheme, pathSecrets: [Secret("new-way"), Secret("way-in")],
                        until: IntakeWorld.now + .hours(2)),
                    .init(scheme, pathSecrets: [Secret("new-way")]),
                ])
        ])
        let ring = IncomingRequest(headers: HeaderFields([]), body: body)
        func answers(_ secret: String) async -> Int {
            await room.receive(ring, for: "bell", secret: secret).status
        }
        #expect(await answers("way-in") == 200)
        clock.advance(by: .hours(2))
        #expect(await answers("way-in") == 404)
        #expect(await answers("new-way") == 200)
    }

    @Test func doorsComeAndGo() async throws {
        let room = world.intake([:])
        func status() async -> Int {
            await room.receive(request(new), for: "ci", secret: nil).status
        }
        #expect(await status() == 404)
        room.replaceDoors(with: [IntakeDoor("ci", [.init(try bearer(new))])])
        #expect(await status() == 200)
        guard case .sourceTaken = await room.publish([], body: [], as: "ci") else {
            Issue.record("the name is a source's")
            return
        }
        room.replaceDoors(with: [])
        #expect(await status() == 404)
    }

    @Test func whatIsClosedAcknowledgesNothing() async throws {
        let room = world.intake([:])
        room.replaceDoors(with: [
            IntakeDoor(
                "ci", [.init(try bearer(new), pathSecrets: [Secret("way-in")])], isClosed: true)
        ])
        let answer = await room.receive(request(new), for: "ci", secret: "way-in")
        #expect(answer.status == 503)
        #expect(answer.header("Retry-After") == "60")
        #expect(answer.text == #"{"error":"try again later"}"#)
        #expect(try await world.stored().isEmpty)
        // Who does not know the way in hears nothing of it.
        #expect(await room.receive(request(new), for: "ci", secret: nil).status == 404)
        #expect(world.paper.entries.first?.fields["reason"] == "source_disabled")
    }

    @Test func aRequestIsTriedWithoutBeingTakenIn() async throws {
        let room = world.intake([:])
        room.replaceDoors(with: [
            IntakeDoor("ci", [.init(try bearer(new))], isClosed: true)
        ])
        guard case .events(let events) = room.trial(request(new), for: "ci", secret: nil) else {
            Issue.record("it would be taken")
            return
        }
        #expect(events.map(\.type) == ["build.done"])
        guard case .refused(401, let reason, _) = room.trial(request(old), for: "ci", secret: nil)
        else {
            Issue.record("it would be refused")
            return
        }
        #expect(!reason.isEmpty)
        #expect(room.trial(request(new), for: "other", secret: nil) == nil)
        #expect(try await world.stored().isEmpty && world.paper.entries.isEmpty)
    }
}
