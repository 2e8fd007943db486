package import Domain
import Pipeline
package import Signing
package import Storage

/// What became of events that somebody with a key published.
package enum Publication: Sendable {
    /// On disk, now or since earlier; the id is that of the one that is kept.
    case admitted([(id: Event.ID, admission: Admission)])
    /// A configured source has that name, and its events come with its proof alone.
    case sourceTaken
    /// Not known to be on disk: to be sent again.
    case heldBack
}

extension IntakeRoom {
    /// Takes in events that somebody with a key publishes: what a proof is for others.
    ///
    /// The same line to the store, the same identities, and the same promise: answered when all of
    /// them are on disk, or none is answered for.
    ///
    /// - Parameters:
    ///   - body: What is kept of an event that brings no body of its own.
    ///   - source: Which source they are said to come from; none that is configured.
    package func publish(
        _ several: [VerifiedEvent], body: [UInt8], as source: String
    ) async -> Publication {
        guard doors[source] == nil else { return .sourceTaken }
        let began = time.elapsed()
        let now = time.now()
        let reception = await admit(
            several.map { event($0, from: source, body: body, at: now) }, .accepted)
        if reception.hasNews { next.signal() }
        reception.report(
            to: log, source: source, bytes: body.count, duration: time.elapsed() - began,
            leftOut: 0)
        guard case .admitted(let events, _) = reception else {
            return .heldBack
        }
        return .admitted(
            events.map { event, admission in
                switch admission {
                case .stored: (event.id, admission)
                case .repeated(let first), .conflict(let first): (first, admission)
                }
            })
    }
}
