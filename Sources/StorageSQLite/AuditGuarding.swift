import GRDB
import Storage

extension Database {
    /// Holds what guards the audit against how the migrations made it.
    func auditGuards() throws -> AuditGuards {
        let version = try Int.fetchOne(self, sql: "PRAGMA user_version") ?? 0
        let wanted = try Migration.shape(at: version).filter { $0.key.hasPrefix("audit") }
        let found = try Migration.shape(of: self)
        for table in ["audit", "audit_ends"] where found[table] != wanted[table] {
            let what = found[table] == nil ? "is missing" : "is not as it was made"
            return AuditGuards(missingEnds: "the table \(table) \(what)")
        }
        for which in ["anchor", "head"] {
            let row = try row("SELECT number, hash FROM audit_ends WHERE which = ?", [which])
            guard row != nil else {
                return AuditGuards(missingEnds: "audit_ends has no \(which)")
            }
        }
        for name in wanted.keys.sorted() where found[name] != wanted[name] {
            let what = found[name] == nil ? "is missing" : "is not as it was made"
            return AuditGuards(flaw: "\(name) \(what)")
        }
        let triggers = try String.fetchAll(
            self,
            sql: """
                SELECT name FROM sqlite_schema
                WHERE type = 'trigger' AND tbl_name IN ('audit', 'audit_ends') ORDER BY name
                """)
        if let strange = triggers.first(where: { wanted[$0] == nil }) {
            return AuditGuards(flaw: "a trigger is there that was not made here: \(strange)")
        }
        return AuditGuards()
    }

    /// SQLite's own check of the table, which holds each row against each index.
    func auditIndexFlaw() throws -> String? {
        do {
            let said = try String.fetchAll(self, sql: "PRAGMA integrity_check(audit)")
            return said == ["ok"] ? nil : said.first ?? "SQLite says nothing"
        } catch let error as DatabaseError where error.resultCode == .SQLITE_CORRUPT {
            return error.message ?? "the database is malformed"
        }
    }
}
