import Domain
import Simulation

/// Others at work in the workspace that our copies go to.
///
/// What they had there before stays there, and they touch it, rename it and make more: things with
/// the very name of what we copy, which only the list before the submission, the owner and what we
/// know of ourselves tell from ours.
struct Strangers: Sendable {
    static let user = "2478774393200001"
    private static let idBase = 7_600_000_000_000_000_000

    /// What stands in the target when the world begins.
    static func settle(in world: inout CozeWorld, count: Int) {
        for number in 0..<count {
            var bot = bot(number, like: world.bots[number % world.bots.count])
            bot.details.createdAt = (WorldTime.start - .hours(1)).milliseconds / 1_000
            bot.details.updatedAt = bot.details.createdAt
            world.bots.append(bot)
        }
    }

    /// Whether a bot is one of theirs.
    static func own(_ id: String) -> Bool { id.utf8.starts(with: "76".utf8) }

    private static func bot(_ number: Int, like other: CozeWorld.Entity) -> CozeWorld.Entity {
        var bot = other
        bot.id = String(idBase + number)
        bot.workspaceID = Scenery.target
        bot.details.isPublished = false
        bot.details.ownerID = user
        return bot
    }

    /// One thing that somebody does there now.
    static func act(in coze: inout CozeWorld, at now: Timestamp, dice: inout Dice) -> String {
        let theirs = coze.bots.indices.filter { own(coze.bots[$0].id) }
        let originals = coze.bots.filter {
            $0.workspaceID.utf8.elementsEqual(Scenery.original.utf8)
        }
        let seconds = now.milliseconds / 1_000
        guard let place = theirs.first, !dice.happens(0.3) else {
            var bot = bot(theirs.count, like: dice.pick(originals))
            bot.name += dice.pick(["", "(1)", "x"])
            bot.details.createdAt = seconds
            bot.details.updatedAt = seconds
            coze.bots.append(bot)
            return "makes \(bot.name)"
        }
        let chosen = place + dice.number(0...(theirs.count - 1))
        let index = theirs.contains(chosen) ? chosen : place
        coze.bots[index].details.updatedAt = seconds
        if dice.happens(0.2) { coze.bots[index].name = dice.pick(originals).name }
        return "changes \(coze.bots[index].id)"
    }
}
