import Domain
import Simulation

/// One sample event, and the end that it should reach.
struct DemoScene: Sendable {
    enum End: Hashable, Sendable {
        case succeeded, failed
        /// No copy: the event itself is told.
        case announced
        /// Answered as before and not stored again.
        case repeated
        /// Answered 401 and not stored at all.
        case refused
    }

    let title: String
    let callback: SampleEvents.Callback
    let end: End
    /// Endpoints that hear of it.
    let listeners: Int

    /// What the demonstration plays, in this order.
    static func all(in world: CozeWorld, at now: Timestamp) -> [DemoScene] {
        guard let app = world.callbackApps.first, world.bots.count >= 4 else { return [] }
        let samples = SampleEvents(world)
        func told(_ change: SampleEvents.Change, _ bot: Int, _ number: Int) -> SampleEvents.Callback
        {
            samples.callback(change, of: world.bots[bot], to: app, number: number, at: now)
        }
        var forger = app
        forger.verifyToken = Secret("not-the-token-of-this-app")
        let forged = samples.callback(
            .published, of: world.bots[0], to: forger, number: 7, at: now)
        let first = told(.published, 0, 1)
        let name = world.bots.map(\.name)
        return [
            DemoScene(
                title: "\(name[0]) is published: a copy beside it, made at once",
                callback: first, end: .succeeded, listeners: 2),
            DemoScene(
                title: "\(name[1]) is published: a copy in another workspace, followed by polling",
                callback: told(.published, 1, 2), end: .succeeded, listeners: 2),
            DemoScene(
                title: "\(name[2]) is published: its agent on Keyue is copied",
                callback: told(.published, 2, 3), end: .succeeded, listeners: 1),
            DemoScene(
                title:
                    "\(name[3]) is published: its workspace is personal, so no copy may leave it",
                callback: told(.published, 3, 4), end: .failed, listeners: 2),
            DemoScene(
                title: "\(name[1]) is taken down: nothing to copy, the chat is told",
                callback: told(.unpublished, 1, 5), end: .announced, listeners: 1),
            DemoScene(
                title: "The first callback once more: answered, not stored, not copied again",
                callback: first, end: .repeated, listeners: 2),
            DemoScene(
                title: "A forged callback: refused",
                callback: forged, end: .refused, listeners: 0),
        ]
    }
}
