import Domain
import Logging
import Signing
import Storage
import Synchronization

/// Keeps the health of the endpoints as the store has it, and writes what changes.
///
/// A class, since all deliveries of a process hold one watch.
final class EndpointWatch: Sendable {
    private struct State {
        var rows: [String: DestinationHealth] = [:]
        /// When failures began that are not worth a row yet.
        var failingSince: [String: Timestamp] = [:]
        /// On the clock that never jumps.
        var readAt: Duration?
        /// Whether somebody has changed something since.
        var isStale = false
    }

    /// How old the rows may grow: a person or another process may have enabled somebody.
    static let ageMax = Duration.minutes(1)
    /// How often a change is thought over when somebody else was faster.
    private static let triesMax = 5

    private let ledger: any HealthLedger
    private let destinations: DestinationBook
    private let log: Logger
    private let state = Mutex(State())

    init(_ ledger: any HealthLedger, destinations: DestinationBook, log: Logger) {
        self.ledger = ledger
        self.destinations = destinations
        self.log = log
    }

    func isDisabled(_ name: String) -> Bool {
        state.withLock { $0.rows[name]?.disabledAt != nil }
    }

    /// Has the rows read with the next ``refresh(at:)``: people have changed something.
    func noteChange() { state.withLock { $0.isStale = true } }

    /// Reads the rows when they are old; answers whether it did, and whether for the first time.
    func refresh(at now: Duration) async throws(StorageError) -> (isRead: Bool, isFirst: Bool) {
        let (readAt, isStale) = state.withLock { ($0.readAt, $0.isStale) }
        if let readAt, !isStale, now - readAt < Self.ageMax { return (false, false) }
        try await read()
        state.withLock {
            $0.readAt = now
            $0.isStale = false
        }
        return (true, readAt == nil)
    }

    /// Takes in what an attempt said of an endpoint: most say nothing new and cost nothing.
    ///
    /// What is told of a change is written with it, under ids that follow from it, so that it is
    /// told once whatever crashes: either both are there, or the attempt is made again.
    ///
    /// - Parameter tries: Of the delivery that tells, this one included.
    func note(
        _ news: EndpointNews, of name: String, tries: Int, at now: Timestamp
    ) async throws(StorageError) {
        for round in 1...Self.triesMax {
            guard let change = change(after: news, of: name, tries: tries, at: now) else { return }
            do throws(StorageError) {
                try await ledger.record(
                    change.health,
                    announcing: destinations.current.audience.announcements(of: change, at: now))
                return take(change, of: name)
            } catch {
                guard error.code == .conflict, round < Self.triesMax else { throw error }
                try await read()
            }
        }
    }

    private func change(
        after news: EndpointNews, of name: String, tries: Int, at now: Timestamp
    ) -> HealthChange? {
        state.withLock { state in
            let row = state.rows[name] ?? DestinationHealth(.endpoint(name))
            if news == .success {
                state.failingSince[name] = nil
            } else if row.failingSince == nil {
                state.failingSince[name] = state.failingSince[name] ?? now
            }
            return row.change(
                after: news, failingSince: state.failingSince[name], tries: tries, at: now)
        }
    }

    private func take(_ change: HealthChange, of name: String) {
        var row = change.health
        row.revision += 1
        keep([row])
        for news in change.news {
            var fields: Logger.Metadata = [
                "endpoint": "\(name)", "failing_since": "\(news.since)",
            ]
            if let percent = news.percent { fields["percent"] = "\(percent)" }
            if let failure = news.failure { fields["detail"] = "\(failure.message)" }
            log.log(
                level: news.type == .endpointRecovered ? .notice : .error,
                "\(news.type.rawValue)", metadata: fields)
        }
    }

    private func read() async throws(StorageError) {
        keep(try await ledger.health())
    }

    /// The newest of each counts, since answers of the store may overtake one another.
    private func keep(_ rows: [DestinationHealth]) {
        state.withLock { state in
            for row in rows {
                guard case .endpoint(let name) = row.destination,
                    row.revision > state.rows[name]?.revision ?? 0
                else { continue }
                state.rows[name] = row
                if row.failingSince != nil { state.failingSince[name] = nil }
            }
        }
    }
}
