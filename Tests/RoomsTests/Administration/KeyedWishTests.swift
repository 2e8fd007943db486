import Administration
import Domain
import Storage
import StorageMemory
import StrictJSON
import Testing

private let who = Principal(id: "key_1", name: "ops", scopes: [.admin])
private let digest = String(repeating: "a", count: 64)

/// Wishes that come again because nobody knows what became of them.
@Suite struct KeyedWishTests {
    private let clock: ManualClock
    private let fixture: AdministrationFixture
    private var administration: Administrator { fixture.administration }

    init() {
        clock = ManualClock(Timestamp(milliseconds: 1_773_822_615_250))
        fixture = AdministrationFixture(clock: clock)
    }

    typealias Verb = @Sendable (Administrator) async throws -> JSONValue

    private func take(_ key: String = "k") async throws -> WishInHand? {
        switch try await administration.begin(key, digest: digest, by: who) {
        case .inYourHand(let wish): wish
        case .answered: nil
        }
    }

    /// Carries a wish out, loses its answer as a crash does, and carries it out again.
    ///
    /// - Parameter between: What happens meanwhile.
    private func twice(
        _ verb: Verb, meanwhile between: () async throws -> Void = {}
    ) async throws -> (JSONValue, JSONValue) {
        let first = try #require(try await take())
        #expect(!first.isAgain)
        let answer = try await verb(administration.carryingOut(first))
        try await between()
        await fixture.store.endLoans()
        clock.advance(by: .seconds(1))
        let again = try #require(try await take())
        #expect(again.isAgain && again.madeAt == first.madeAt)
        let entries = try await verbs()
        let repeated = try await verb(administration.carryingOut(again))
        #expect(try await verbs() == entries, "it was done again")
        return (answer, repeated)
    }

    private func verbs() async throws -> [String] {
        try await fixture.store.auditEntries(AuditQuery()).rows.map(\.verb)
    }

