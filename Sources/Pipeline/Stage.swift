package import Domain
package import Storage

/// One room's work: claim what is due, perform it, settle what came of it.
package protocol Stage: Sendable {
    associatedtype Work: Sendable
    associatedtype Result: Sendable

    /// In logs: `matching`, `copying`, `notifying`.
    var name: String { get }

    /// Takes at most `limit` pieces of work that are due, under lease.
    func claim(limit: Int, at now: Timestamp) async throws(StorageError) -> [Work]
    /// Does the work. Trouble is part of what comes back, so nothing is thrown.
    ///
    /// A room may store in between what must be on disk before it goes on. When the surrounding
    /// task is cancelled it comes back soon, with what is then true.
    func perform(_ work: Work) async -> Result
    /// Writes what came of it and ends the claim. Retried by the runner while the store is away.
    func settle(_ result: Result) async throws(StorageError)
}
