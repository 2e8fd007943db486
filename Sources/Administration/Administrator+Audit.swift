import Domain
import Storage
package import StrictJSON

/// Which entries of the audit somebody wants, as text.
package struct AuditSelection: Hashable, Sendable {
    package static let parameters = ["who", "verb", "object", "since", "cursor", "limit"]

    private let selection: Selection

    /// - Parameter parameters: By their names, no others than ``parameters``.
    package init(_ parameters: [String: String]) { selection = Selection(parameters) }

    func query(at now: Timestamp) throws(AdministrationError) -> AuditQuery {
        let usual = Selection.limitByDefault
        let verb: AuditVerb? = try selection.word("verb", "names nothing that is noted", "Verbs")
        var query = AuditQuery(
            who: try selection.value("who"), verb: verb?.rawValue,
            object: try selection.value("object"), cursor: selection.parameters["cursor"],
            limit: try selection.number("limit", 1...Selection.limitMax, "rows", usual) ?? usual)
        query.since = try selection.moment("since", at: now)
        if let cursor = query.cursor {
            // As `next` writes a number, and in no other way that an `Int64` could be read from.
            guard (1...18).contains(cursor.utf8.count),
                cursor.utf8.allSatisfy({ (0x30...0x39).contains($0) })
            else {
                throw AdministrationError(
                    .parameterInvalid, "`cursor` is none",
                    remedy: "Take `next` of the page before, unchanged, or leave `cursor` out.")
            }
        }
        return query
    }
}

// MARK: - Audit

extension Administrator {
    /// `{"entries": […], "next"}`, newest first.
    package func audit(_ selection: AuditSelection) async throws(AdministrationError) -> JSONValue {
        let query = try selection.query(at: time.now())
        let page: Page<AuditEntry>
        do {
            page = try await ask { () async throws(StorageError) in
                try await store.auditEntries(query)
            }
        } catch {
            guard query.cursor != nil, error.code == .notFound else { throw error }
            throw AdministrationError(
                .parameterInvalid, "the cursor belongs to no page of this list",
                remedy: "Take `next` of the page before, unchanged, or leave `cursor` out.")
        }
        return .object(["entries": .array(page.rows.map(\.json)), "next": .text(page.next)])
    }

    /// Walks the whole chain, and says how many entries hold and where it first does not.
    ///
    /// - Parameter expected: An entry that was kept elsewhere, as `NUMBER:HASH`.
    package func verifyAudit(
        expecting expected: String? = nil
    ) async throws(AdministrationError) -> JSONValue {
        let link = expected.flatMap { AuditLink(parsing: $0) }
        guard expected == nil || link != nil else {
            throw AdministrationError(
                .parameterInvalid, "`expect` is no entry",
                remedy: "Write the number, a colon and the hash, 64 hexadecimal digits, as "
                    + "`copyhook audit verify` printed them.")
        }
        return try await ask { () async throws(StorageError) in
            try await store.verifyAudit(expecting: link)
        }.json
    }
}

extension AuditEntry {
    fileprivate var json: JSONValue {
        [
            "number": .number(JSONNumber(number)), "at": .string(at.description),
            "who": ["id": .string(who.id), "name": .string(who.name)],
            "verb": .string(verb), "object": .string(object),
            // What we wrote ourselves is JSON; were it not, the rest is still worth showing.
            "details": (try? JSONValue(parsing: details, limits: .match)) ?? .null,
            "hash": .string(AuditLink(self).text),
        ]
    }
}

extension AuditVerdict {
    /// As the API and the command show it.
    package var json: JSONValue {
        var object: JSONObject = [
            "holds": .bool(breach == nil), "entries": .number(JSONNumber(Int64(holding))),
            "anchor": anchor.json, "head": head.json, "breach": .null,
        ]
        if let breach {
            object["breach"] = [
                "number": breach.number.map { .number(JSONNumber($0)) } ?? .null,
                "kind": .string(breach.kind.rawValue), "detail": .string(breach.words),
            ]
        }
        return .object(object)
    }
}

extension AuditVerdict.Breach {
    /// What is wrong, one sentence without a full stop.
    var words: String {
        let entry = "entry \(number ?? 0)"
        return switch kind {
        case .hash: "what \(entry) says, or the one before it, is not what was written"
        case .gap: "\(entry) is missing, and later ones are there"
        case .order: "another entry stands in the place of \(entry)"
        case .tail: "\(entry) and all behind it are missing"
        case .head: "the record of the newest entry does not fit \(entry)"
        case .unreadable: "the bytes of \(entry) cannot be read as an entry"
        case .beginning:
            "the chain is cut off at its beginning: no entry says that retention came to \(entry)"
        case .expected: "\(entry) is not the one that was expected, or is not there"
        case .guards: "what keeps the audit from being changed is not whole: \(what)"
        case .index: "lists may hide entries, an index does not fit the table: \(what)"
        }
    }
}

extension AuditLink {
    fileprivate var json: JSONValue {
        ["number": .number(JSONNumber(number)), "hash": .string(text)]
    }
}
