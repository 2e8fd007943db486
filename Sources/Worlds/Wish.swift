import Administration
import Domain
import Simulation
import Storage
import StrictJSON

/// What somebody wants done.
enum Wish: Sendable {
    case decide(CopyTask.ID, Decision)
    case cancel(CopyTask.ID)
    /// With the event whose next run it takes.
    case retry(CopyTask.ID, of: Event.ID)
    case replay(Event.ID)
    case sendAgain(Delivery.ID)
    case cancelDelivery(Delivery.ID)
    /// A copy without an event, under a key of the person's own.
    case copy(body: JSONValue, key: String)
}

extension People {
    /// Besides deciding what waits for them, they wish so often at most in one world.
    static let wishesMax = 8

    /// Something that could be wished for now, `nil` when it is nothing.
    func wish(among snapshot: Snapshot, number: Int, dice: inout Dice) -> Wish? {
        let queued = snapshot.tasks.filter { $0.state.name == .queued }
        let failed = snapshot.tasks.filter(\.mayBeRetried)
        let met = snapshot.events.filter { $0.state != .received }
        let ended = snapshot.deliveries.filter(\.state.isEnd)
        let waiting = snapshot.deliveries.filter { $0.waitsUntil != nil }
        switch dice.number(0...6) {
        case 0...1 where !queued.isEmpty: return .cancel(dice.pick(queued).id)
        case 1...2 where !failed.isEmpty:
            let task = dice.pick(failed)
            return .retry(task.id, of: task.plan.event.id)
        case 3 where !met.isEmpty: return .replay(dice.pick(met).event.id)
        case 4 where !ended.isEmpty: return .sendAgain(dice.pick(ended).id)
        case 5 where !waiting.isEmpty: return .cancelDelivery(dice.pick(waiting).id)
        case 6: return copy(number: number, dice: &dice)
        default: return nil
        }
    }

    /// The same wish again at times, under the same key.
    private func copy(number: Int, dice: inout Dice) -> Wish {
        let key = "hand-\(dice.number(max(0, number - 1)...number))"
        let bots = scenery.world.bots
        // The same key always means the same.
        let bot = bots[key.utf8.reduce(0) { $0 + Int($1) } % bots.count]
        return .copy(
            body: [
                "connection": "coze", "entity_type": "bot", "entity_id": .string(bot.id),
                "name": .string(bot.name), "to_workspace": .string(Scenery.target),
                "key": .string(key),
            ], key: key)
    }
}
