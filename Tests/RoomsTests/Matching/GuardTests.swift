import Domain
import Matching
import Pipeline
import Storage
import Testing

private func rule(
    _ name: String = "r", copy: String? = #"{"connection":"coze"}"#, cooldown: String? = nil
) -> String {
    let parts = [
        #""name":"\#(name)","match":{"type":["bot.published"]},"notify":["ops"]"#,
        copy.map { #""copy":[\#($0)]"# }, cooldown.map { #""cooldown":"\#($0)""# },
    ]
    return "{\(parts.compactMap(\.self).joined(separator: ","))}"
}

private func isPlanned(_ record: EventRecord) -> [Bool] {
    record.verdicts.map { if case .planned = $0.effect { true } else { false } }
}

private func isAnnounced(_ record: EventRecord) -> [Bool] {
    record.verdicts.map(\.isAnnouncement)
}

private func effects(_ record: EventRecord) -> [RuleVerdict.Effect] {
    record.verdicts.map(\.effect)
}

@Suite struct LoopGuardTests {
    @Test func aCopyOfOursIsNotCopiedAgainButStillAnnounced() async throws {
        let world = try MatchingWorld([rule(), rule("tell", copy: nil)])
        await world.events.remember("7351", of: .coze)
        let record = try await world.match("1")
        #expect(effects(record).first == .suppressed("own_copy"))
        guard case .announced = effects(record).last else {
            Issue.record("\(record.verdicts)")
            return
        }
        #expect(record.state == .matched)
        #expect(try await world.tasks().isEmpty)
        #expect(world.paper.entries.last?.fields["suppressed"] == "1")
    }

    @Test func anotherBotIsCopied() async throws {
        let world = try MatchingWorld([rule()])
        await world.events.remember("735", "73511", of: .coze)
        await world.events.remember("7351", of: .keyue)
        #expect(isPlanned(try await world.match("1")) == [true])
    }

    @Test func anActionMayAskForCopiesOfCopies() async throws {
        let world = try MatchingWorld([
            rule(copy: #"{"connection":"coze","on_own_copies":true},{"connection":"coze"}"#)
        ])
        await world.events.remember("7351", of: .coze)
        let record = try await world.match("1")
        #expect(isPlanned(record) == [true, false])
    }

    /// Publishing the copy of a bot that the rule names would otherwise copy that bot again.
    @Test func aCopyOfOursDoesNotMakeACopyOfSomethingElse() async throws {
        let world = try MatchingWorld([
            rule(
                copy:
                    #"{"connection":"coze","entity_id":"9"},{"connection":"keyue","entity_id":"a"}"#
            )
        ])
        await world.events.remember("7351", of: .coze)
        let record = try await world.match("1")
        #expect(effects(record) == [.suppressed("own_copy"), .suppressed("own_copy")])
    }

    @Test func whatAnActionNamesMayItselfBeACopyOfOurs() async throws {
        let world = try MatchingWorld([
            rule(
                copy:
                    #"{"connection":"coze","entity_id":"9"},{"connection":"keyue","entity_id":"9"}"#
            )
        ])
        await world.events.remember("9", of: .coze)
        let record = try await world.match("1")
        #expect(isPlanned(record) == [false, true])
    }

    @Test func anEntityOfNoKnownKindIsLookedForEverywhere() async throws {
        let world = try MatchingWorld([rule(copy: #"{"connection":"coze","entity_type":"bot"}"#)])
        await world.events.remember("5", of: .keyue)
        let record = try await world.match(
            "1", entity: EntityReference(type: "robot", id: "5"))
        #expect(effects(record) == [.suppressed("own_copy")])
    }
}

@Suite struct CooldownTests {
    @Test func withinTheCooldownNothingIsPlannedAndAtItsEndItIs() async throws {
        let world = try MatchingWorld([rule(cooldown: "10m")])
        #expect(isPlanned(try await world.match("1")) == [true])
        world.clock.advance(by: .minutes(10) - .milliseconds(1))
        #expect(effects(try await world.match("2")) == [.suppressed("cooldown")])
        world.clock.advance(by: .milliseconds(1))
        #expect(isPlanned(try await world.match("3")) == [true])
        #expect(try await world.tasks().count == 2)
    }

    @Test func aRuleThatOnlyNotifiesRestsToo() async throws {
        let world = try MatchingWorld([rule(copy: nil, cooldown: "10m"), rule("b", copy: nil)])
        #expect(isAnnounced(try await world.match("1")) == [true, true])
        world.clock.advance(by: .minutes(10) - .milliseconds(1))
        let second = try await world.match("2")
        #expect(effects(second).first == .suppressed("cooldown"))
        #expect(isAnnounced(second) == [false, true])
        #expect(
            isAnnounced(try await world.match("3", entity: MatchingWorld.bot("7352")))
                == [true, true])
        world.clock.advance(by: .milliseconds(1))
        #expect(isAnnounced(try await world.match("4")) == [true, true])
        // What is about nothing has nothing to count by.
        #expect(isAnnounced(try await world.match("5", entity: nil)) == [true, true])
        #expect(isAnnounced(try await world.match("6", entity: nil)) == [true, true])
    }

    @Test func whatWasSuppressedDoesNotProlongTheCooldown() async throws {
        let world = try MatchingWorld([rule(cooldown: "10m")])
        try await world.match("1")
        world.clock.advance(by: .minutes(9))
        try await world.match("2")
        world.clock.advance(by: .minutes(1))
        #expect(isPlanned(try await world.match("3")) == [true])
    }

    @Test func withoutACooldownEveryEventCounts() async throws {
        let world = try MatchingWorld([rule()])
        try await world.match("1")
        #expect(isPlanned(try await world.match("2")) == [true])
    }

    @Test func anotherEntityAndAnotherRuleHaveCooldownsOfTheirOwn() async throws {
        let world = try MatchingWorld([rule("a", cooldown: "10m"), rule("b")])
        try await world.match("1")
        #expect(isPlanned(try await world.match("2")) == [false, true])
        #expect(
            isPlanned(try await world.match("3", entity: MatchingWorld.bot("7352")))
                == [true, true])
        let app = EntityReference(type: "app", id: "7351")
        #expect(isPlanned(try await world.match("4", entity: app)) == [true, true])
    }

    @Test func allActionsOfOneEventCountAsOneTrigger() async throws {
        let twice = #"{"connection":"coze"},{"connection":"coze","to_workspace":"1"}"#
        let world = try MatchingWorld([rule(copy: twice, cooldown: "10m")])
        #expect(isPlanned(try await world.match("1")) == [true, true])
        #expect(isPlanned(try await world.match("2")) == [false, false])
    }

    @Test func ofEventsInHandAtOnceOneCountsForEachTrigger() async throws {
        let world = try MatchingWorld([rule("a", cooldown: "10m"), rule("b", cooldown: "10m")])
        let app = EntityReference(type: "app", id: "7351")
        for key in 0..<20 {
            try await world.admit("bot-\(key)")
            try await world.admit("app-\(key)", entity: app)
            try await world.admit("other-\(key)", entity: MatchingWorld.bot("7352"))
        }
        let claims = try await world.room.claim(limit: 100, at: world.clock.now)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for claim in claims {
                group.addTask { try await world.room.settle(await world.room.perform(claim)) }
            }
            try await group.waitForAll()
        }
        let planned = try await world.tasks().map { task in
            let entity = task.plan.entity
            return "\(task.plan.rule) \(entity.type) \(entity.id)"
        }
        #expect(
            planned.sorted()
                == [
                    "a app 7351", "a bot 7351", "a bot 7352", "b app 7351", "b bot 7351",
                    "b bot 7352",
                ])
    }

    /// What was never written holds nobody back: else two events could each wait for the other's
    /// copy, and there would be none.
    @Test func anEventThatIsNotWrittenHoldsNoOtherBack() async throws {
        let world = try MatchingWorld([rule(cooldown: "10m")])
        try await world.admit("1")
        let lost = try await world.room.claim(limit: 1, at: world.clock.now)
        world.clock.advance(by: .seconds(60))
        _ = try await world.room.claim(limit: 1, at: world.clock.now)
        await #expect(throws: StorageError.self) {
            try await world.room.settle(await world.room.perform(lost[0]))
        }
        #expect(isPlanned(try await world.match("2")) == [true])
    }

    @Test func anEventThatTheCooldownHeldBackHoldsNoOtherBack() async throws {
        let world = try MatchingWorld([rule(cooldown: "10m")])
        try await world.match("1")
        world.clock.advance(by: .minutes(10) - .milliseconds(1))
        try await world.admit("2")
        let claims = try await world.room.claim(limit: 1, at: world.clock.now)
        let second = await world.room.perform(claims[0])
        world.clock.advance(by: .milliseconds(1))
        #expect(isPlanned(try await world.match("3")) == [true])
        try await world.room.settle(second)
        #expect(try await world.tasks().map(\.plan.event.id).sorted() == ["evt_1", "evt_3"])
    }

    @Test func anEventWhoseClaimWasLostIsNotInItsOwnWay() async throws {
        let world = try MatchingWorld([rule(cooldown: "10m")])
        try await world.admit("1")
        let first = try await world.room.claim(limit: 1, at: world.clock.now)
        _ = await world.room.perform(first[0])
        world.clock.advance(by: .seconds(60))
        try await world.runOnce()
        #expect(try await world.tasks().count == 1)
    }

    @Test func aClockThatWasSetBackNeitherFiresTwiceNorSilencesForLong() async throws {
        let world = try MatchingWorld([rule(cooldown: "10m")])
        try await world.match("1")
        world.clock.advance(by: .zero - .minutes(9))
        #expect(isPlanned(try await world.match("2")) == [false])
        world.clock.advance(by: .zero - .minutes(1))
        #expect(isPlanned(try await world.match("3")) == [true])
    }

    @Test func anOwnCopyTriggersNoCooldown() async throws {
        let world = try MatchingWorld([
            rule(copy: #"{"connection":"coze"}"#, cooldown: "10m")
        ])
        await world.events.remember("7351", of: .coze)
        try await world.match("1")
        #expect(effects(try await world.match("2")) == [.suppressed("own_copy")])
    }
}
