import Domain
import Foundation
import GRDB
package import Storage

extension SQLiteStore: AuditLog {
    package func note(_ note: AuditNote) async throws(StorageError) {
        try await write { try $0.append(note) }
    }

    package func auditEntries(
        _ query: AuditQuery
    ) async throws(StorageError) -> Page<AuditEntry> {
        try await read { try $0.auditEntries(query) }
    }

    package func auditStretch(
        after number: Int64?, limit: Int
    ) async throws(StorageError) -> AuditStretch {
        try await read { try $0.auditStretch(after: number, limit: limit) }
    }

    package func auditGuards() async throws(StorageError) -> AuditGuards {
        try await read { try $0.auditGuards() }
    }

    package func auditIndexFlaw() async throws(StorageError) -> String? {
        try await read { try $0.auditIndexFlaw() }
    }
}

extension Database {
    private static let pageMax = 200

    /// Adds an entry behind the newest, in the transaction of what it tells of.
    func append(_ note: AuditNote?) throws {
        guard let note else { return }
        let entry = try auditEnd("head").entry(note)
        try run(
            """
            INSERT INTO audit (number, at, who_id, who_name, verb, object, details, hash)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                entry.number, entry.at, Exact(entry.who.id), Exact(entry.who.name), entry.verb,
                Exact(entry.object), String(decoding: entry.details, as: UTF8.self),
                Data(entry.hash),
            ])
    }

    private func auditEnd(_ which: String) throws -> AuditLink {
        guard
            let row = try row("SELECT number, hash FROM audit_ends WHERE which = ?", [which])
        else { throw StorageError(.corrupt, detail: "the audit has no \(which)") }
        return AuditLink(
            number: try row.decode(Int64.self, forColumn: "number"), hash: try row.bytes("hash"))
    }

    fileprivate func auditEntries(_ query: AuditQuery) throws -> Page<AuditEntry> {
        var conditions: [String] = []
        var arguments: [(any DatabaseValueConvertible)?] = []
        if let who = query.who {
            conditions.append("(who_id = ? OR who_name = ?)")
            arguments += [Exact(who), Exact(who)]
        }
        if let verb = query.verb {
            conditions.append("verb = ?")
            arguments.append(Exact(verb))
        }
        if let object = query.object {
            conditions.append("object = ?")
            arguments.append(Exact(object))
        }
        if let since = query.since {
            conditions.append("at >= ?")
            arguments.append(since)
        }
        if let cursor = query.cursor {
            guard let number = Int64(cursor) else {
                throw StorageError(.notFound, detail: "cursor \(cursor)")
            }
            conditions.append("number < ?")
            arguments.append(number)
        }
        let limit = min(max(query.limit, 1), Self.pageMax)
        let filter = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
        let rows = try rows(
            "SELECT * FROM audit \(filter) ORDER BY number DESC LIMIT ?", arguments + [limit + 1])
        let entries = try rows.prefix(limit).map { try AuditEntry(row: $0) }
        return Page(
            rows: entries, next: rows.count > limit ? entries.last.map { "\($0.number)" } : nil)
    }

    /// Every byte of a row is looked at: the types of its values as well, which would else be free
    /// to differ (text and a blob of the same bytes read alike).
    func auditStretch(after number: Int64?, limit: Int) throws -> AuditStretch {
        let anchor = try auditEnd("anchor")
        let head = try auditEnd("head")
        let columns = ["number", "at", "who_id", "who_name", "verb", "object", "details", "hash"]
        let types = columns.map { "typeof(\($0))" }.joined(separator: " || ' ' || ")
        let texts = columns.dropFirst(2).map { "CAST(\($0) AS BLOB) AS \($0)" }
        // The first is not looked for: among damaged numbers it would not be found.
        let statement = try cachedStatement(
            sql: """
                SELECT number, at, \(texts.joined(separator: ", ")), \(types) AS types
                FROM audit \(number == nil ? "" : "WHERE number > ?2") ORDER BY number LIMIT ?1
                """)
        var entries: [AuditEntry?] = []
        do {
            let rows = try Row.fetchCursor(
                statement,
                arguments: StatementArguments([limit] + (number.map { [Int($0)] } ?? [])))
            while let row = try rows.next() { entries.append(AuditEntry(unchecked: row)) }
        } catch let error as DatabaseError where error.resultCode == .SQLITE_CORRUPT {
            return AuditStretch(
                anchor: anchor, head: head, entries: entries, damage: error.description)
        }
        return AuditStretch(anchor: anchor, head: head, entries: entries)
    }

    /// Takes away the oldest entries, up to the first that is to stay.
    func pruneAudit(olderThan moment: Timestamp, limit: Int, at now: Timestamp) throws -> Pruned {
        let limit = max(limit, 1)
        let oldest = try rows(
            "SELECT number, at, verb, hash FROM audit ORDER BY number LIMIT ?", [limit])
        let old = try oldest.prefix { try $0.moment("at") < moment }
        let count = AuditPruning.count(of: try old.map { try $0.text("verb") }, limit: limit)
        guard count > 0, let last = old.last else { return Pruned(removed: 0, next: nil) }
        let pruning = AuditPruning(
            former: try auditEnd("anchor"),
            anchor: AuditLink(
                number: try last.decode(Int64.self, forColumn: "number"),
                hash: try last.bytes("hash")))
        // First the note, then the anchor: the triggers let go of nothing before both.
        try append(pruning.note(at: now))
        try run(
            "UPDATE audit_ends SET number = ?, hash = ? WHERE which = 'anchor'",
            [pruning.anchor.number, Data(pruning.anchor.hash)])
        try run("DELETE FROM audit WHERE number <= ?", [pruning.anchor.number])
        return Pruned(removed: count, next: count < limit ? nil : "0.0")
    }
}

extension AuditEntry {
    init(row: Row) throws {
        self.init(
            number: try row.decode(Int64.self, forColumn: "number"), at: try row.moment("at"),
            who: AuditNote.Who(id: try row.text("who_id"), name: try row.text("who_name")),
            verb: try row.text("verb"), object: try row.text("object"),
            details: try row.bytes("details"), hash: try row.bytes("hash"))
    }

    /// An entry as its bytes lie there; `nil` where a value has another type than we write.
    fileprivate init?(unchecked row: Row) {
        let texts = ["who_id", "who_name", "verb", "object", "details"].map { column in
            Array((row[column] as Data?) ?? Data())
        }
        // As `Exact` stores them.
        let types = texts.map { $0.contains(0) ? "blob" : "text" }
        let wanted = "integer integer " + types.joined(separator: " ") + " blob"
        guard row["types"] == wanted, let hash = row["hash"] as Data? else { return nil }
        let words = texts.compactMap { String(validating: $0, as: UTF8.self) }
        guard words.count == texts.count else { return nil }
        self.init(
            number: row["number"], at: row["at"],
            who: AuditNote.Who(id: words[0], name: words[1]), verb: words[2], object: words[3],
            details: texts[4], hash: Array(hash))
    }
}
