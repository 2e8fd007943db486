import Domain
import Signing
import Simulation
import Storage
import StorageMemory

/// Holds what the simulators saw against what the store says; no part of the service.
struct Checkers {
    let course: Course
    let snapshot: Snapshot
    let records: [TaskRecord]
    let census: Census
    let health: [DestinationHealth]
    let audit: AuditVerdict
    /// Entries of the audit about tasks that a person decided.
    let noted: Int
    private(set) var troubles: [String] = []

    /// Reads from the store itself, not as a life meets it.
    init(course: Course, snapshot: Snapshot) async throws(StorageError) {
        self.course = course
        self.snapshot = snapshot
        records = try await snapshot.records(in: course.store)
        census = try await course.store.census()
        health = try await course.store.health()
        audit = try await course.store.verifyAudit()
        let verb = AuditVerb.taskResolved.rawValue
        noted = try await course.store.auditStretch(after: nil, limit: Int.max).entries
            .count { $0?.verb == verb }
    }

    mutating func fail(_ what: String) { troubles.append(what) }

    mutating func check() {
        checkEvents()
        checkTasks()
        checkSubmissions()
        checkCopies()
        checkHistories()
        checkAnnouncements()
        checkDeliveries()
        checkPatience()
        checkCensus()
        checkConnections()
        checkDisabling()
        checkBodies()
        checkSecrets()
        checkWishes()
        checkAudit()
        for line in course.chronicle.contradictions { fail("contradiction: \(line)") }
    }

    /// Nothing admitted is lost: every happening is one event, matched, with what its rules want.
    private mutating func checkEvents() {
        for happening in course.senders.happenings {
            let rows = snapshot.events.filter {
                $0.event.identity.source == happening.source
                    && $0.event.identity.key == happening.key
            }
            let name = "event \(happening.source) \(happening.key)"
            guard rows.count == 1, let row = rows.first else {
                fail("\(name) is stored \(rows.count) times")
                continue
            }
            if row.state != .matched { fail("\(name) is \(row.state)") }
            for rule in happening.rules {
                let count = snapshot.tasks.count {
                    $0.plan.event.id == row.event.id && $0.plan.rule == rule && $0.plan.run == 0
                }
                if count == 0, isSuppressed(row, by: rule) { continue }
                if count != 1 { fail("\(name) has \(count) tasks of \(rule)") }
            }
        }
        let count = snapshot.events.count - snapshot.eventsByHand.count
        if count != course.senders.happenings.count {
            fail("\(count) events of \(course.senders.happenings.count)")
        }
    }

    /// Whether the rule rested then, because it had copied the same shortly before.
    private func isSuppressed(_ row: EventRecord, by rule: String) -> Bool {
        // What was said the first time is written over by a replay.
        let isSaid =
            row.event.run > 0
            || row.verdicts.contains { verdict in
                verdict.rule == rule && verdict.effect == .suppressed("cooldown")
            }
        return isSaid && course.plan.cooldown > .zero
            && snapshot.tasks.contains {
                $0.plan.rule == rule && $0.plan.entity == row.event.entity
            }
    }

    /// (event, rule, action) has one task in each run.
    private mutating func checkTasks() {
        var seen: Set<String> = []
        for task in snapshot.tasks {
            let key =
                "\(task.plan.event.id) \(task.plan.rule) \(task.plan.action) "
                + "\(task.plan.run)"
            if !seen.insert(key).inserted { fail("two tasks of \(key)") }
        }
    }
}
