import Domain
import Storage
package import StrictJSON

/// Which entries of the audit somebody wants, as text.
package struct AuditSelection: Hashable, Sendable {
    package static let parameters = ["who", "verb", "object", "since", "cursor", "limit"]

    private let parameters: [String: String]

    /// - Parameter parameters: By their names, no others than ``parameters``.
    package init(_ parameters: [String: String]) { self.parameters = parameters }

    func query(at now: Timestamp) throws(AdministrationError) -> AuditQuery {
        var query = AuditQuery(
            who: parameters["who"], verb: parameters["verb"], object: parameters["object"],
            cursor: parameters["cursor"], limit: Selection.limitByDefault)
        if let verb = query.verb, AuditVerb(rawValue: verb) == nil {
            throw AdministrationError(
                .parameterInvalid, "`verb` names nothing that is noted",
                remedy: "Verbs: "
                    + AuditVerb.allCases.map(\.rawValue).joined(separator: ", ") + ".")
        }
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
        if let text = parameters["since"] {
            guard let moment = Timestamp(written: text, now: now) else {
                throw AdministrationError.pointInTime("since")
            }
            query.since = moment
        }
        if let text = parameters["limit"] {
            guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let limit = Int(text),
                (1...Selection.limitMax).contains(limit)
            else {
                throw AdministrationError(
                    .parameterInvalid, "`limit` is out of range",
                    remedy: "Write a whole number from 1 to \(Selection.limitMax); without it a "
                        + "page has \(Selection.limitByDefault) rows.")
            }
            query.limit = limit
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
    package func verifyAudit() async throws(AdministrationError) -> JSONValue {
        try await ask { () async throws(StorageError) in try await store.verifyAudit() }.json
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
                "number": .number(JSONNumber(breach.number)),
                "kind": .string(breach.kind.rawValue), "detail": .string(breach.words),
            ]
        }
        return .object(object)
    }
}

extension AuditVerdict.Breach {
    /// What is wrong, one sentence without a full stop.
    var words: String {
        switch kind {
        case .hash: "what entry \(number) says, or the one before it, is not what was written"
        case .gap: "entry \(number) is missing, and later ones are there"
        case .order: "another entry stands in the place of entry \(number)"
        case .tail: "entry \(number) and all behind it are missing"
        case .head: "the record of the newest entry does not fit entry \(number)"
        case .unreadable: "the bytes of entry \(number) cannot be read as an entry"
        }
    }
}

extension AuditLink {
    fileprivate var json: JSONValue {
        ["number": .number(JSONNumber(number)), "hash": .string(text)]
    }
}
