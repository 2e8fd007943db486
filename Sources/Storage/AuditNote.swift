package import Domain
package import StrictJSON

/// What a writing method is to note in the audit, together with what it writes.
///
/// It becomes an entry only where the method changes something: a wish that was refused leaves
/// none, and neither does one that found everything as it was to be.
package struct AuditNote: Hashable, Sendable {
    package let who: Who
    package let at: Timestamp
    package let verb: AuditVerb
    /// The id or the name of what it happened to.
    package let object: String
    /// No secrets, and no bodies.
    package let details: JSONObject

    package init(
        _ verb: AuditVerb, of object: String, by who: Who, at: Timestamp,
        details: JSONObject = JSONObject()
    ) {
        self.verb = verb
        self.object = object
        self.who = who
        self.at = at
        self.details = details
    }

    /// Whose doing it is.
    package struct Who: Hashable, Sendable {
        /// Of a key; or `file:` and a directory; or `system`.
        package let id: String
        /// For people.
        package let name: String

        package init(id: String, name: String) {
            self.id = id
            self.name = name
        }

        /// The service itself.
        package static let system = Who(id: "system", name: "system")

        /// Whoever changes the files there.
        package static func files(in directory: String) -> Who {
            Who(id: "file:" + directory, name: directory)
        }
    }
}

/// What was done, in a word that never changes: programs filter by it.
package enum AuditVerb: String, Hashable, Sendable, CaseIterable {
    case rulePut = "rule.put"
    case ruleDeleted = "rule.deleted"
    case ruleEnabled = "rule.enabled"
    case ruleDisabled = "rule.disabled"
    /// Rule files were read again.
    case rulesReloaded = "rules.reloaded"
    /// A person decided about a task that was unresolved.
    case taskResolved = "task.resolved"
    case taskCancelled = "task.cancelled"
    /// What it was to do is done by another task.
    case taskRetried = "task.retried"
    /// Many of them; the object is the rule that was named.
    case tasksCancelled = "tasks.cancelled"
    case tasksRetried = "tasks.retried"
    /// A copy was asked for by hand.
    case taskPlanned = "task.planned"
    case eventReplayed = "event.replayed"
    case eventsReplayed = "events.replayed"
    case deliverySentAgain = "delivery.sent_again"
    case deliveryCancelled = "delivery.cancelled"
    /// A connection was put in, or another definition in its place.
    case connectionPut = "connection.put"
    case connectionDeleted = "connection.deleted"
    /// A person switched a connection off, or on again.
    case connectionDisabled = "connection.disabled"
    case connectionEnabled = "connection.enabled"
    /// An endpoint was put in, or another definition in its place.
    case endpointPut = "endpoint.put"
    case endpointDeleted = "endpoint.deleted"
    /// A person switched an endpoint off, or on again.
    case endpointDisabled = "endpoint.disabled"
    case endpointEnabled = "endpoint.enabled"
    /// A source was put in, or another definition in its place.
    case sourcePut = "source.put"
    case sourceDeleted = "source.deleted"
    case sourceDisabled = "source.disabled"
    case sourceEnabled = "source.enabled"
    /// A source has a new secret.
    case sourceRotated = "source.rotated"
    /// What an endpoint missed goes out again.
    case endpointRecovered = "endpoint.recovered"
    /// An endpoint has a new signing secret.
    case endpointRotated = "endpoint.rotated"
    case keyCreated = "key.created"
    case keyRevoked = "key.revoked"
    /// Retention took the oldest entries away; the object is the number of the last of them.
    case auditPruned = "audit.pruned"
}
