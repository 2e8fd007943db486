import Domain
import Logging
import Signing
import Storage

/// Tells people once that a connection broke, and once that it works again.
///
/// The store decides who tells: a connection is broken there from the transaction that announces it
/// until the one that announces its recovery, and each compares what it saw. So a crash, a commit
/// of which nothing is known, and several workers with the same news all come to one notification.
actor ConnectionDesk {
    private let ledger: any HealthLedger
    private let destinations: DestinationBook
    private let time: TimeSource
    private let limits: CopyingLimits
    private let log: Logger
    private var known: [String: DestinationHealth] = [:]
    /// When the store was read; `nil` when it has to be before anything is said.
    private var readAt: Duration?
    /// Since when the trouble that was told last had lasted, as its account remembers it.
    private var told: [String: Timestamp] = [:]
    private var isTelling = false

    init(
        ledger: any HealthLedger, destinations: DestinationBook, time: TimeSource,
        limits: CopyingLimits, log: Logger
    ) {
        self.ledger = ledger
        self.destinations = destinations
        self.time = time
        self.limits = limits
        self.log = log
    }

    /// Writes what has changed; what cannot be written now is tried again with the next call.
    ///
    /// - Parameter accounts: By name, in any order that is always the same.
    func tell(_ accounts: [Account]) async {
        guard !isTelling else { return }
        isTelling = true
        defer { isTelling = false }
        for account in accounts {
            let verdict = account.health.verdict
            guard verdict != .open else { continue }
            do throws(StorageError) {
                try await tell(verdict, of: account.connection)
                account.health.noteTold(verdict)
            } catch {
                // Whether it was written is seen when the store is read again.
                readAt = nil
                log.notice(
                    "connection.not_told",
                    metadata: [
                        "connection": "\(account.connection.name)",
                        "code": "\(error.code.rawValue)",
                    ])
            }
        }
    }

    private func tell(
        _ verdict: AccountHealth.Verdict, of connection: Connection
    ) async throws(StorageError) {
        try await read()
        let stored =
            known[connection.name] ?? DestinationHealth(.connection(connection.name))
        var health = stored
        let type: NotificationType
        switch (verdict, stored.failingSince) {
        case (.broken(let failure, let since), nil):
            // Told before, so another worker has seen it well meanwhile: this is trouble anew.
            let isAnew = told[connection.name] == since
            (health.failingSince, health.failure) = (isAnew ? time.now() : since, failure)
            type = .connectionBroken
        case (.well, .some):
            (health.failingSince, health.failure) = (nil, nil)
            type = .connectionRecovered
        case (.broken(_, let since), .some(let known)) where known == since:
            told[connection.name] = since
            return
        default: return
        }
        let announcement = destinations.current.audience.announcement(
            of: connection, as: type, before: stored, after: health, at: time.now())
        try await ledger.record(health, announcing: [announcement])
        if case .broken(_, let since) = verdict { told[connection.name] = since }
        health.revision += 1
        known[connection.name] = health
        var metadata: Logger.Metadata = ["connection": "\(connection.name)"]
        if let failure = health.failure { metadata["detail"] = "\(failure.message)" }
        log.log(
            level: type == .connectionBroken ? .warning : .notice, "\(type.rawValue)",
            metadata: metadata)
    }

    /// Reads what is known, now and then anew: another worker may have told, and died.
    private func read() async throws(StorageError) {
        let now = time.elapsed()
        if let readAt, now - readAt < limits.healthReadAgain { return }
        var known: [String: DestinationHealth] = [:]
        for health in try await ledger.health() {
            guard case .connection(let name) = health.destination else { continue }
            known[name] = health
        }
        self.known = known
        readAt = now
    }
}