    @Test func aKeyThatIsMadeIsTheSameOne() async throws {
        let body = Array(#"{"name":"ci","scopes":["read"],"expires":"1h"}"#.utf8)
        let (first, again) = try await twice {
            try await $0.createKey(NewKey(parsing: body), by: who)
        }
        #expect(first == again && first["secret"]?.string?.isEmpty == false)
        #expect(try await fixture.store.apiKeys().count == 1)
    }

    @Test func aKeyThatWasRevokedMeanwhileDoesNotComeBack() async throws {
        let body = Array(#"{"name":"ci","scopes":["read"]}"#.utf8)
        let (first, again) = try await twice {
            try await $0.createKey(NewKey(parsing: body), by: who)
        } meanwhile: {
            let id = try #require(try await fixture.store.apiKeys().first?.id)
            try await administration.revokeKey(id.rawValue, by: who)
        }
        #expect(first["id"] == again["id"])
        #expect(try await fixture.store.apiKeys().isEmpty)
    }

    @Test func aCopyByHandIsPlannedOnce() async throws {
        let body = Array(
            #"{"connection":"keyue-prod","entity_id":"31"}"#.utf8)
        let (first, again) = try await twice {
            try await $0.copyByHand(CopyWish(parsing: body), by: who).task
        }
        #expect(first["task"]?["id"] == again["task"]?["id"])
        // Under another key it is another wish.
        let other = try #require(try await take("other"))
        let second = try await administration.carryingOut(other)
            .copyByHand(CopyWish(parsing: body), by: who)
        #expect(second.isNew && second.task["task"]?["id"] != first["task"]?["id"])
    }

    @Test func anEventWithoutAKeyOfItsOwnGetsOne() async throws {
        _ = try await twice { try await $0.publish(Array(#"{"type":"a"}"#.utf8), as: nil).answer }
        let keys = fixture.published.all
        #expect(keys.count == 2 && keys[0] == keys[1] && keys[0].hasPrefix("wsh_"))
        _ = try await administration.publish(Array(#"{"type":"a"}"#.utf8), as: nil)
        #expect(fixture.published.all.last == "")
    }

    @Test func aSecretIsRotatedOnce() async throws {
        let (first, again) = try await twice {
            try await $0.rotateSecret(of: "audit", Array(#"{"overlap":"2h"}"#.utf8), by: who)
        }
        #expect(first == again && first["secret"]?.string?.hasPrefix("whsec_") == true)
    }

    @Test func anEventIsReplayedOnceThoughTheRulesWereQuick() async throws {
        let task = try await fixture.plan(1)
        let id = task.plan.event.id.rawValue
        let (first, again) = try await twice {
            try await $0.replayEvent(id, by: who).answer
        } meanwhile: {
            let claim = try #require(
                try await fixture.store.claimEvents(
                    limit: 1, at: clock.now, lease: .seconds(60)
                ).first)
            try await fixture.store.settle(claim, as: MatchOutcome(), at: clock.now)
        }
        #expect(first == again && first["run"] == 1)
    }

    @Test func manyEventsAreReplayedOnce() async throws {
        _ = try await fixture.plan(1)
        clock.advance(by: .seconds(9))
        let body = Array(#"{"source":"coze-main","since":"1h"}"#.utf8)
        let (first, again) = try await twice {
            try await $0.replayEvents(ReplayWish(parsing: body, at: $0.now), by: who)
        } meanwhile: {
            let claim = try #require(
                try await fixture.store.claimEvents(
                    limit: 1, at: clock.now, lease: .seconds(60)
                ).first)
            try await fixture.store.settle(claim, as: MatchOutcome(), at: clock.now)
        }
        #expect(first["replayed"] == 1 && again["replayed"] == 0)
        #expect(first["since"] == again["since"], "an age means the same moment")
    }

    @Test func aDecisionStandsThoughTheTaskIsUnresolvedAgain() async throws {
        let task = try await fixture.unresolved(1)
        let (_, again) = try await twice {
            try await $0.resolve(task.id.rawValue, .sendAgain, by: who)
        } meanwhile: {
            var claim = try await fixture.store.takeTask(
                task.id, at: clock.now, lease: .seconds(60))
            _ = try claim.work.apply(.prepared(.init(id: "dsp_9", at: clock.now)))
            try await fixture.store.dispatch(claim, at: clock.now)
            _ = try claim.work.apply(.answerLost(lookAt: clock.now))
            _ = try claim.work.apply(.held(lookAt: clock.now + .minutes(2), at: clock.now))
            try await fixture.store.settle(claim, with: CopySettlement(), at: clock.now)
        }
        #expect(again["task"]?["state"] == "unresolved")
    }

    @Test func aTaskIsCancelledAndRetriedOnce() async throws {
        let task = try await fixture.plan(1)
        let (first, again) = try await twice {
            try await $0.cancelTask(task.id.rawValue, by: who).task
        }
        #expect(first == again)
        let retried = try #require(try await take("retry"))
        let once = try await administration.carryingOut(retried)
            .retryTask(task.id.rawValue, by: who)
        let twice = try await administration.retryTask(task.id.rawValue, by: who)
        #expect(once.isNew && !twice.isNew && once.task == twice.task)
    }

    @Test func aTaskOnLoanIsCancelledOnce() async throws {
        let task = try await fixture.plan(1)
        _ = try await fixture.store.takeTask(task.id, at: clock.now, lease: .seconds(60))
        let (first, again) = try await twice {
            try await $0.cancelTask(task.id.rawValue, by: who).task
        }
        #expect(first["task"]?["state"] == "queued")
        // Its loan is over by now.
        #expect(again["task"]?["state"] == "cancelled")
        #expect(again["attempts"]?.array?.map { $0["outcome"] } == ["cancel_asked"])
    }

    @Test func aDeliveryGoesOutAgainOnce() async throws {
        let task = try await fixture.plan(1)
        let shown = try await administration.cancelTask(task.id.rawValue, by: who).task
        let id = try #require(shown["deliveries"]?[0]?["id"]?.string)
        _ = try await administration.cancelDelivery(id, by: who)
        _ = try await twice {
            try await $0.resendDelivery(id, by: who)
        } meanwhile: {
            // It goes out, and somebody cancels it when it waits again.
            _ = try await administration.cancelDelivery(id, by: who)
        }
        let now = try await administration.delivery(id)
        #expect(now["delivery"]?["state"] == "cancelled")
    }

    @Test func whatWasSwitchedBackMeanwhileStays() async throws {
        let rule = Array(#"{"match":{"type":["a"]},"notify":["audit"]}"#.utf8)
        _ = try await administration.putRule("r", definition: rule, by: who)
        let (_, again) = try await twice {
            try await $0.setRule("r", enabled: false, by: who)
        } meanwhile: {
            _ = try await administration.setRule("r", enabled: true, by: who)
        }
        #expect(again["enabled"] == true)
    }

    @Test func anAnswerIsKeptSealedAndPutDownOnesAreNot() async throws {
        let wish = try #require(try await take())
        await expect(.wishInHand) { try await take() }
        await administration.end(wish, answer: nil)
        let again = try #require(try await take())
        #expect(again.isAgain)
        await administration.end(again, answer: Array("a secret".utf8))
        #expect(try await take() == nil)
        await expect(.wishKeyReused) {
            try await administration.begin(
                "k", digest: String(repeating: "b", count: 64), by: who)
        }
        let raw = try await fixture.store.begin(
            KeyedWish(
                owner: "key_1", key: "k", digest: digest, begunAt: clock.now, seed: []),
            until: clock.now, forgetting: clock.now - .hours(1), countMax: 9)
        guard case .answered(let sealed) = raw else {
            Issue.record("\(raw)")
            return
        }
        #expect(!String(decoding: sealed, as: UTF8.self).contains("a secret"))
        // Another's wish of the same key is another one.
        let other = Principal(id: "key_2", name: "ops", scopes: [.admin])
        guard case .inYourHand = try await administration.begin("k", digest: digest, by: other)
        else {
            Issue.record("the other was answered")
            return
        }
        clock.advance(by: WishInHand.keptFor + .seconds(1))
        #expect(try await take()?.isAgain == false, "the key is free again")
    }
}
