import Administration
import Domain
import Storage
import StorageMemory
import StrictJSON
import Testing

@Suite struct DecisionTests {
    @Test func anAdoptedCopyEndsTheTaskAndIsKnownAsOurs() async throws {
        let fixture = AdministrationFixture()
        _ = try await fixture.unresolved(1)

        let shown = try await fixture.administration.resolve("tsk_1", .adopt("7600"), by: .anna)

        #expect(shown["task"]?["state"] == "succeeded")
        #expect(shown["task"]?["copy_id"] == "7600")
        #expect(shown["task"]?["sequence"] == 2)
        #expect(shown["attempts"]?.array?.last?["kind"] == "decide")
        #expect(shown["attempts"]?.array?.last?["outcome"] == "adopted")
        #expect(
            shown["attempts"]?.array?.last?["detail"]
                == "adopted 7600; shown after 0 looks: candidates 7600")
        #expect(shown["deliveries"]?.array?.count == 2)
        #expect(shown["deliveries"]?[0]?["type"] == "copy.succeeded")
        #expect(try await fixture.store.ownCopies(among: ["7600"], of: .coze) == ["7600"])
        #expect(fixture.nudged.all == ["notifying"])
        let delivery = try #require(shown["deliveries"]?[0]?["id"]?.string)
        let told = try await fixture.administration.delivery(delivery)
        #expect(told["notification"]?["payload"]?["data"]?["task"]?["copy_id"] == "7600")
    }

    @Test func sendingAgainQueuesTheTaskAndTellsNobody() async throws {
        let fixture = AdministrationFixture()
        _ = try await fixture.unresolved(1)

        let shown = try await fixture.administration.resolve("tsk_1", .sendAgain, by: .anna)

        #expect(shown["task"]?["state"] == "queued")
        #expect(shown["task"]?["possible_duplicate"] == true)
        #expect(shown["deliveries"]?.array?.isEmpty == true)
        #expect(fixture.nudged.all == ["copying"])
        let due = try await fixture.store.claimTasks(
            limit: 1, perConnection: 1, skipping: [], at: fixture.now, lease: .seconds(1))
        #expect(due.map(\.claim.work.id) == ["tsk_1"])
    }

    @Test func givingUpFailsTheTask() async throws {
        let fixture = AdministrationFixture()
        _ = try await fixture.unresolved(1)

        let shown = try await fixture.administration.resolve("tsk_1", .giveUp, by: .anna)

        #expect(shown["task"]?["state"] == "failed")
        #expect(shown["task"]?["failure"]?["kind"] == "abandoned")
        #expect(shown["deliveries"]?[0]?["type"] == "copy.failed")
    }

    @Test func aDecisionIsMadeOnlyAboutWhatWasShown() async throws {
        let fixture = AdministrationFixture()
        let task = try await fixture.unresolved(1)
        let shown = try await fixture.administration.task("tsk_1")
        let tag = try #require(shown["etag"]?.string)
        // Another look finds the same, and then one more that may be ours.
        func look(_ ids: [String]) async throws {
            var claim = try await fixture.store.takeTask(
                task.id, at: fixture.now, lease: .seconds(9))
            claim.work.evidence.candidates = ids.map {
                .init(id: $0, name: "客服助手", updatedAt: fixture.now)
            }
            try await fixture.store.settle(claim, with: CopySettlement(), at: fixture.now)
        }
        try await look(["7600"])
        #expect(try await fixture.administration.task("tsk_1")["etag"]?.string == tag)
        try await look(["7600", "7601"])
        await expect(.changedMeanwhile) {
            try await fixture.administration.resolve(
                "tsk_1", .giveUp, if: IfMatch([tag]), by: .anna)
        }
        let now = try #require(try await fixture.administration.task("tsk_1")["etag"]?.string)
        let decided = try await fixture.administration.resolve(
            "tsk_1", .giveUp, if: IfMatch(["\"x\", \(now)"]), by: .anna)
        #expect(decided["task"]?["state"] == "failed")
        #expect(decided["etag"]?.string != now)
    }

    @Test func onlyKeyueMayBeAdoptedWithoutAnID() async throws {
        let fixture = AdministrationFixture()
        _ = try await fixture.unresolved(1)
        _ = try await fixture.unresolved(2, provider: .keyue)

        await expect(.decisionInvalid) {
            try await fixture.administration.resolve("tsk_1", .adopt(nil), by: .anna)
        }
        let shown = try await fixture.administration.resolve("tsk_2", .adopt(nil), by: .anna)

        #expect(shown["task"]?["state"] == "succeeded")
        #expect(shown["task"]?["copy_id"]?.isNull == true)
    }

    @Test func whatATaskUnderWayMayHaveMadeIsNotAdoptedByAnother() async throws {
        let fixture = AdministrationFixture()
        let task = try await fixture.unresolved(1, in: "7490")
        let other = try await fixture.plan(2, in: "7490")
        var claim = try await fixture.send(other, 2)
        let adopt = Decision.adopt(Identifier(rawValue: "7600"))
        let refusal = await #expect(throws: AdministrationError.self) {
            _ = try await fixture.administration.resolve(task.id.rawValue, adopt, by: .anna)
        }
        #expect(refusal?.detail.contains("tsk_2 is under way") == true)
        _ = try claim.work.apply(.answerLost(lookAt: fixture.now))
        _ = try claim.work.apply(.held(lookAt: fixture.now, at: fixture.now))
        try await fixture.store.settle(claim, with: CopySettlement(), at: fixture.now)
        _ = try await fixture.administration.resolve(task.id.rawValue, adopt, by: .anna)
    }

    @Test func theOriginalAndAnotherTasksCopyAreNotAdopted() async throws {
        let fixture = AdministrationFixture()
        _ = try await fixture.unresolved(1)
        _ = try await fixture.unresolved(2)
        _ = try await fixture.administration.resolve("tsk_1", .adopt("7600"), by: .anna)

        for id in ["7351", "7600"] {
            await expect(.decisionInvalid) {
                try await fixture.administration.resolve(
                    "tsk_2", .adopt(Identifier(rawValue: id)), by: .anna)
            }
        }
        #expect(try await fixture.store.task("tsk_2")?.task.state.name == .unresolved)
    }

    @Test(arguments: 0..<10)
    func twoPeopleCannotGiveOneCopyToTwoTasks(_ round: Int) async throws {
        let fixture = AdministrationFixture()
        _ = try await fixture.unresolved(1)
        _ = try await fixture.unresolved(2)
        let states = await withTaskGroup(of: String?.self) { group in
            for task in ["tsk_1", "tsk_2"] {
                group.addTask {
                    let shown = try? await fixture.administration.resolve(
                        task, .adopt("7600"), by: .anna)
                    return shown?["task"]?["state"]?.string
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(states.compactMap(\.self) == ["succeeded"])
    }

    @Test func nothingButAnUnresolvedTaskIsDecided() async throws {
        let fixture = AdministrationFixture()
        _ = try await fixture.plan(1)
        let before = try await fixture.store.task("tsk_1")

        for decision in [Decision.adopt("7600"), .sendAgain, .giveUp] {
            await expect(.taskNotUnresolved) {
                try await fixture.administration.resolve("tsk_1", decision, by: .anna)
            }
        }
        await expect(.notFound) {
            try await fixture.administration.resolve("tsk_0", .giveUp, by: .anna)
        }
        #expect(try await fixture.store.task("tsk_1") == before)
    }

    @Test func aTaskThatAWorkerHoldsIsLeftToIt() async throws {
        let fixture = AdministrationFixture()
        _ = try await fixture.unresolved(1)
        _ = try await fixture.store.takeTask("tsk_1", at: fixture.now, lease: .seconds(60))

        await expect(.taskBusy) {
            try await fixture.administration.resolve("tsk_1", .giveUp, by: .anna)
        }
        #expect(try await fixture.store.task("tsk_1")?.task.state.name == .unresolved)
    }

    @Test(arguments: [
        (#"{"decision":"adopt","copy_id":"7600"}"#, Decision.adopt("7600")),
        (#"{"decision":"adopt","copy_id":7505309748215939108}"#, .adopt("7505309748215939108")),
        (#"{"decision":"adopt"}"#, .adopt(nil)),
        (#"{"decision":"adopt","copy_id":null}"#, .adopt(nil)),
        (#"{"decision":"send_again"}"#, .sendAgain),
        (#"{"decision":"give_up"}"#, .giveUp),
    ])
    func aDecisionIsRead(from body: String, as decision: Decision) throws {
        #expect(try Decision(parsing: Array(body.utf8)) == decision)
    }

    @Test(arguments: [
        "", "[]", "{}", #"{"decision":"retry"}"#, #"{"decision":1}"#,
        #"{"decision":"give_up","copy_id":"7600"}"#, #"{"decision":"adopt","copy_id":""}"#,
        #"{"decision":"adopt","copy_id":"a b"}"#, #"{"decision":"adopt","copy_id":["7600"]}"#,
        #"{"decision":"adopt","copyid":"7600"}"#, #"{"decision":"adopt","decision":"give_up"}"#,
        #"{"decision":"adopt","copy_id":"汉"}"#, #"{"decision":"adopt","copy_id":"a\u007f"}"#,
        #"{"decision":"adopt","copy_id":"\#(String(repeating: "7", count: 257))"}"#,
    ])
    func whatIsNoDecisionIsRefused(_ body: String) {
        #expect(throws: AdministrationError.self) { try Decision(parsing: Array(body.utf8)) }
    }
}
