package import Domain
package import Providers

/// Where grants that were obtained outlive the process, so that a restart or a second node does
/// not ask for a new one at once: platforms limit that call too.
///
/// A grant is a convenience: a keeper that cannot keep or find one says so in the log, and a new
/// one is got.
package protocol GrantKeeper: Sendable {
    /// A grant that is good at `now`, or `nil`.
    func kept(for connection: Connection, at now: Timestamp) async -> Grant?
    /// Keeps a grant that was asked for at `now`.
    func keep(_ grant: Grant, for connection: Connection, at now: Timestamp) async
    /// Never hands out this grant again; a newer one stays.
    func forget(_ grant: Grant, for connection: Connection) async
}

/// Keeps nothing: grants live in memory alone, as in tests and in simulated worlds.
package struct NoGrantKeeper: GrantKeeper {
    package init() {}

    package func kept(for connection: Connection, at now: Timestamp) async -> Grant? { nil }
    package func keep(_ grant: Grant, for connection: Connection, at now: Timestamp) async {}
    package func forget(_ grant: Grant, for connection: Connection) async {}
}
