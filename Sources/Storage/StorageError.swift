/// What went wrong between us and the database.
package struct StorageError: Error, Hashable {
    package enum Code: String, Hashable, Sendable {
        /// No such row.
        case notFound
        /// Another worker holds, or has finished, what this claim covers.
        case claimLost
        /// Another task of the same key is between sent and ended.
        case keyBusy
        /// Somebody asked to have the task cancelled, so nothing of it may be sent.
        case cancelAsked
        /// The row stands in a state that does not allow this.
        case conflict
        /// The database is away or busy; the same call may succeed later.
        case unavailable
        /// No space is left, or a sync failed: nothing may be acknowledged.
        case full
        /// The stored bytes do not mean what they should: a bug or a damaged file.
        case corrupt
    }

    package let code: Code
    /// For a log, not for a client: table, key, and the driver's own words.
    package let detail: String

    package init(_ code: Code, detail: String) {
        self.code = code
        self.detail = detail
    }
}
