import Domain
import Signing
import Simulation
import Storage

/// Holds what the simulators saw against what the store says; no part of the service.
struct Checkers {
    let course: Course
    let snapshot: Snapshot
    private(set) var troubles: [String] = []

    init(course: Course, snapshot: Snapshot) {
        self.course = course
        self.snapshot = snapshot
    }

    mutating func fail(_ what: String) { troubles.append(what) }

    mutating func check() {
        for line in course.ledger.bugs { fail("contradiction: \(line)") }
        checkEvents()
        checkTasks()
        checkSubmissions()
        checkCopies()
        checkAnnouncements()
        checkDeliveries()
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
                    $0.plan.event.id == row.event.id && $0.plan.rule == rule
                }
                if count != 1 { fail("\(name) has \(count) tasks of \(rule)") }
            }
        }
        if snapshot.events.count != course.senders.happenings.count {
            fail("\(snapshot.events.count) events of \(course.senders.happenings.count)")
        }
    }

    /// (event, rule, action) has one task.
    private mutating func checkTasks() {
        var seen: Set<String> = []
        for task in snapshot.tasks {
            let key = "\(task.plan.event.id) \(task.plan.rule) \(task.plan.action)"
            if !seen.insert(key).inserted { fail("two tasks of \(key)") }
        }
    }

    /// One request for each submission, and none that was not on disk before.
    private mutating func checkSubmissions() {
        let witness = course.scenery.witness
        var seen: Set<String> = []
        for submission in witness.coze.submissions + witness.keyue.submissions {
            if !seen.insert(submission.dispatch).inserted {
                fail("\(submission.dispatch) was sent twice")
            }
            if !course.ledger.isStored(submission.dispatch) {
                fail("\(submission.dispatch) was sent before it was stored")
            }
        }
    }

    /// No task is copied twice unless a policy said so, and every success is there.
    private mutating func checkCopies() {
        let now = course.time.now
        let coze = course.scenery.coze.copies(at: now)
        let keyue = course.scenery.keyue.copies(at: now)
        checkCopies(coze, of: snapshot.tasks.filter { $0.plan.provider == .coze })
        checkCopies(keyue, of: snapshot.tasks.filter { $0.plan.provider == .keyue })
    }

    private mutating func checkCopies(_ copies: [SimulatedCopy], of tasks: [CopyTask]) {
        var allowed: [String: Int] = [:]
        var made: [String: Int] = [:]
        var taken: [String: CopyTask.ID] = [:]
        for task in tasks {
            allowed[key(task), default: 0] += allowance(task)
            guard let copy = task.copyID?.rawValue else { continue }
            if let other = taken[copy] { fail("\(task.id) and \(other) both claim \(copy)") }
            taken[copy] = task.id
            let real = copies.first { $0.copiedEntityID == copy }
            if real.map({ key($0) }) != key(task) {
                fail("\(task.id) claims \(copy), which is no copy of \(key(task))")
            }
        }
        for copy in copies { made[key(copy), default: 0] += 1 }
        for (key, count) in made.sorted(by: { $0.key < $1.key })
        where count > allowed[key, default: 0] {
            fail("\(key) has \(count) copies, of \(allowed[key, default: 0]) at most")
        }
    }

    private func key(_ task: CopyTask) -> String {
        "\(task.plan.entity.id) to \(task.plan.provider == .coze ? task.plan.target ?? "" : "")"
    }

    private func key(_ copy: SimulatedCopy) -> String {
        "\(copy.entityID) to \(copy.toWorkspaceID ?? "")"
    }

    /// How many copies a task may have made, in the state in which it is.
    private func allowance(_ task: CopyTask) -> Int {
        if task.isPossibleDuplicate || task.plan.onUncertain == .retry { return task.attempts }
        switch task.state {
        case .succeeded, .unresolved, .submitting, .copying, .reconciling: return 1
        case .failed, .cancelled, .queued: return 0
        }
    }

    /// Every end is announced once to each endpoint.
    private mutating func checkAnnouncements() {
        for task in snapshot.tasks {
            let type: NotificationType
            switch task.state {
            case .succeeded: type = .copySucceeded
            case .failed: type = .copyFailed
            case .cancelled: type = .copyCancelled
            case .unresolved: type = .copyUnresolved
            case .queued, .submitting, .copying, .reconciling: continue
            }
            for endpoint in course.scenery.audience.endpoints {
                let id = course.scenery.audience.announcement(of: task, as: type)
                let count = snapshot.deliveries.count {
                    $0.notificationID == id && $0.endpoint == endpoint.name
                }
                if count != 1 {
                    fail("\(task.id) \(task.state.name): \(count) of \(type) to \(endpoint.name)")
                }
            }
        }
    }

    /// Delivered means heard, under one id with one body; nobody hears what is not stored.
    private mutating func checkDeliveries() {
        var heard: [String: [UInt8]] = [:]
        var accepted: Set<String> = []
        for delivery in course.scenery.endpoint.deliveries {
            let id = delivery.headers.first { $0.name == "webhook-id" }?.value ?? ""
            if let body = heard[id], body != delivery.body { fail("\(id) has two bodies") }
            heard[id] = delivery.body
            if delivery.isVerified == true { accepted.insert(id) }
        }
        for delivery in snapshot.deliveries {
            let id = delivery.id.rawValue
            if case .delivered = delivery.state, !accepted.contains(id) {
                fail("\(id) is delivered, and \(delivery.endpoint) never heard it")
            }
            if case .cancelled = delivery.state { fail("\(id) was cancelled by nobody") }
            heard[id] = nil
        }
        for id in heard.keys.sorted() { fail("\(id) was heard and is not stored") }
    }
}

extension Audience {
    /// Under which id the end of a task is announced.
    fileprivate func announcement(
        of task: CopyTask, as type: NotificationType
    ) -> CompletionNotification.ID {
        announcement(of: task, as: type, at: WorldTime.start).notification.id
    }
}
