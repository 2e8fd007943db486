package import Storage

/// What a key of the API allows.
package enum Scope: String, Hashable, Sendable, CaseIterable {
    /// To publish events, and nothing else.
    case ingest
    /// To look at everything but keys and the audit.
    case read
    /// To change rules, tasks, deliveries and what else runs; to look as well.
    case write
    /// Everything, keys and the audit among it.
    case admin

    /// What else it allows.
    var includes: Set<Scope> {
        switch self {
        case .ingest: [.ingest]
        case .read: [.read]
        case .write: [.read, .write]
        case .admin: Set(Self.allCases)
        }
    }
}

/// Who asks: the key that was shown, and what it allows.
package struct Principal: Hashable, Sendable {
    /// Stable, and no secret.
    package let id: String
    /// For people.
    package let name: String
    package let scopes: Set<Scope>

    package init(id: String, name: String, scopes: Set<Scope>) {
        self.id = id
        self.name = name
        self.scopes = scopes
    }

    package func may(_ scope: Scope) -> Bool {
        scopes.contains { $0.includes.contains(scope) }
    }

    /// How the audit calls it.
    package var author: AuditNote.Who { AuditNote.Who(id: id, name: name) }
}
