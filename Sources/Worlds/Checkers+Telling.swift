import Domain
import Signing
import Simulation
import Storage

extension Checkers {
    /// Every end is announced once to each endpoint.
    mutating func checkAnnouncements() {
        for task in snapshot.tasks {
            let type: NotificationType
            switch task.state {
            case .succeeded: type = .copySucceeded
            case .failed: type = .copyFailed
            case .cancelled: type = .copyCancelled
            case .unresolved: type = .copyUnresolved
            case .queued, .submitting, .copying, .reconciling: continue
            }
            for endpoint in course.scenery.endpoints {
                let id = CompletionNotification.ID.announcing(
                    task.id, as: type, sequence: task.endSequence ?? task.sequence)
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
    mutating func checkDeliveries() {
        var heard: [String: [UInt8]] = [:]
        var accepted: Set<String> = []
        var chats = 0
        for delivery in course.scenery.endpoint.deliveries {
            guard delivery.path != Scenery.chatPath else {
                chats += delivery.isVerified == true ? 1 : 0
                continue
            }
            let id = delivery.headers.first { $0.name == "webhook-id" }?.value ?? ""
            if let body = heard[id], body != delivery.body { fail("\(id) has two bodies") }
            heard[id] = delivery.body
            if delivery.isVerified == true { accepted.insert(id) }
        }
        for delivery in snapshot.deliveries {
            let id = delivery.id.rawValue
            if delivery.endpoint == "chat" {
                if case .delivered = delivery.state { chats -= 1 }
                continue
            }
            if case .delivered = delivery.state, !accepted.contains(id) {
                fail("\(id) is delivered, and \(delivery.endpoint) never heard it")
            }
            if case .cancelled = delivery.state,
                !course.wishes.entries.deliveriesCancelled.contains(delivery.id)
            {
                fail("\(id) was cancelled by nobody")
            }
            heard[id] = nil
        }
        if chats < 0 { fail("\(-chats) messages are delivered that the chat never heard") }
        for id in heard.keys.sorted() { fail("\(id) was heard and is not stored") }
    }

    /// Who waits longer each time is not pressed: no try comes before the schedule's time.
    ///
    /// Where nothing of ours dies or stands still, since a worker that is gone leaves a delivery
    /// that is due at once.
    mutating func checkPatience() {
        guard course.plan.isSteady else { return }
        var tries: [String: [Timestamp]] = [:]
        for telling in course.scenery.witness.endpoint.tellings where !telling.id.isEmpty {
            tries[telling.id, default: []].append(telling.at)
        }
        let schedule = RetrySchedule.webhook
        // The schedule of one that was sent again begins anew.
        for id in course.wishes.entries.sentAgain { tries[id.rawValue] = nil }
        for (id, times) in tries.sorted(by: { $0.key < $1.key }) {
            for (place, pair) in zip(times, times.dropFirst()).enumerated() {
                let least = schedule.delays[min(place, schedule.delays.count - 1)]
                if pair.1 - pair.0 < least * schedule.jitter.lowerBound / 100 {
                    fail("\(id) was sent again after \((pair.1 - pair.0).text)")
                }
            }
        }
    }
}
