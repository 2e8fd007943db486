import Administration
import Domain
import StrictJSON

extension Course {
    /// Asks for what somebody wishes, and writes down what was said to it.
    func grant(_ wish: Wish, _ administrator: Administrator) async {
        wishes.noteAsked(wish)
        let outcome: String
        do throws(AdministrationError) {
            try await carryOut(wish, administrator)
            outcome = "done"
        } catch {
            outcome = "refused, \(error.code.rawValue)"
        }
        chronicle.note("somebody wishes \(wish.words): \(outcome)")
    }

    private func carryOut(
        _ wish: Wish, _ administrator: Administrator
    ) async throws(AdministrationError) {
        let who = People.principal
        switch wish {
        case .decide(let task, let decision):
            _ = try await administrator.resolve(task.rawValue, decision, by: who)
            chronicle.count(\.decisions)
        case .cancel(let task):
            let (_, isDone) = try await administrator.cancelTask(task.rawValue, by: who)
            chronicle.note(isDone ? "\(task) is cancelled" : "\(task) will be cancelled")
            let before = chronicle.dispatches(of: task).count
            wishes.note { entries in
                entries.cancelled[task] = entries.cancelled[task] ?? before
                if !isDone { entries.cancelAsked.insert(task) }
            }
        case .retry(let task, _):
            _ = try await administrator.retryTask(task.rawValue, by: who)
            wishes.note { _ = $0.retried.insert(task) }
        case .replay(let event):
            let (answer, isNew) = try await administrator.replayEvent(event.rawValue, by: who)
            guard isNew, let run = answer["run"]?.number?.int64 else { return }
            wishes.note { $0.replays.append((event, Int(run))) }
        case .sendAgain(let delivery):
            _ = try await administrator.resendDelivery(delivery.rawValue, by: who)
        case .cancelDelivery(let delivery):
            _ = try await administrator.cancelDelivery(delivery.rawValue, by: who)
        case .copy(let body, let key):
            _ = try await administrator.copyByHand(CopyWish(parsing: body.bytes()), by: who)
            wishes.note { _ = $0.keysPlanned.insert(key) }
        }
    }
}

extension Wish {
    /// As the story tells it.
    fileprivate var words: String {
        switch self {
        case .decide(let task, let decision): "\(decision) about \(task)"
        case .cancel(let task): "to cancel \(task)"
        case .retry(let task, _): "to retry \(task)"
        case .replay(let event): "to replay \(event)"
        case .sendAgain(let delivery): "to hear \(delivery) again"
        case .cancelDelivery(let delivery): "to cancel \(delivery)"
        case .copy(_, let key): "a copy by hand, \(key)"
        }
    }
}
