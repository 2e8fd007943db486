package import Domain

/// The part of the store that remembers who did what: appended to and never changed.
///
/// Entries are numbered from 1 without a gap, and each is chained to the one before by its hash
/// (``AuditLink``). Two records stand beside them: the *head*, the number and hash of the newest,
/// so that a tail that was cut off is missed; and the *anchor*, the same of the last one that
/// retention took away, where the chain begins now, as the newest ``AuditPruning`` in it says.
///
/// Most entries are written by the methods that do what they tell of, in the same transaction.
package protocol AuditLog: AuditReading {
    /// Notes what is written nowhere else in the store, such as rule files that were read again.
    func note(_ note: AuditNote) async throws(StorageError)

    /// What fits, newest first.
    func auditEntries(_ query: AuditQuery) async throws(StorageError) -> Page<AuditEntry>
}

/// What checking the chain needs; a database that another process writes can be asked as well.
package protocol AuditReading: Sendable {
    /// The entries behind a number, in the order in which they lie, all from one moment.
    ///
    /// - Parameter number: `nil` for the first that there is.
    func auditStretch(
        after number: Int64?, limit: Int
    ) async throws(StorageError) -> AuditStretch

    /// Whether what keeps the chain from being changed is there.
    func auditGuards() async throws(StorageError) -> AuditGuards

    /// What does not fit between the entries and the indexes that lists find them by; `nil` when
    /// all is well.
    func auditIndexFlaw() async throws(StorageError) -> String?
}

/// What stands around the chain, and is wrong there.
package struct AuditGuards: Hashable, Sendable {
    /// What of the table or of its two ends is missing, so that there is nothing to walk.
    package let missingEnds: String?
    /// What refuses changes and is missing, or is not as it was made.
    package let flaw: String?

    package init(missingEnds: String? = nil, flaw: String? = nil) {
        self.missingEnds = missingEnds
        self.flaw = flaw
    }
}

/// What was done, by whom and when.
///
/// As it was read: `verb` may be a newer program's, and nothing has been checked.
package struct AuditEntry: Hashable, Sendable {
    package let number: Int64
    package let at: Timestamp
    package let who: AuditNote.Who
    package let verb: String
    package let object: String
    /// A JSON object, in UTF-8.
    package let details: [UInt8]
    /// 32 bytes.
    package let hash: [UInt8]

    package init(
        number: Int64, at: Timestamp, who: AuditNote.Who, verb: String, object: String,
        details: [UInt8], hash: [UInt8]
    ) {
        self.number = number
        self.at = at
        self.who = who
        self.verb = verb
        self.object = object
        self.details = details
        self.hash = hash
    }
}

/// Which entries, and where the page starts; what is absent does not narrow.
package struct AuditQuery: Hashable, Sendable {
    /// Who: the id or the name, to the byte.
    package var who: String?
    package var verb: String?
    package var object: String?
    /// What happened then or later.
    package var since: Timestamp?
    /// What the page before ended with; `nil` for the first page.
    package var cursor: String?
    /// Rows on the page, at most 200.
    package var limit: Int

    package init(
        who: String? = nil, verb: String? = nil, object: String? = nil, since: Timestamp? = nil,
        cursor: String? = nil, limit: Int = 50
    ) {
        self.who = who
        self.verb = verb
        self.object = object
        self.since = since
        self.cursor = cursor
        self.limit = limit
    }
}

/// A stretch of the chain with its two ends, all from one moment.
package struct AuditStretch: Sendable {
    package let anchor: AuditLink
    package let head: AuditLink
    /// `nil` in the place of an entry whose columns are not what they should be.
    package let entries: [AuditEntry?]
    /// Why nothing behind these entries can be read: the driver's words.
    package let damage: String?

    package init(
        anchor: AuditLink, head: AuditLink, entries: [AuditEntry?], damage: String? = nil
    ) {
        self.anchor = anchor
        self.head = head
        self.entries = entries
        self.damage = damage
    }
}
