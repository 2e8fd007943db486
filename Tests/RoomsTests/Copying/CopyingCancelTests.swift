import Copying
import Domain
import Storage
import StorageMemory
import Testing
import Transport

/// A wish to cancel what a worker has on loan: nothing of it is sent.
@Suite struct CopyingCancelTests {
    private func ask(_ desk: CopyingDesk, _ id: CopyTask.ID = "t1") async throws {
        let now = desk.clock.now
        _ = try await desk.store.change(id, at: now) { task, isOnLoan in
            guard isOnLoan, (try? task.apply(.cancelAsked(at: now))) != nil else { return nil }
            return CopySettlement()
        }
    }

    /// All are claimed at once, two are asked about, and the platform takes its time.
    @Test func whatWaitsForASlowPlatformIsCancelled() async throws {
        let desk = CopyingDesk()
        let barrier = Barrier()
        desk.transport.answer { request in
            if request.url.hasSuffix("/prepare") { await barrier.pass() }
            return .success(HTTPAnswer(status: 200))
        }
        let ids = (1...8).map { CopyTask.ID(rawValue: "t\($0)") }
        for id in ids { try await desk.plan(id, entity: id.rawValue) }
        var works: [CopyWork] = []
        for _ in 0..<4 { works += try await desk.stage.claim(limit: 10, at: desk.clock.now) }
        #expect(works.count == 8)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for work in works {
                group.addTask { try await desk.stage.settle(await desk.stage.perform(work)) }
            }
            await barrier.waitForArrivals(2)
            for id in ids {
                #expect(try await desk.task(id).state.name == .queued)
                try await ask(desk, id)
            }
            barrier.open()
            try await group.waitForAll()
        }
        #expect(desk.transport.submissions.isEmpty)
        for id in ids { #expect(try await desk.states(id) == [.queued, .cancelled]) }
        #expect(
            try await desk.announced() == Array(repeating: NotificationType.copyCancelled, count: 8)
        )
    }

    @Test func theProviderIsNotAskedAboutWhatIsToBeCancelled() async throws {
        let desk = CopyingDesk()
        try await desk.plan()
        let works = try await desk.stage.claim(limit: 1, at: desk.clock.now)
        try await ask(desk)
        // The worker is gone; the next finds it.
        await desk.store.endLoans()
        try await desk.round()
        #expect(desk.transport.requests.isEmpty)
        #expect(try await desk.states() == [.queued, .cancelled])
        #expect(try await desk.announced() == [.copyCancelled])
        // Should the first come back, it hears that it is too late.
        try await desk.stage.settle(await desk.stage.perform(works[0]))
        #expect(desk.transport.submissions.isEmpty)
    }

    @Test func aTaskWithoutItsConnectionIsCancelledAsWell() async throws {
        let desk = CopyingDesk()
        try await desk.plan(connection: "gone")
        _ = try await desk.stage.claim(limit: 1, at: desk.clock.now)
        try await ask(desk)
        await desk.store.endLoans()
        try await desk.round()
        #expect(try await desk.states() == [.queued, .cancelled])
    }
}
