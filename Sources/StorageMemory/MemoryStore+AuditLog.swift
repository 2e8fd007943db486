import Domain
package import Storage

extension MemoryStore: AuditLog {
    package func note(_ note: AuditNote) throws(StorageError) { append(note) }

    package func auditEntries(_ query: AuditQuery) throws(StorageError) -> Page<AuditEntry> {
        guard let cursor = query.cursor.map({ Int64($0) }) ?? Int64.max else {
            throw StorageError(.notFound, detail: "cursor \(query.cursor ?? "")")
        }
        let fitting = audit.reversed().filter { $0.number < cursor && query.fits($0) }
        let taken = fitting.prefix(min(max(query.limit, 1), 200))
        return Page(
            rows: Array(taken),
            next: fitting.count > taken.count ? taken.last.map { String($0.number) } : nil)
    }

    package func auditStretch(
        after number: Int64?, limit: Int
    ) throws(StorageError) -> AuditStretch {
        AuditStretch(
            anchor: auditAnchor, head: auditHead,
            entries: Array(audit.filter { $0.number > number ?? Int64.min }.prefix(limit)))
    }

    /// Nobody else comes near it, and lists have no index.
    package func auditGuards() -> AuditGuards { AuditGuards() }

    package func auditIndexFlaw() -> String? { nil }

    func append(_ note: AuditNote?) {
        guard let note else { return }
        let entry = auditHead.entry(note)
        audit.append(entry)
        auditHead = AuditLink(entry)
        remember(.noted(entry), of: .audit, at: entry.at)
    }

    /// Takes away the oldest, up to the first that is to stay.
    func pruneAudit(olderThan moment: Timestamp, limit: Int, at now: Timestamp) -> Pruned {
        let limit = max(limit, 1)
        let old = audit.prefix(limit).prefix { $0.at < moment }
        let count = AuditPruning.count(of: old.map(\.verb), limit: limit)
        guard count > 0, let last = old.last else { return Pruned(removed: 0, next: nil) }
        let pruning = AuditPruning(former: auditAnchor, anchor: AuditLink(last))
        append(pruning.note(at: now))
        auditAnchor = pruning.anchor
        audit.removeFirst(count)
        return Pruned(removed: count, next: count < limit ? nil : "0")
    }
}

extension AuditQuery {
    fileprivate func fits(_ entry: AuditEntry) -> Bool {
        let who = who.map { Bytes($0) }
        return (who == nil || who == Bytes(entry.who.id) || who == Bytes(entry.who.name))
            && (verb == nil || verb.map { Bytes($0) } == Bytes(entry.verb))
            && (object == nil || object.map { Bytes($0) } == Bytes(entry.object))
            && entry.at >= since ?? entry.at
    }
}
