import Domain
import Storage
import Testing

@Test(arguments: Backend.all)
func oneTaskOfAKeyIsUnderWayAtATime(_ backend: Backend) async throws {
    try await backend.run { store in
        let now = Timestamp.start
        try await store.plan([
            .sample("1", entity: "bot"), .sample("2", entity: "bot"), .sample("3", entity: "app"),
            .sample("4", connection: "other", entity: "bot"),
        ])
        let claims = try await store.claimAll().map { try $0.claim.after(.prepared(at: now)) }
        #expect(claims.map(\.work.id) == ["tsk_1", "tsk_2", "tsk_3", "tsk_4"])
        try await store.dispatch(claims[0], at: now)
        #expect(try await code { try await store.dispatch(claims[1], at: now) } == .keyBusy)
        #expect(try await store.task("tsk_2")?.task.state.name == .queued)
        #expect(try await store.task("tsk_2")?.history.map(\.state) == [.queued])
        try await store.dispatch(claims[2], at: now)
        try await store.dispatch(claims[3], at: now)

        // `copying` and `reconciling` hold it too, `unresolved` does not.
        var first = try claims[0].after(.accepted("job", pollAt: now))
        try await store.settle(first, with: CopySettlement(), at: now)
        #expect(try await code { try await store.dispatch(claims[1], at: now) } == .keyBusy)
        first = try #require(await store.claimAll(at: now).first).claim
        first = try first.after(.deadlinePassed(lookAt: now + .hours(1), at: now))
        try await store.settle(first, with: CopySettlement(), at: now)
        try await store.dispatch(claims[1], at: now)

        // Now that the second is under way, the first cannot come back beside it.
        let held = try await store.takeTask("tsk_1", at: now, lease: .seconds(60))
        let found = try held.after(.foundTask("job", pollAt: now))
        let settled = try await code {
            try await store.settle(
                found, with: CopySettlement(announcements: [.sample("no")]), at: now)
        }
        #expect(settled == .keyBusy)
        #expect(try await store.task("tsk_1")?.task.state.name == .unresolved)
        #expect(try await store.delivery("msg_no_hook") == nil)
        // Its claim stands, so that it can be settled otherwise.
        try await store.settle(
            try held.after(.held(lookAt: now + .hours(2), at: now)), with: CopySettlement(),
            at: now)
    }
}

@Test(arguments: Backend.all)
func aQueuedTaskWhoseKeyIsHeldIsNotLent(_ backend: Backend) async throws {
    let now = Timestamp.start
    try await backend.run { store in
        try await store.plan([
            .sample("1", entity: "bot"), .sample("2", entity: "bot"), .sample("3", entity: "app"),
        ])
        func lent(at now: Timestamp = now) async throws -> [CopyTask.ID] {
            let claims = try await store.claimAll(at: now).map(\.claim)
            for claim in claims {
                try await store.settle(claim, with: CopySettlement(), at: now)
            }
            return claims.map(\.work.id)
        }
        #expect(try await lent() == ["tsk_1", "tsk_2", "tsk_3"])
        var first = try await store.sent("tsk_1")
        // Its worker is at it: submitting, then copying, then looked for.
        #expect(try await lent() == ["tsk_3"])
        first = try first.after(.accepted("job", pollAt: now + .hours(1)))
        try await store.settle(first, with: CopySettlement(), at: now)
        #expect(try await lent() == ["tsk_3"])
        #expect(try await lent(at: now + .hours(1)) == ["tsk_3", "tsk_1"])
        first = try await store.takeTask("tsk_1", at: now, lease: .seconds(9))
        first = try first.after(.deadlinePassed(lookAt: nil, at: now))
        try await store.settle(first, with: CopySettlement(), at: now)
        // What is left to a person holds nobody up.
        #expect(try await lent() == ["tsk_2", "tsk_3"])
    }
}

@Test(arguments: Backend.all)
func aSuccessThatIsWatchedIsDueOnceMore(_ backend: Backend) async throws {
    let now = Timestamp.start
    try await backend.run { store in
        try await store.plan([.sample("1")])
        let done = try await store.sent("tsk_1").after(
            .finished(copy: "copy", at: now), .watched(next: now + .seconds(60)))
        try await store.settle(done, with: CopySettlement(ownCopy: "copy"), at: now)
        #expect(try await store.claimAll(at: now + .milliseconds(59_999)).isEmpty)
        let claimed = try #require(await store.claimAll(at: now + .seconds(60)).first)
        #expect(claimed.step == .look)
        #expect(claimed.claim.work.state == .succeeded(copy: "copy"))
        try await store.settle(
            try claimed.claim.after(.watched(next: nil)), with: CopySettlement(),
            at: now + .seconds(60))
    } thenAfterACrash: { store in
        let due = try await store.claimAll(at: now + .days(9))
        #expect(due.isEmpty)
        #expect(try await store.census().tasks == [.succeeded: 1])
    }
}

@Test(arguments: Backend.all)
func nothingIsSentUnderALeaseThatIsOver(_ backend: Backend) async throws {
    try await backend.run { store in
        let now = Timestamp.start
        try await store.plan([.sample("1")])
        let claim = try #require(await store.claimAll(at: now, lease: .seconds(30)).first).claim
        let sent = try claim.after(.prepared(at: now))
        let late = now + .seconds(30)
        #expect(try await code { try await store.dispatch(sent, at: late) } == .claimLost)
        #expect(try await code { try await store.dispatch(claim, at: now) } == .conflict)
        try await store.dispatch(sent, at: now + .milliseconds(29_999))
        #expect(try await store.task("tsk_1")?.task == sent.work)
        #expect(
            try await code { try await store.dispatch(sent, at: now) } == .conflict,
            "a second dispatch under one claim would be a second send")
        // The lease is what it was: at its end the task is in doubt, and not before.
        #expect(try await store.claimAll(at: now + .milliseconds(29_999)).isEmpty)
        #expect(try await store.claimAll(at: late).first?.step == .look)
        #expect(try await code { try await store.dispatch(sent, at: now) } == .claimLost)
    }
}

