import Domain
import Synchronization

/// Who is being talked to right now, and who asked to be left alone.
///
/// Kept in memory: after a restart an endpoint that still wants a pause says so again. A class,
/// since all deliveries of a process look at the same desk.
final class EndpointDesk: Sendable {
    private struct Entry {
        let concurrentMax: Int
        var inFlight = 0
        /// Nothing is sent before this moment.
        var heldUntil: Timestamp?
        /// Answers in a row that said the endpoint is short of breath.
        var strain = 0
    }

    /// Whom a claim must skip, and how many deliveries of each other endpoint it may take.
    struct Room {
        let skipped: Set<String>
        let perEndpoint: Int
    }

    /// The pause after a first sign of strain that names no time; doubles with each further one.
    static let pauseBase = Duration.seconds(1)
    static let pauseMax = Duration.seconds(60)

    private let entries: Mutex<[String: Entry]>

    init(_ endpoints: [Endpoint]) {
        let pairs = endpoints.map { ($0.name, Entry(concurrentMax: max(1, $0.concurrent))) }
        entries = Mutex(Dictionary(pairs) { first, _ in first })
    }

    /// What a claim of at most `limit` deliveries may take.
    ///
    /// The store knows one number for all endpoints, so the smallest free place counts; the next
    /// claim follows at once and skips who is full by then.
    func room(for limit: Int, at now: Timestamp) -> Room {
        entries.withLock { entries in
            var skipped: Set<String> = []
            var perEndpoint = limit
            for (name, entry) in entries {
                let free = entry.concurrentMax - entry.inFlight
                if free <= 0 || entry.heldUntil.map({ $0 > now }) == true {
                    skipped.insert(name)
                } else {
                    perEndpoint = min(perEndpoint, free)
                }
            }
            return Room(skipped: skipped, perEndpoint: perEndpoint)
        }
    }

    func enter(_ name: String) { update(name) { $0.inFlight += 1 } }
    func leave(_ name: String) { update(name) { $0.inFlight -= 1 } }

    /// Until when the endpoint wants to be left alone; `nil` when it may be talked to.
    func hold(of name: String, at now: Timestamp) -> Timestamp? {
        entries.withLock { $0[name]?.heldUntil }.flatMap { $0 > now ? $0 : nil }
    }

    /// Notes what an endpoint asked for, or that it breathes again.
    ///
    /// A pause only ever grows longer, since answers of requests sent before it still come in.
    func note(pause: Duration?, isStrained: Bool, isWell: Bool, of name: String, at now: Timestamp)
    {
        update(name) { entry in
            if isWell { entry.strain = 0 }
            if isStrained { entry.strain += 1 }
            var hold = pause ?? .zero
            if isStrained, pause == nil {
                let doublings = min(entry.strain - 1, 6)
                hold = min(Self.pauseMax, Self.pauseBase * (1 << doublings))
            }
            guard hold > .zero else { return }
            let until = now + hold
            entry.heldUntil = entry.heldUntil.map { max($0, until) } ?? until
        }
    }

    private func update(_ name: String, _ change: (inout Entry) -> Void) {
        entries.withLock { entries in
            guard var entry = entries[name] else { return }
            change(&entry)
            entries[name] = entry
        }
    }
}
