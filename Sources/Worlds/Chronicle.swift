import Domain
import Simulation
import Synchronization

/// What happened in a world, in its order, and how much of everything.
///
/// Written by whoever stands around the service, read by people and by the checkers.
final class Chronicle: Sendable {
    private struct State {
        var moments: [Moment] = []
        var counts = WorldCounts()
        var contradictions: [String] = []
        var stored: [Identifier<CopyTask.Dispatch>: CopyTask.ID] = [:]
        /// Those of each task in the order in which they became certain.
        var dispatches: [CopyTask.ID: [String]] = [:]
        var newestToken: [CopyTask.ID: Int64] = [:]
        /// Until when a task is in somebody's hand, unless it is settled before.
        var heldUntil: [CopyTask.ID: Timestamp] = [:]
        /// When the loan of the newest token began.
        var lentAt: [CopyTask.ID: Timestamp] = [:]
        var leaks: Set<String> = []
    }

    private let clock: VirtualClock
    /// Whether the rooms' own log lines are kept as well.
    let isDetailed: Bool
    private let state = Mutex(State())

    init(clock: VirtualClock, isDetailed: Bool) {
        self.clock = clock
        self.isDetailed = isDetailed
    }

    var moments: [Moment] { state.withLock { $0.moments } }
    var counts: WorldCounts { state.withLock { $0.counts } }
    /// Lines that are there only when somebody broke a promise while it was watched.
    var contradictions: [String] { state.withLock { $0.contradictions } }
    /// Places where a secret showed itself, in byte order.
    var leaks: [String] { state.withLock { $0.leaks.sorted() } }

    func note(_ what: String) { add(Moment(at: clock.now.offset, what: what, isAside: false)) }

    /// What a room says of itself: part of the story, not of what two runs are compared by.
    func tell(_ what: String) {
        if isDetailed { add(Moment(at: clock.now.offset, what: what, isAside: true)) }
    }

    func count(_ path: any WritableKeyPath<WorldCounts, Int> & Sendable, _ change: Int = 1) {
        state.withLock { $0.counts[keyPath: path] += change }
    }

    func note(contradiction: String) {
        note("BROKEN \(contradiction)")
        state.withLock { $0.contradictions.append(contradiction) }
    }

    func noteLeak(in place: String) { state.withLock { _ = $0.leaks.insert(place) } }

    private func add(_ moment: Moment) { state.withLock { $0.moments.append(moment) } }
}

// MARK: - Promises that were written down

extension Chronicle {
    /// A submission that is on disk from now on.
    func noteStored(_ dispatch: String, of task: CopyTask.ID) {
        state.withLock { state in
            state.stored[Identifier(rawValue: dispatch)] = task
            state.dispatches[task, default: []].append(dispatch)
        }
    }

    /// The task of a submission that was on disk before it left.
    func task(of dispatch: String) -> CopyTask.ID? {
        state.withLock { $0.stored[Identifier(rawValue: dispatch)] }
    }

    /// In the order in which they were stored.
    func dispatches(of task: CopyTask.ID) -> [String] {
        state.withLock { $0.dispatches[task] ?? [] }
    }

    /// A task that the store lent out; nobody gets what is in somebody's hand.
    ///
    /// Everything may have stood still between the loan and this, so that a later loan was told
    /// first: that one must have begun when this one was over.
    func noteLoan(of task: CopyTask.ID, token: Int64, from now: Timestamp, until end: Timestamp) {
        let isHeld = state.withLock { state in
            if let newest = state.newestToken[task], newest > token {
                return state.lentAt[task].map { $0 < end } ?? false
            }
            state.newestToken[task] = token
            state.lentAt[task] = now
            defer { state.heldUntil[task] = end }
            return state.heldUntil[task].map { now < $0 } ?? false
        }
        if isHeld { note(contradiction: "\(task) was lent out while somebody had it in hand") }
    }

    /// The loan of a task ends with its settlement; said before, since the next loan may come
    /// before we hear of this one's end.
    func noteSettling(_ task: CopyTask.ID, token: Int64) {
        state.withLock { state in
            if state.newestToken[task] == token { state.heldUntil[task] = nil }
        }
    }

    /// Every loan ended with the life that it was made to.
    func noteRestart() { state.withLock { $0.heldUntil = [:] } }

    func newestToken(of task: CopyTask.ID) -> Int64? {
        state.withLock { $0.newestToken[task] }
    }

    /// A write that the store let through; an older token than the newest has no right to it.
    ///
    /// - Parameter newest: As it was before the write: a loan may follow before we hear of it.
    func noteWrite(to task: CopyTask.ID, token: Int64, newest: Int64?) {
        if let newest, token < newest {
            note(contradiction: "\(task) was written under an old token")
        }
    }
}

/// One thing that happened.
package struct Moment: Hashable, Sendable {
    /// Since the world began, in virtual time.
    package let at: Duration
    package let what: String
    /// Whether it is a log line of the service itself.
    package let isAside: Bool

    /// `0:01:02.345 what`, hours first.
    package var line: String {
        let milliseconds = at.wholeMilliseconds
        func padded(_ number: Int64, _ width: Int) -> String {
            let text = String(number)
            return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
        }
        let seconds = milliseconds / 1_000
        return "\(padded(seconds / 3_600, 2)):\(padded(seconds / 60 % 60, 2)):"
            + "\(padded(seconds % 60, 2)).\(padded(milliseconds % 1_000, 3)) \(what)"
    }
}

/// How much of everything worlds had.
package struct WorldCounts: Hashable, Sendable {
    package var events = 0
    package var tasks = 0
    package var copies = 0
    package var notifications = 0
    package var crashes = 0
    /// Calls, to a platform, an endpoint or the store, that went wrong on purpose.
    package var faults = 0
    /// Jumps of our wall clock and stalls of everything.
    package var jolts = 0
    /// What people decided, and what strangers did in the target.
    package var decisions = 0
    package var intrusions = 0

    package static func += (left: inout Self, right: Self) {
        left.events += right.events
        left.tasks += right.tasks
        left.copies += right.copies
        left.notifications += right.notifications
        left.crashes += right.crashes
        left.faults += right.faults
        left.jolts += right.jolts
        left.decisions += right.decisions
        left.intrusions += right.intrusions
    }
}
