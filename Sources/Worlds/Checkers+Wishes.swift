import Domain
import Simulation
import Storage

// What people wished for was done, once, and nothing of its kind was done that nobody wished for.
extension Checkers {
    mutating func checkWishes() {
        let wishes = course.wishes.entries
        checkCancelled(wishes)
        checkRuns(wishes)
        checkReplays(wishes)
        checkByHand(wishes)
    }

    /// A task that was said to be cancelled stays so, and nothing of it leaves any more.
    ///
    /// One that a worker had on loan may have failed in its hand, with nothing sent.
    private mutating func checkCancelled(_ wishes: WishBook.Entries) {
        let witness = course.scenery.witness
        let submissions = witness.coze.submissions + witness.keyue.submissions
        for (id, before) in wishes.cancelled.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            let state = snapshot.tasks.first { $0.id == id }?.state.name
            let mayHaveFailed = wishes.cancelAsked.contains(id)
            if state != .cancelled, !(mayHaveFailed && state == .failed) {
                fail("\(id) was cancelled and is so no longer")
            }
            let late = course.chronicle.dispatches(of: id).dropFirst(before)
            if submissions.contains(where: { late.contains($0.dispatch) }) {
                fail("\(id) was sent after it was cancelled")
            }
        }
    }

    /// Nothing has a run that nobody asked for, and a task that was retried has its successor.
    private mutating func checkRuns(_ wishes: WishBook.Entries) {
        for row in snapshot.events {
            let id = row.event.id
            let tasks = snapshot.tasks.filter { $0.plan.event.id == id }
            let runs = Set(tasks.map(\.plan.run) + [row.event.run]).subtracting([0])
            let asked = wishes.runsAsked[id] ?? 0
            if runs.count > asked || runs.contains(where: { $0 > asked }) {
                fail("\(id) has the runs \(runs.sorted()), and \(asked) were asked for")
            }
        }
        for id in wishes.retried.sorted(by: { $0.rawValue < $1.rawValue }) {
            guard let old = snapshot.tasks.first(where: { $0.id == id }) else {
                fail("\(id) was retried and is gone")
                continue
            }
            let hasNext = snapshot.tasks.contains { $0.doesAgain(old) }
            if !hasNext { fail("\(id) was retried, and no task does it again") }
            if !old.mayBeRetried { fail("\(id) was retried and is \(old.state.name)") }
        }
    }

    /// A replay plans what its rules want, as the run that was said.
    private mutating func checkReplays(_ wishes: WishBook.Entries) {
        guard course.plan.cooldown == .zero else { return }
        for (id, run) in wishes.replays {
            guard let row = snapshot.events.first(where: { $0.event.id == id }),
                let happening = course.senders.happenings.first(where: {
                    $0.source == row.event.identity.source && $0.key == row.event.identity.key
                })
            else { continue }
            for rule in happening.rules {
                let count = snapshot.tasks.count {
                    $0.plan.event.id == id && $0.plan.rule == rule && $0.plan.run == run
                }
                if count != 1 {
                    fail("\(id) was replayed as run \(run) and has \(count) tasks of \(rule)")
                }
            }
        }
    }

    /// A copy by hand has one event of its own, and one task that no rule planned.
    private mutating func checkByHand(_ wishes: WishBook.Entries) {
        let rows = snapshot.eventsByHand
        for row in rows {
            let key = row.event.identity.key
            if !wishes.keysAsked.contains(key) { fail("\(row.event.id) was asked for by nobody") }
            let count = snapshot.tasks.count {
                $0.plan.event.id == row.event.id && $0.plan.run == 0
            }
            if count != 1 { fail("\(row.event.id), by hand, has \(count) tasks") }
            if row.event.run == 0, row.state != .matched {
                fail("\(row.event.id), by hand, is \(row.state)")
            }
        }
        for key in wishes.keysPlanned.union(rows.map(\.event.identity.key)).sorted() {
            let count = rows.count { $0.event.identity.key == key }
            if count != 1 { fail("the copy \(key) by hand has \(count) events") }
        }
    }
}

extension CopyTask {
    /// Whether this one does what the other one was to do, in a later run.
    func doesAgain(_ other: CopyTask) -> Bool {
        plan.event.id == other.plan.event.id && plan.rule == other.plan.rule
            && plan.action == other.plan.action && plan.run > other.plan.run
    }
}

extension Snapshot {
    /// Events of our own.
    var eventsByHand: [EventRecord] { events.filter { $0.event.type == "copy.requested" } }
}
