import Administration
import Domain
import Logging
import Notifying
import Sealing
import Signing
import Storage
import StorageMemory
import StrictJSON
import Testing
import Transport

private let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

private func definition(_ url: String = "https://ops.example.com/my-way") -> [UInt8] {
    let json: JSONValue = ["url": .string(url), "secret": .string(secret)]
    return json.bytes()
}

/// What people do with endpoints, and the room that tells them.
private struct Stand {
    let fixture: AdministrationFixture
    let receivers = NotifyingReceivers()
    let clock: ManualClock
    let room: NotifyingStage

    init(
        store: MemoryStore = MemoryStore(), endpoints: [String] = ["audit", "chat"]
    ) async throws {
        let clock = ManualClock(Timestamp(milliseconds: 1_773_822_615_250))
        self.clock = clock
        let key = try MasterKey(parsing: Secret(String(repeating: "k", count: 32)))
        fixture = AdministrationFixture(
            store: store, clock: clock,
            strongbox: Strongbox(
                store, keys: KeyRing(key), chance: Chance { .random(in: .min ... .max) }),
            endpoints: endpoints,
            tryEndpoint: { endpoint in
                Trial(
                    isAccepted: false, status: 503, took: endpoint.timeout,
                    detail: "not delivered: \(endpoint.name)", remedy: "Look there.")
            })
        room = NotifyingStage(
            ledger: store, destinations: fixture.destinations, transport: receivers,
            time: clock.source, chance: Chance { .max / 2 }, lease: .seconds(60),
            log: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
        try await fixture.administration.start()
    }

    var administration: Administrator { fixture.administration }

    /// Announces one ping to an endpoint, and turns until nothing is due.
    func tell(_ number: Int, _ name: String) async throws -> Delivery.ID {
        let id = CompletionNotification.ID(rawValue: "ntf_\(number)")
        let delivery = Delivery(
            id: Delivery.ID(rawValue: "msg_\(number)_\(name)"), notificationID: id, type: .ping,
            endpoint: name, createdAt: clock.now)
        try await fixture.store.announce(
            Announcement(
                notification: CompletionNotification(
                    id: id, type: .ping, taskID: nil, eventID: nil, createdAt: clock.now,
                    payload: CompletionNotification.payload(.ping, at: clock.now, data: [:])),
                deliveries: [delivery]))
        try await turn()
        return delivery.id
    }

    func turn() async throws {
        while true {
            let parcels = try await room.claim(limit: 10, at: clock.now)
            guard !parcels.isEmpty else { return }
            for parcel in parcels { try await room.settle(await room.perform(parcel)) }
        }
    }

    func state(_ id: Delivery.ID) async throws -> Delivery.State.Name? {
        try await fixture.store.delivery(id)?.delivery.state.name
    }

    func verbs() async throws -> [String] {
        try await fixture.store.auditEntries(AuditQuery()).rows.reversed().map {
            "\($0.verb) \($0.object)"
        }
    }
}

private func code(
    _ work: () async throws(AdministrationError) -> Void
) async -> AdministrationError.Code? {
    do throws(AdministrationError) {
        try await work()
        return nil
    } catch {
        return error.code
    }
}

@Suite struct EndpointVerbsTests {
    @Test func anEndpointThatIsPutInIsToldAndOneThatIsTakenOutIsNot() async throws {
        let stand = try await Stand()
        let (shown, isNew) = try await stand.administration.putEndpoint(
            "ops", definition: definition(), by: .anna)
        #expect(isNew && shown["origin"] == "api" && shown["health"]?["state"] == "well")
        #expect(shown["definition"]?["url"] == "https://ops.example.com/<secret>")
        let first = try await stand.tell(1, "ops")
        #expect(try await stand.state(first) == .delivered)
        #expect(stand.receivers.sent.map(\.url) == ["https://ops.example.com/my-way"])
        _ = try await stand.administration.putEndpoint(
            "ops", definition: definition("https://new.example.com/"), by: .anna)
        _ = try await stand.tell(2, "ops")
        #expect(stand.receivers.sent.last?.url == "https://new.example.com/")
        stand.receivers.answer(503)
        let waiting = try await stand.tell(3, "ops")
        let gone = try await stand.administration.deleteEndpoint("ops", by: .anna)
        #expect(gone["deliveries"]?["count"] == 1)
        stand.clock.advance(by: .days(1))
        try await stand.turn()
        #expect(try await stand.state(waiting) == .cancelled)
        #expect(stand.receivers.sent.count == 3)
        #expect(
            try await stand.verbs() == [
                "endpoint.put ops", "endpoint.put ops", "endpoint.deleted ops",
            ])
    }

