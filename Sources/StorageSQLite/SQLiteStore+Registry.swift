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

    package func put(
        _ rule: StoredRule, noting note: AuditNote?
    ) async throws(StorageError) {
        try await write { database in
            let before = try database.row(
                "SELECT definition FROM rules WHERE name = ?", [Exact(rule.name)])
            if try before?.bytes("definition") != rule.definition { try database.append(note) }
            try database.run(
                """
                INSERT INTO rules (name, definition, updated_at) VALUES (?, ?, ?)
                ON CONFLICT (name) DO UPDATE SET
                    definition = excluded.definition, updated_at = excluded.updated_at
                """, [Exact(rule.name), Data(rule.definition), rule.updatedAt])
        }
    }

    package func deleteRule(
        _ name: String, noting note: AuditNote?
    ) async throws(StorageError) {
        try await write { database in
            try database.run("DELETE FROM rules WHERE name = ?", [Exact(name)])
            guard database.changesCount > 0 else {
                throw StorageError(.notFound, detail: "rule \(name)")
            }
            try database.append(note)
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
