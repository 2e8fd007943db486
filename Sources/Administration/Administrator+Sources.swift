import Domain
import Logging
import Sealing
import Settings
import Signing
import Storage
package import StrictJSON

/// A request that was captured somewhere, to be tried at a source's door.
package struct SourceTrialWish: Sendable {
    let request: IncomingRequest
    let secret: String?

    /// Reads `{"method"?, "headers"?: [[name, value]], "query"?: [[name, value]], "body"? |
    /// "body_base64"?, "path_secret"?}`.
    package init(parsing body: [UInt8]) throws(AdministrationError) {
        let wish = try RequestBody(
            body, keys: ["method", "headers", "query", "body", "body_base64", "path_secret"])
        var bytes: [UInt8] = []
        if let value = wish["body"] {
            guard let text = value.string, wish["body_base64"] == nil else {
                throw wish.refusal("a text is wanted, and no body_base64 beside it", at: "body")
            }
            bytes = Array(text.utf8)
        }
        if let value = wish["body_base64"] {
            guard let decoded = value.string.flatMap({ Base64.decode($0) }) else {
                throw wish.refusal("this is no base64", at: "body_base64")
            }
            bytes = decoded
        }
        request = IncomingRequest(
            method: try wish.text("method") ?? "POST",
            headers: HeaderFields(try Self.pairs("headers", wish)),
            query: try Self.pairs("query", wish), body: bytes)
        secret = try wish.text("path_secret")
    }

    private static func pairs(
        _ key: String, _ wish: RequestBody
    ) throws(AdministrationError) -> [(name: String, value: String)] {
        guard let value = wish[key] else { return [] }
        var pairs: [(name: String, value: String)] = []
        for one in value.array ?? [.null] {
            guard pairs.count < 200, let pair = one.array, pair.count == 2,
                let name = pair[0].string, let value = pair[1].string
            else {
                throw wish.refusal("a list of at most 200 pairs of texts is wanted", at: key)
            }
            pairs.append((name, value))
        }
        return pairs
    }
}

extension Administrator {
    /// A source as it was put in or configured, with its secrets as `<secret>`.
    package func source(_ name: String) throws(AdministrationError) -> JSONValue {
        let desk = try sourceDesk(for: name)
        return try json(of: desk.definitions.entry(name), desk)
    }

    /// Puts a source in, in force when this returns.
    ///
    /// - Returns: It as ``source(_:)`` shows it, and whether there was none of that name before.
    package func putSource(
        _ name: String, definition: [UInt8], if condition: Precondition, by who: Principal
    ) async throws(AdministrationError) -> (source: JSONValue, isNew: Bool) {
        let desk = try sourceDesk(for: name)
        var (entry, isNew) = try await desk.definitions.put(
            name, definition: definition, if: condition, by: who, at: time.now()
        ) { () async throws(AdministrationError) in
            try Self.refuseNameOfPublishing(name)
            // One of this name may have gone in the middle of a deletion, or out of the
            // configuration: whether it was closed says nothing of this one.
            try await desk.set(name, closed: false, noting: nil)
            try await forgetSecrets(of: name, desk)
        }
        if let source = entry.value,
            desk.secrets.isOvertaken(name, configured: source.secrets, at: time.now())
        {
            entry.warnings.append(.secretIsOvertaken)
        }
        return (json(of: entry, desk), isNew)
    }

    /// What is published without a source is said to come from one of this name, and would be
    /// refused from then on.
    ///
    /// In a configuration the name is taken, with a warning: what started before starts again.
    private static func refuseNameOfPublishing(
        _ name: String
    ) throws(AdministrationError) {
        guard name.hasSameBytes(as: Self.source) else { return }
        throw AdministrationError(
            .definitionInvalid,
            "what is published without a source is kept under “\(name)”, and would be refused",
            pointer: .root, remedy: "Use another name.")
    }

    /// Takes a source out: what it sends from then on is answered as by an address that is none.
    package func deleteSource(
        _ name: String, if condition: Precondition, by who: Principal
    ) async throws(AdministrationError) {
        let desk = try sourceDesk(for: name)
        try await desk.definitions.delete(name, if: condition, by: who, at: time.now()) {}
        // Whoever puts in another one of this name does not expect it closed.
        guard !desk.definitions.has(name) else { return }
        try await desk.set(name, closed: false, noting: nil)
        try await forgetSecrets(of: name, desk)
    }

    /// Of a namesake that is gone nothing is to be left.
    private func forgetSecrets(
        of name: String, _ desk: SourceDesk
    ) async throws(AdministrationError) {
        try await ask { () async throws(StorageError) in try await desk.secrets.forget(name) }
    }

    /// Closes a source or opens it, before this returns.
    package func setSource(
        _ name: String, enabled isEnabled: Bool, by who: Principal
    ) async throws(AdministrationError) -> JSONValue {
        let desk = try sourceDesk(for: name)
        let entry = try desk.definitions.entry(name)
        let verb = isEnabled ? AuditVerb.sourceEnabled : .sourceDisabled
        // Somebody else may have switched it since.
        if try await !hasDone(verb, of: name), desk.isClosed(name) == isEnabled {
            try await desk.set(
                name, closed: !isEnabled,
                noting: note(verb, of: name, by: who, at: time.now()))
            log.notice("\(verb.rawValue)", metadata: ["source": "\(name)", "by": "\(who.id)"])
        }
        return json(of: entry, desk)
    }

    /// Says what would become of a request at a source's door; nothing is stored.
    ///
    /// - Returns: `{"verdict": "stored" | "handshake" | "refused", "events", "status", "reason",
    ///   "detail"}`.
    package func trySource(
        _ name: String, _ wish: SourceTrialWish
    ) throws(AdministrationError) -> JSONValue {
        let desk = try sourceDesk(for: name)
        _ = try desk.definitions.entry(name)
        switch desk.tryOut(wish.request, name, wish.secret) {
        case .events(let events):
            return .object(
                ["verdict": "stored", "events": .array(events.map(\.triedJSON))])
        case .handshake: return ["verdict": "handshake"]
        case .refused(let status, let reason, let detail):
            return [
                "verdict": "refused", "status": .number(JSONNumber(Int64(status))),
                "reason": .string(reason), "detail": .string(detail),
            ]
        case nil: throw .nothing("source")
        }
    }

    func sourceDesk(for name: String) throws(AdministrationError) -> SourceDesk {
        guard let sourceDesk else { throw .nothing("source") }
        return sourceDesk
    }

    private func json(of entry: DefinitionEntry<Source>, _ desk: SourceDesk) -> JSONValue {
        let now = time.now()
        let secrets = entry.value.map { desk.secrets.secrets(of: $0, at: now).count } ?? 0
        return entry.json([
            "scheme": .text(entry.value?.kind.rawValue), "path": .string("/in/" + entry.name),
            "disabled": .bool(desk.isClosed(entry.name)),
            "secrets": .number(JSONNumber(Int64(secrets))),
            "overlap_until": .text(
                entry.value.flatMap { desk.secrets.overlap(of: $0, at: now) }?.description),
        ])
    }
}

extension VerifiedEvent {
    fileprivate var triedJSON: JSONValue {
        [
            "type": .string(type), "key": .text(key), "time": .text(time?.description),
            "entity": entity?.json ?? .null,
        ]
    }
}