    @Test func anEndpointThatARuleNamesStays() async throws {
        let stand = try await Stand()
        _ = try await stand.administration.putEndpoint("ops", definition: definition(), by: .anna)
        let rule = Array(#"{"match":{"type":["x"]},"notify":["ops"],"enabled":false}"#.utf8)
        _ = try await stand.administration.putRule("tell", definition: rule, by: .anna)
        do throws(AdministrationError) {
            _ = try await stand.administration.deleteEndpoint("ops", by: .anna)
            Issue.record("it went")
        } catch {
            #expect(error.code == .definitionInUse && error.detail == "the rule tell names ops")
        }
        try await stand.administration.deleteRule("tell", by: .anna)
        _ = try await stand.administration.deleteEndpoint("ops", by: .anna)
        #expect(
            await code { () async throws(AdministrationError) in
                _ = try await stand.administration.putRule("tell", definition: rule, by: .anna)
            } == .ruleInvalid)
        for name in ["ops", "audit"] {
            #expect(
                await code { () async throws(AdministrationError) in
                    _ = try await stand.administration.deleteEndpoint(name, by: .anna)
                } == (name == "ops" ? .notFound : .definitionReadOnly))
        }
    }

    /// Of the configuration, too: nothing leaves, nothing is probed, nothing is given up, and a
    /// restart changes nothing about it.
    @Test func whatIsForASwitchedOffEndpointWaits() async throws {
        let stand = try await Stand()
        let off = try await stand.administration.setEndpoint("audit", enabled: false, by: .anna)
        #expect(off["health"]?["state"] == "disabled" && off["health"]?["disabled_by"] == "person")
        let waiting = try await stand.tell(1, "audit")
        let other = try await stand.tell(2, "chat")
        #expect(try await stand.state(other) == .delivered)
        stand.clock.advance(by: .days(40))
        try await stand.turn()
        #expect(try await stand.state(waiting) == .pending)
        #expect(stand.receivers.sent.count == 1)

        let again = try await Stand(store: stand.fixture.store)
        again.clock.advance(by: .days(41))
        try await again.turn()
        #expect(try await again.state(waiting) == .pending)
        #expect(
            try await again.administration.endpoint("audit")["health"]?["disabled_by"] == "person")
        _ = try await again.administration.setEndpoint("audit", enabled: true, by: .anna)
        _ = try await again.administration.setEndpoint("audit", enabled: true, by: .anna)
        try await again.turn()
        #expect(try await again.state(waiting) == .delivered)
        #expect(
            try await again.verbs() == ["endpoint.disabled audit", "endpoint.enabled audit"])
    }

    /// A person ends what failures began, at once and not with the next look at the store.
    @Test func switchingOnEndsWhatFailuresDisabled() async throws {
        let stand = try await Stand()
        stand.receivers.answer(410)
        let first = try await stand.tell(1, "audit")
        #expect(
            try await stand.administration.endpoint("audit")["health"]?["disabled_by"]
                == "failures")
        stand.receivers.answer(200)
        _ = try await stand.administration.setEndpoint("audit", enabled: true, by: .anna)
        stand.clock.advance(by: .minutes(10))
        try await stand.turn()
        #expect(try await stand.state(first) == .delivered)
        #expect(try await stand.administration.endpoint("audit")["health"]?["state"] == "well")
    }

    @Test func aNameThatIsTakenAgainBeginsAnew() async throws {
        let stand = try await Stand()
        _ = try await stand.administration.putEndpoint("ops", definition: definition(), by: .anna)
        _ = try await stand.administration.rotateSecret(of: "ops", [], by: .anna)
        _ = try await stand.administration.setEndpoint("ops", enabled: false, by: .anna)
        #expect(try await stand.administration.endpoint("ops")["secrets"] == 2)
        _ = try await stand.administration.deleteEndpoint("ops", by: .anna)
        #expect(try await stand.fixture.store.sealedIDs() == [])
        let (shown, _) = try await stand.administration.putEndpoint(
            "ops", definition: definition(), by: .anna)
        #expect(shown["secrets"] == 1 && shown["health"]?["state"] == "well")
        let id = try await stand.tell(1, "ops")
        #expect(try await stand.state(id) == .delivered)
    }

    /// Both at once; one of them loses.
    @Test func noRuleIsPutInThatNamesWhatGoesAtThatMoment() async throws {
        let stand = try await Stand()
        let administration = stand.administration
        for round in 0..<100 {
            let name = "ops\(round)"
            let rule = Array(#"{"match":{"type":["a"]},"notify":["\#(name)"]}"#.utf8)
            _ = try await administration.putEndpoint(name, definition: definition(), by: .anna)
            async let put = try? await administration.putRule(
                "rule\(round)", definition: rule, by: .anna)
            async let gone = try? await administration.deleteEndpoint(name, by: .anna)
            let isPut = await put != nil
            let isGone = await gone != nil
            #expect(isPut != isGone, "round \(round)")
        }
    }

    @Test func anOldDefinitionPutAgainSaysThatItsSecretEnds() async throws {
        let stand = try await Stand()
        func warnings() async throws -> JSONValue? {
            try await stand.administration.putEndpoint(
                "ops", definition: definition(), by: .anna
            ).endpoint["warnings"]
        }
        #expect(try await warnings() == nil)
        _ = try await stand.administration.rotateSecret(of: "ops", [], by: .anna)
        #expect(try await warnings()?.array?.count == 1)
    }

    @Test func whatTheConfigurationHasStaysAsItIsWhenANamesakeGoes() async throws {
        let before = try await Stand()
        _ = try await before.administration.putEndpoint(
            "ops", definition: definition(), by: .anna)
        let stand = try await Stand(store: before.fixture.store, endpoints: ["audit", "ops"])
        _ = try await stand.administration.rotateSecret(of: "ops", [], by: .anna)
        _ = try await stand.administration.setEndpoint("ops", enabled: false, by: .anna)
        let shown = try await stand.administration.endpoint("ops")
        #expect(shown["secrets"] == 2 && shown["health"]?["state"] == "disabled")
        _ = try await stand.administration.deleteEndpoint("ops", by: .anna)
        #expect(try await stand.administration.endpoint("ops") == shown)
    }

    @Test func aTrialSaysWhatItCameTo() async throws {
        let stand = try await Stand()
        #expect(
            try await stand.administration.testEndpoint("audit") == [
                "endpoint": "audit", "accepted": false, "status": 503, "duration_ms": 15000,
                "detail": "not delivered: audit", "remedy": "Look there.",
            ])
        #expect(
            await code { () async throws(AdministrationError) in
                _ = try await stand.administration.testEndpoint("nobody")
            } == .notFound)
    }
}
