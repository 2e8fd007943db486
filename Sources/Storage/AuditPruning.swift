package import Domain
import StrictJSON

/// That the oldest entries were taken away, as the chain itself says it.
///
/// Whoever moves the anchor without such an entry has cut the chain off at its beginning. Each says
/// where the chain began before as well, so that the next rightful one does not cover that up.
package struct AuditPruning: Hashable, Sendable {
    /// Where the chain began until then.
    package let former: AuditLink
    /// Where it begins since.
    package let anchor: AuditLink

    package init(former: AuditLink, anchor: AuditLink) {
        self.former = former
        self.anchor = anchor
    }

    package func note(at now: Timestamp) -> AuditNote {
        AuditNote(
            .auditPruned, of: String(anchor.number), by: .system, at: now,
            details: [
                "hash": .string(anchor.text),
                "former": [
                    "number": .number(JSONNumber(former.number)), "hash": .string(former.text),
                ],
            ])
    }

    /// Reads what ``note(at:)`` wrote; `nil` for an entry of another kind, or one of no sense.
    package init?(_ entry: AuditEntry) {
        guard entry.verb == AuditVerb.auditPruned.rawValue,
            let details = try? JSONValue(parsing: entry.details),
            let hash = details["hash"]?.string,
            let anchor = AuditLink(parsing: entry.object + ":" + hash),
            let number = details["former"]?["number"]?.number?.int64,
            let formerHash = details["former"]?["hash"]?.string,
            let former = AuditLink(parsing: "\(number):" + formerHash)
        else { return nil }
        self.init(former: former, anchor: anchor)
    }

    /// How many of the oldest entries are to go.
    ///
    /// - Parameters:
    ///   - old: Verbs of the oldest ones that are old enough.
    ///   - limit: How many were looked at, at most.
    /// - Returns: None where nothing but such entries would go: each pruning notes another one, and
    ///   so would go on for ever. A whole batch of them goes, or it would keep what lies behind.
    package static func count(of old: [String], limit: Int) -> Int {
        let isOnlyNotes = old.allSatisfy { $0 == AuditVerb.auditPruned.rawValue }
        return old.count < limit && isOnlyNotes ? 0 : old.count
    }
}
