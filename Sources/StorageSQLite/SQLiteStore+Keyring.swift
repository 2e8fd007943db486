package import Domain
import GRDB
package import Storage

extension SQLiteStore: Keyring {
    package func apiKeys() async throws(StorageError) -> [KeyRecord] {
        try await read { try $0.apiKeys() }
    }

    package func add(_ key: KeyRecord, noting note: AuditNote?) async throws(StorageError) {
        try await write { database in
            try database.run(
                """
                INSERT INTO api_keys (id, name, scopes, hash, created_at, expires_at, used_at)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
                [
                    Exact(key.id), Exact(key.name), try encoded(key.scopes), key.hash,
                    key.createdAt, key.expiresAt, key.usedAt,
                ])
            try database.append(note)
        }
    }

    package func deleteKey(
        _ id: KeyRecord.ID, leaving scope: String?, at now: Timestamp, noting note: AuditNote?
    ) async throws(StorageError) {
        try await write { database in
            let keys = try database.apiKeys()
            guard let key = keys.first(where: { $0.id == id }) else {
                throw StorageError(.notFound, detail: "key \(id)")
            }
            if let scope, keys.isLast(key, with: scope, at: now) {
                throw StorageError(.conflict, detail: "key \(id) is the last with \(scope)")
            }
            try database.run("DELETE FROM api_keys WHERE id = ?", [Exact(id)])
            try database.append(note)
        }
    }

    package func noteUse(of keys: [KeyRecord.ID: Timestamp]) async throws(StorageError) {
        try await write { database in
            for (id, moment) in keys.sorted(by: { $0.key < $1.key }) {
                try database.run(
                    "UPDATE api_keys SET used_at = max(coalesce(used_at, ?1), ?1) WHERE id = ?2",
                    [moment, Exact(id)])
            }
        }
    }
}

extension Database {
    fileprivate func apiKeys() throws -> [KeyRecord] {
        try rows("SELECT * FROM api_keys ORDER BY position").map { row in
            KeyRecord(
                id: try row.id("id"), name: try row.text("name"),
                scopes: try row.decoded([String].self, "scopes"), hash: try row.text("hash"),
                createdAt: try row.moment("created_at"),
                expiresAt: try row.optionalMoment("expires_at"),
                usedAt: try row.optionalMoment("used_at"))
        }
    }
}