@Test(arguments: Backend.all)
func surroundingsNameWhatElseACopyMightBelongTo(_ backend: Backend) async throws {
    try await backend.run { store in
        let now = Timestamp.start
        try await store.plan([
            .sample("older", entity: "bot"), .sample("asked", entity: "bot"),
            .sample("copying", entity: "c"), .sample("queued", entity: "q"),
            .sample("done", entity: "d"), .sample("far", connection: "far", entity: "f"),
        ])
        func settle(_ claim: Claim<CopyTask>, own: Identifier<Entity>? = nil) async throws {
            try await store.settle(claim, with: CopySettlement(ownCopy: own), at: now)
        }
        let older = try await store.sent("tsk_older").after(
            .accepted("job-older", pollAt: now), .deadlinePassed(lookAt: nil, at: now))
        try await settle(older)
        let asked = try await store.sent("tsk_asked").after(.answerLost(lookAt: now))
        try await settle(asked)
        try await settle(try await store.sent("tsk_copying").after(.accepted("job-1", pollAt: now)))
        let done = try await store.sent("tsk_done").after(
            .accepted("job-2", pollAt: now), .finished(copy: "copy-1", at: now))
        try await settle(done, own: "copy-1")
        try await settle(try await store.sent("tsk_far").after(.accepted("job-far", pollAt: now)))

        #expect(
            try await store.surroundings(of: asked.work)
                == Surroundings(
                    ownCopies: ["copy-1"], openNames: ["名 bot", "名 bot", "名 c"],
                    ownProviderTasks: ["job-older", "job-1", "job-2"], hasOlderUnresolved: true,
                    namesakes: [older.work]))
        #expect(try await store.surroundings(of: older.work).hasOlderUnresolved == false)
        let own = try await store.surroundings(of: done.work).ownProviderTasks
        #expect(own == ["job-older", "job-1"])
        // One that is not stored yet is younger than all.
        let new = try await store.surroundings(of: .sample("new", entity: "bot"))
        #expect(new.hasOlderUnresolved)
    }
}

@Test(arguments: Backend.all)
func aNamesakeIsAnotherTaskWhoseCopyWouldLookTheSame(_ backend: Backend) async throws {
    let now = Timestamp.start
    let others: [(task: CopyTask, isNamesake: Bool)] = [
        (.sample("same", entity: "b") { $0.name = "N" }, true),
        (.sample("renamed", entity: "b") { $0.name = "N2" }, false),
        // Equal to Swift, two names to a platform.
        (.sample("composed", entity: "b") { $0.name = "caf\u{E9}" }, false),
        (.sample("nameless", entity: "b") { $0.name = nil }, false),
        (.sample("elsewhere", entity: "b", workspace: "ws-3") { $0.name = "N" }, false),
        // Nothing said: the copy lands where the original is.
        (.sample("there", entity: "b", workspace: nil) { $0 = .target(named: "N") }, true),
        (.sample("kind", entity: "b") { ($0.type, $0.name) = ("app", "N") }, false),
        (.sample("account", connection: "far", entity: "b") { $0.name = "N" }, false),
    ]
    for (other, isNamesake) in others {
        try await backend.run { store in
            let asked = CopyTask.sample("asked", entity: "a") { $0.name = "N" }
            let decomposed = CopyTask.sample("d", entity: "a") { $0.name = "cafe\u{301}" }
            try await store.plan([asked, decomposed, other])
            #expect(try await store.surroundings(of: asked).namesakes.isEmpty, "not sent yet")
            let sent = try await store.sent(other.id)
            let due = isNamesake ? [other.id] : []
            let ofAsked = try await store.surroundings(of: asked).namesakes
            #expect(ofAsked.map(\.id) == due, "\(other.id)")
            #expect(try await store.surroundings(of: decomposed).namesakes.isEmpty)
            #expect(try await store.surroundings(of: other).namesakes.isEmpty, "its own")
            let held = try sent.after(
                .answerLost(lookAt: now), .ambiguous(lookAt: now, at: now))
            try await store.settle(held, with: CopySettlement(), at: now)
            let unresolved = try await store.surroundings(of: asked).namesakes
            #expect(unresolved.map(\.id) == due, "unresolved")
            let taken = try await store.takeTask(other.id, at: now, lease: .seconds(60))
            try await store.settle(
                try taken.after(.found(copy: "copy", at: now)), with: CopySettlement(), at: now)
            #expect(try await store.surroundings(of: asked).namesakes.isEmpty, "ended")
        }
    }
}

@Test(arguments: Backend.all)
func workspacesTellNothingApartInKeyuesOneList(_ backend: Backend) async throws {
    try await backend.run { store in
        func task(_ name: String, in workspace: String?) -> CopyTask {
            .sample(name, entity: name, provider: .keyue, workspace: workspace) { $0.name = "N" }
        }
        try await store.plan([task("a", in: nil), task("b", in: "ws-9")])
        _ = try await store.sent("tsk_b")
        let namesakes = try await store.surroundings(of: task("a", in: nil)).namesakes
        #expect(namesakes.map(\.id) == ["tsk_b"])
    }
}

extension EntityReference {
    /// Something that is already where the samples are copied to.
    fileprivate static func target(named name: String) -> EntityReference {
        EntityReference(type: "bot", id: "b", name: name, workspaceID: "ws-2")
    }
}
