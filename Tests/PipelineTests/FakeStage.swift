import Domain
import Pipeline
import Storage

/// A room whose work is numbers and lasts until the test lets it end.
struct FakeStage: Stage {
    struct Journal: Sendable {
        /// What is due, in order.
        var due: [Int] = []
        /// Trouble for the next claims, `nil` for none.
        var claimTroubles: [StorageError.Code?] = []
        /// The same for settling.
        var settleTroubles: [StorageError.Code?] = []
        /// Work that may end; `isOpen` lets everything end.
        var released: Set<Int> = []
        var isOpen = false

        var claims: [Asked] = []
        var inHand: [Int] = []
        var settleAttempts: [Asked] = []
        var settled: [Int] = []
        var cutShort: [Int] = []
        var hasEnded = false
    }

    /// How much was asked for, or which work it was, and when.
    struct Asked: Hashable, Sendable {
        let number: Int
        let at: Duration
    }

    struct Ended: Sendable {
        let work: Int
        let wasCutShort: Bool
    }

    let name = "fake"
    let clock: ManualClock
    let journal: Watched<Journal>

    init(_ clock: ManualClock, due: [Int] = [], isOpen: Bool = false) {
        self.clock = clock
        journal = Watched(Journal(due: due, isOpen: isOpen))
    }

    func claim(limit: Int, at now: Timestamp) async throws(StorageError) -> [Int] {
        let taken: Swift.Result<[Int], StorageError> = journal.change { journal in
            journal.claims.append(Asked(number: limit, at: now - Timestamp(milliseconds: 0)))
            if !journal.claimTroubles.isEmpty, let code = journal.claimTroubles.removeFirst() {
                return .failure(StorageError(code, detail: "claim"))
            }
            let taken = Array(journal.due.prefix(limit))
            journal.due.removeFirst(taken.count)
            return .success(taken)
        }
        return try taken.get()
    }

    func perform(_ work: Int) async -> Ended {
        journal.change { $0.inHand.append(work) }
        await journal.wait { $0.isOpen || $0.released.contains(work) }
        return Ended(work: work, wasCutShort: Task.isCancelled)
    }

    func settle(_ ended: Ended) async throws(StorageError) {
        let code = journal.change { journal in
            journal.settleAttempts.append(
                Asked(number: ended.work, at: clock.state.value.elapsed))
            return journal.settleTroubles.isEmpty ? nil : journal.settleTroubles.removeFirst()
        }
        if let code { throw StorageError(code, detail: "settle") }
        journal.change { journal in
            journal.settled.append(ended.work)
            if ended.wasCutShort { journal.cutShort.append(ended.work) }
        }
    }

    func release(_ works: Int...) {
        journal.change { $0.released.formUnion(works) }
    }
}
