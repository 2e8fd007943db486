import GRDB
package import Storage

/// The audit in a database file, read only; the service may be writing there meanwhile.
package final class SQLiteAuditFile: AuditReading {
    private let queue: DatabaseQueue

    /// - Throws: `.unavailable` for a file that cannot be opened; `.conflict` for a schema that has
    ///   no audit yet, or that a newer program wrote.
    package init(path: String) throws(StorageError) {
        queue = try attempt {
            var configuration = Configuration()
            configuration.readonly = true
            configuration.busyMode = .timeout(5)
            configuration.allowsUnsafeTransactions = true
            return try DatabaseQueue(path: path, configuration: configuration)
        }
        let version = try look { try Int.fetchOne($0, sql: "PRAGMA user_version") ?? 0 }
        guard (Migration.auditSince...Migration.latest).contains(version) else {
            throw StorageError(
                .conflict,
                detail: version > Migration.latest
                    ? "the database has schema \(version), and this program knows up to "
                        + "\(Migration.latest)"
                    : "the database has schema \(version), which has no audit yet: copyhook "
                        + "migrate makes it")
        }
    }

    package func auditStretch(
        after number: Int64?, limit: Int
    ) async throws(StorageError) -> AuditStretch {
        try look { try $0.auditStretch(after: number, limit: limit) }
    }

    package func auditGuards() async throws(StorageError) -> AuditGuards {
        try look { try $0.auditGuards() }
    }

    package func auditIndexFlaw() async throws(StorageError) -> String? {
        try look { try $0.auditIndexFlaw() }
    }

    /// Looks at one moment's state.
    ///
    /// Not the driver's own transaction: on a damaged page SQLite fails to end that, and what was
    /// read before would be lost with it.
    private func look<Value>(_ work: (Database) throws -> Value) throws(StorageError) -> Value {
        try attempt {
            try queue.unsafeRead { database in
                try database.beginTransaction(.deferred)
                defer { try? database.rollback() }
                return try work(database)
            }
        }
    }
}
