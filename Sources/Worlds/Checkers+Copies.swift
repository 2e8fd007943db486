import Domain
import Simulation
import Storage

// I3, I5, I6, I9 of reliability.md 1.7, and that no task is copied twice unless somebody said so.
extension Checkers {
    /// One request for each submission, and none that was not on disk before.
    mutating func checkSubmissions() {
        let witness = course.scenery.witness
        var seen: Set<String> = []
        for submission in witness.coze.submissions + witness.keyue.submissions {
            if !seen.insert(submission.dispatch).inserted {
                fail("\(submission.dispatch) was sent twice")
            }
            if course.chronicle.task(of: submission.dispatch) == nil {
                fail("\(submission.dispatch) was sent before it was stored")
            }
        }
    }

    /// Every copy that was made belongs to a task, and every one that is claimed was made for it.
    mutating func checkCopies() {
        let now = course.time.now
        let scenery = course.scenery
        let copies = scenery.coze.copies(at: now) + scenery.keyue.copies(at: now)
        var made: [CopyTask.ID: [SimulatedCopy]] = [:]
        for copy in copies {
            guard let task = course.chronicle.task(of: copy.dispatch ?? "") else { continue }
            made[task, default: []].append(copy)
        }
        var takers: [Identifier<Entity>: CopyTask.ID] = [:]
        for record in records {
            let task = record.task
            checkCount(made[task.id] ?? [], of: record)
            guard let copy = task.copyID else { continue }
            if let other = takers[copy] { fail("\(task.id) and \(other) both claim \(copy)") }
            takers[copy] = task.id
            let isReal = copies.contains {
                $0.copiedEntityID.utf8.elementsEqual(copy.rawValue.utf8) && $0.isOf(task)
            }
            if !isReal, !isPardonable(copy, of: task) {
                fail("\(task.id) claims \(copy), which is no copy of it")
            }
        }
    }

    private mutating func checkCount(_ copies: [SimulatedCopy], of record: TaskRecord) {
        let task = record.task
        for copy in copies where !copy.isOf(task) {
            fail("\(task.id) made \(copy.copiedEntityID), which is no copy of it")
        }
        let isGivenUp = record.attempts.contains { $0.outcome == "given_up" }
        switch task.state {
        case .failed, .cancelled, .queued:
            if !copies.isEmpty, !isGivenUp, !task.isPossibleDuplicate {
                fail("\(task.id) is \(task.state.name) and made \(copies.count) copies")
            }
        case .succeeded, .unresolved, .submitting, .copying, .reconciling: break
        }
        if copies.count > 1, !task.isPossibleDuplicate {
            fail("\(task.id) made \(copies.count) copies and does not say that it may have")
        }
        if copies.count > task.attempts { fail("\(task.id) made more copies than it tried") }
        let isAllowed = record.wasSentAgainByPerson || task.plan.onUncertain != .hold
        if copies.count > 1, !isAllowed {
            fail("\(task.id) made \(copies.count) copies, and nobody said that it may")
        }
        if task.isPossibleDuplicate, !isAllowed, !doesWhatWasGivenUp(task) {
            fail("\(task.id) was sent again, and nobody said that it may be")
        }
    }

    /// Whether a person has it done again after one that may have left a copy.
    private func doesWhatWasGivenUp(_ task: CopyTask) -> Bool {
        records.contains { other in
            task.doesAgain(other.task)
                && (other.task.isPossibleDuplicate || other.task.failure?.kind == .abandoned)
        }
    }

    /// What nobody could have told from ours: a stranger's work that was begun after our request,
    /// while nothing of ours was there to compare its owner with (seed 8896: only what had been
    /// taken for ours in the same way).
    private func isPardonable(_ copy: Identifier<Entity>, of task: CopyTask) -> Bool {
        guard task.plan.provider == .coze, Strangers.own(copy.rawValue),
            let sent = task.dispatch?.at,
            let bot = course.scenery.coze.platform.coze.bots.first(where: {
                $0.id.utf8.elementsEqual(copy.rawValue.utf8)
            })
        else { return false }
        let isYounger = Timestamp(milliseconds: bot.details.createdAt * 1_000) > sent - .minutes(5)
        let hadOthers = snapshot.tasks.contains { other in
            other.id != task.id && other.plan.target == task.plan.target
                && other.copyID.map { !Strangers.own($0.rawValue) } == true
                // Clocks jump by less: what ended long before is what could be compared with.
                && other.endedAt.map { $0 < sent - .minutes(5) } == true
        }
        return isYounger && !hadOthers
    }
}

extension Checkers {
    /// What was sent never goes back to `queued` unless it is certain that nothing came of it, and
    /// doubt leads there only by policy or by a person.
    mutating func checkHistories() {
        let now = course.time.now
        let scenery = course.scenery
        let acted = Set(
            (scenery.coze.copies(at: now) + scenery.keyue.copies(at: now)).compactMap(\.dispatch))
        for record in records {
            let task = record.task
            var dispatches = course.chronicle.dispatches(of: task.id)[...]
            let states = record.history.map(\.state)
            for (before, after) in zip(states, states.dropFirst()) {
                if after == .submitting, !dispatches.isEmpty { dispatches.removeFirst() }
                guard after == .queued else { continue }
                let sent = course.chronicle.dispatches(of: task.id).dropLast(dispatches.count).last
                switch before {
                case .submitting:
                    if let sent, acted.contains(sent) {
                        fail("\(task.id) was queued again after \(sent) had made a copy")
                    }
                case .reconciling:
                    if task.plan.onUncertain == .hold {
                        fail("\(task.id) was queued again out of doubt")
                    }
                case .unresolved:
                    if !record.wasSentAgainByPerson {
                        fail("\(task.id) was queued again and no person said so")
                    }
                case .queued, .copying, .succeeded, .failed, .cancelled:
                    fail("\(task.id) went from \(before) to queued")
                }
            }
        }
    }
}

extension TaskRecord {
    /// Whether a person chose to risk a second copy.
    var wasSentAgainByPerson: Bool {
        attempts.contains { $0.kind == .decide && $0.outcome == "sent_again" }
    }
}
