import Domain
import Foundation
import GRDB
package import Storage

extension SQLiteStore: Registry {
    package func rules() async throws(StorageError) -> [StoredRule] {
        try await read { database in
            try database.rows("SELECT * FROM rules ORDER BY CAST(name AS BLOB)").map { row in
                StoredRule(
                    name: try row.text("name"), definition: try row.bytes("definition"),
                    updatedAt: try row.moment("updated_at"))
            }
        }
    }

    package func change(_ changes: [RuleChange]) async throws(StorageError) {
        try await write { database in
            for change in changes { try database.carryOut(change) }
        }
    }

    package func ruleVersions(_ name: String) async throws(StorageError) -> [RuleVersion] {
        try await read { database in
            try database.rows(
                "SELECT * FROM rule_versions WHERE rule = ? ORDER BY number DESC", [Exact(name)]
            ).map { row in
                RuleVersion(
                    number: try row.decode(Int64.self, forColumn: "number"),
                    at: try row.moment("at"),
                    who: AuditNote.Who(id: try row.text("who_id"), name: try row.text("who_name")),
                    definition: row.hasNull("definition") ? nil : try row.bytes("definition"))
            }
        }
    }

    package func setting(_ name: String) async throws(StorageError) -> String? {
        try await read { database in
            try database.row("SELECT value FROM settings WHERE name = ?", [Exact(name)])?
                .text("value")
        }
    }

    package func set(_ name: String, to value: String) async throws(StorageError) {
        try await write { database in
            try database.run(
                """
                INSERT INTO settings (name, value) VALUES (?, ?)
                ON CONFLICT (name) DO UPDATE SET value = excluded.value
                """, [Exact(name), Exact(value)])
        }
    }
}

extension Database {
    fileprivate func carryOut(_ change: RuleChange) throws {
        switch change.deed {
        case .put(let rule):
            let before = try row("SELECT definition FROM rules WHERE name = ?", [Exact(rule.name)])
            try run(
                """
                INSERT INTO rules (name, definition, updated_at) VALUES (?, ?, ?)
                ON CONFLICT (name) DO UPDATE SET
                    definition = excluded.definition, updated_at = excluded.updated_at
                """, [Exact(rule.name), Data(rule.definition), rule.updatedAt])
            guard try before?.bytes("definition") != rule.definition else { return }
            try append(change.note)
            try keep(
                rule.definition, as: rule.name, at: rule.updatedAt, by: change.note?.who ?? .system)
        case .delete(let name):
            let gone = try row("SELECT updated_at FROM rules WHERE name = ?", [Exact(name)])
            guard let gone else { throw StorageError(.notFound, detail: "rule \(name)") }
            try run("DELETE FROM rules WHERE name = ?", [Exact(name)])
            try append(change.note)
            try keep(
                nil, as: name, at: try change.note?.at ?? gone.moment("updated_at"),
                by: change.note?.who ?? .system)
        }
    }

    private func keep(
        _ definition: [UInt8]?, as name: String, at now: Timestamp, by who: AuditNote.Who
    ) throws {
        try run(
            """
            INSERT INTO rule_versions (rule, number, at, who_id, who_name, definition)
            SELECT ?1, coalesce(max(number), 0) + 1, ?2, ?3, ?4, ?5
            FROM rule_versions WHERE rule = ?1
            """, [Exact(name), now, Exact(who.id), Exact(who.name), definition.map { Data($0) }])
        try run(
            """
            DELETE FROM rule_versions WHERE rule = ?1 AND number <=
                (SELECT max(number) FROM rule_versions WHERE rule = ?1) - ?2
            """, [Exact(name), RuleVersion.keptMax])
    }
}
