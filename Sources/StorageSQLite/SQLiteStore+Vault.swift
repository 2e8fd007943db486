import Foundation
import GRDB
package import Storage

extension SQLiteStore: Vault {
    package func put(
        _ record: SealedRecord, noting note: AuditNote?
    ) async throws(StorageError) {
        try await write { database in
            try database.put(record)
            try database.append(note)
        }
    }

    package func add(
        _ record: SealedRecord, noting note: AuditNote?
    ) async throws(StorageError) -> Bool {
        try await write { database in
            let known = try database.row(
                "SELECT id FROM sealed_secrets WHERE id = ?", [Exact(record.id)])
            guard known == nil else { return false }
            try database.put(record)
            try database.append(note)
            return true
        }
    }

    package func sealedRecord(_ id: String) async throws(StorageError) -> SealedRecord? {
        try await read { database in
            try database.row("SELECT sealed FROM sealed_secrets WHERE id = ?", [Exact(id)])
                .map { SealedRecord(id: id, bytes: try $0.bytes("sealed")) }
        }
    }

    package func sealedIDs() async throws(StorageError) -> [String] {
        try await read { database in
            try database.rows("SELECT id FROM sealed_secrets ORDER BY CAST(id AS BLOB)")
                .map { try $0.text("id") }
        }
    }

    package func replace(
        _ old: SealedRecord, with record: SealedRecord, noting note: AuditNote?
    ) async throws(StorageError) -> Bool {
        try await write { database in
            guard try database.delete(old) else { return false }
            try database.put(record)
            try database.append(note)
            return true
        }
    }

    package func delete(
        _ record: SealedRecord, noting note: AuditNote?
    ) async throws(StorageError) -> Bool {
        try await write { database in
            guard try database.delete(record) else { return false }
            try database.append(note)
            return true
        }
    }
}

extension Database {
    fileprivate func put(_ record: SealedRecord) throws {
        try run(
            """
            INSERT INTO sealed_secrets (id, sealed) VALUES (?, ?)
            ON CONFLICT (id) DO UPDATE SET sealed = excluded.sealed
            """, [Exact(record.id), Data(record.bytes)])
    }

    fileprivate func delete(_ record: SealedRecord) throws -> Bool {
        try run(
            "DELETE FROM sealed_secrets WHERE id = ? AND sealed = ?",
            [Exact(record.id), Data(record.bytes)])
        return changesCount > 0
    }
}
