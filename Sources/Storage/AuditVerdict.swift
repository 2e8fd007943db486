/// Whether the chain holds, and where it first does not.
package struct AuditVerdict: Hashable, Sendable {
    /// Where the chain begins: what retention took away last.
    package let anchor: AuditLink
    /// The newest entry, as the head record has it.
    package let head: AuditLink
    /// Entries that hold, from the anchor to the end or to the first that does not.
    package let holding: Int
    package internal(set) var breach: Breach?

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
            /// It and those before it are gone, and no entry says that retention took them.
            case beginning
            /// It is not the one that was known from elsewhere, or is not there.
            case expected
            /// What refuses changes, or an end of the chain, is missing or another one.
            case guards
            /// An index of the table does not fit it, so that lists may hide entries.
            case index
        }

        /// Of the entry that should stand there; `nil` for what is no entry's.
        package let number: Int64?
        package let kind: Kind
        /// What is wrong beside the entries: a name in the schema, or the driver's words.
        package let what: String

        package init(number: Int64?, kind: Kind, what: String = "") {
            self.number = number
            self.kind = kind
            self.what = what
        }
    }
}

extension AuditReading {
    /// Walks the whole chain, then looks at what stands beside it.
    ///
    /// Stretch by stretch, so that nobody has to wait for it, and entries may come and go
    /// meanwhile: what comes is walked as well, and what retention takes held when it went.
    ///
    /// - Parameter expected: An entry that is known from elsewhere; it has to be there, or to be
    ///   the last that retention took.
    package func verifyAudit(
        expecting expected: AuditLink? = nil, stretch limit: Int = 2_000
    ) async throws(StorageError) -> AuditVerdict {
        let guards = try await auditGuards()
        if let what = guards.missingEnds {
            return AuditVerdict(
                anchor: .start, head: .start, holding: 0,
                breach: AuditVerdict.Breach(number: nil, kind: .guards, what: what))
        }
        var verdict = try await walkAudit(expecting: expected, stretch: limit)
        if verdict.breach == nil, let what = guards.flaw {
            verdict.breach = AuditVerdict.Breach(number: nil, kind: .guards, what: what)
        }
        if verdict.breach == nil, let what = try await auditIndexFlaw() {
            verdict.breach = AuditVerdict.Breach(number: nil, kind: .index, what: what)
        }
        return verdict
    }

    private func walkAudit(
        expecting expected: AuditLink?, stretch limit: Int
    ) async throws(StorageError) -> AuditVerdict {
        var walk: AuditWalk?
        while true {
            let stretch = try await auditStretch(after: walk?.place.number, limit: limit)
            if var behind = walk, stretch.anchor.number > behind.place.number {
                behind.jump(to: stretch.anchor)
                walk = behind
                continue
            }
            var now = walk ?? AuditWalk(from: stretch.anchor, expecting: expected)
            let breach = now.breach(in: stretch, isEnd: stretch.entries.count < limit)
            guard breach == nil, stretch.entries.count >= limit else {
                return AuditVerdict(
                    anchor: stretch.anchor, head: stretch.head, holding: now.holding,
                    breach: breach)
            }
            walk = now
        }
    }
}

/// How far a walk along the chain has come, and what it has seen.
private struct AuditWalk {
    /// The last entry that holds.
    var place: AuditLink
    var holding = 0
    /// The newest entry so far that tells of a pruning.
    private var pruning: AuditPruning?
    private let expected: AuditLink?
    private var isExpectedSeen = false

    init(from anchor: AuditLink, expecting expected: AuditLink?) {
        place = anchor
        self.expected = expected
        isExpectedSeen = expected.map { $0 == anchor } ?? true
    }

    /// Goes on where retention has come to meanwhile; what it took was not walked.
    mutating func jump(to anchor: AuditLink) {
        place = anchor
        pruning = nil
        if expected == anchor { isExpectedSeen = true }
    }

    mutating func breach(in stretch: AuditStretch, isEnd: Bool) -> AuditVerdict.Breach? {
        for entry in stretch.entries {
            if let breach = place.breach(at: entry) { return breach }
            guard let entry else { break }
            place = AuditLink(entry)
            holding += 1
            if let breach = breach(seeing: entry) { return breach }
        }
        guard stretch.damage != nil || isEnd else { return nil }
        if let breach = place.breach(in: stretch) { return breach }
        if stretch.anchor != pruning?.anchor ?? .start {
            return AuditVerdict.Breach(number: stretch.anchor.number, kind: .beginning)
        }
        guard let expected, !isExpectedSeen else { return nil }
        return AuditVerdict.Breach(number: expected.number, kind: .expected)
    }

    private mutating func breach(seeing entry: AuditEntry) -> AuditVerdict.Breach? {
        if let expected, expected.number == place.number {
            guard expected == place else {
                return AuditVerdict.Breach(number: place.number, kind: .expected)
            }
            isExpectedSeen = true
        }
        guard let next = AuditPruning(entry) else { return nil }
        if let pruning, pruning.anchor != next.former {
            return AuditVerdict.Breach(number: next.former.number, kind: .beginning)
        }
        pruning = next
        return nil
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
