package import Domain
import GRDB
package import Storage

extension SQLiteStore: HealthLedger {
    package func health() async throws(StorageError) -> [DestinationHealth] {
        try await read { database in
            try database.rows("SELECT health FROM destinations ORDER BY CAST(key AS BLOB)").map {
                try $0.decoded(DestinationHealth.self, "health")
            }
        }
    }

    package func record(
        _ health: DestinationHealth, announcing announcements: [Announcement],
        noting note: AuditNote?
    ) async throws(StorageError) {
        try await write { database in
            let key = health.destination.key
            var health = health
            let stored = try database.row(
                "SELECT health FROM destinations WHERE key = ?", [Exact(key)]
            ).map { try $0.decoded(DestinationHealth.self, "health") }
            guard stored?.revision ?? 0 == health.revision else {
                throw StorageError(.conflict, detail: "health of \(key)")
            }
            health.revision += 1
            try database.run(
                """
                INSERT INTO destinations (key, health) VALUES (?, ?)
                ON CONFLICT (key) DO UPDATE SET health = excluded.health
                """, [Exact(key), try encoded(health)])
            for announcement in announcements { try database.insert(announcement) }
            try database.append(note)
        }
    }
}
