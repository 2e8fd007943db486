/// Whether the chain holds, and where it first does not.
package struct AuditVerdict: Hashable, Sendable {
    /// Where the chain begins: what retention took away last.
    package let anchor: AuditLink
    /// The newest entry, as the head record has it.
    package let head: AuditLink
    /// Entries that hold, from the anchor to the end or to the first that does not.
    package let holding: Int
    package let breach: Breach?

    package init(anchor: AuditLink, head: AuditLink, holding: Int, breach: Breach?) {
        self.anchor = anchor
        self.head = head
        self.holding = holding
        self.breach = breach
    }

    /// The first thing that is wrong; of what lies behind it nothing can be said.
    package struct Breach: Hashable, Sendable {
        package enum Kind: String, Hashable, Sendable, CaseIterable {
            /// Its content is not what was written, or it follows another entry than it did.
            case hash
            /// It is missing, and later ones are there.
            case gap
            /// An earlier one, or the same again, stands in its place.
            case order
            /// It and all behind it are missing: the head record knows of them.
            case tail
            /// It is the newest, and the head record knows another one.
            case head
            /// Its bytes cannot be read as an entry.
            case unreadable
        }

        /// Of the entry that should stand there.
        package let number: Int64
        package let kind: Kind

        package init(number: Int64, kind: Kind) {
            self.number = number
            self.kind = kind
        }
    }
}

extension AuditReading {
    /// Walks the whole chain.
    ///
    /// Stretch by stretch, so that nobody has to wait for it, and entries may come and go
    /// meanwhile: what comes is walked as well, and what retention takes held when it went.
    package func verifyAudit(stretch limit: Int = 2_000) async throws(StorageError) -> AuditVerdict
    {
        var last: AuditLink?
        var holding = 0
        while true {
            let stretch = try await auditStretch(after: last?.number, limit: limit)
            if let place = last, stretch.anchor.number > place.number {
                last = stretch.anchor
                continue
            }
            var place = last ?? stretch.anchor
            var breach: AuditVerdict.Breach?
            for entry in stretch.entries {
                breach = place.breach(at: entry)
                guard breach == nil, let entry else { break }
                place = AuditLink(entry)
                holding += 1
            }
            let isEnd = stretch.entries.count < limit
            if breach == nil, stretch.damage != nil || isEnd {
                breach = place.breach(in: stretch)
            }
            guard breach == nil, !isEnd else {
                return AuditVerdict(
                    anchor: stretch.anchor, head: stretch.head, holding: holding, breach: breach)
            }
            last = place
        }
    }
}

extension AuditLink {
    /// What is wrong with the entry that lies behind this one, `nil` for one without sense.
    fileprivate func breach(at entry: AuditEntry?) -> AuditVerdict.Breach? {
        let kind: AuditVerdict.Breach.Kind
        if let entry {
            if entry.number == number + 1, fits(entry) { return nil }
            kind =
                entry.number == number + 1 ? .hash : entry.number > number + 1 ? .gap : .order
        } else {
            kind = .unreadable
        }
        return AuditVerdict.Breach(number: number + 1, kind: kind)
    }

    /// What is wrong behind this, the last entry of the stretch.
    fileprivate func breach(in stretch: AuditStretch) -> AuditVerdict.Breach? {
        if stretch.damage != nil {
            return AuditVerdict.Breach(number: number + 1, kind: .unreadable)
        }
        if number < stretch.head.number {
            return AuditVerdict.Breach(number: number + 1, kind: .tail)
        }
        return self == stretch.head ? nil : AuditVerdict.Breach(number: number, kind: .head)
    }
}
