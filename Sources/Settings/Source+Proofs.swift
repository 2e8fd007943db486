import Domain
import Signing
import StrictJSON

// Senders that we know by a proof alone, and CloudEvents, which may come with any of them.

extension Source {
    /// How a sender proves who it is where its platform leaves that open.
    enum Proof: String, CaseIterable {
        case bearer, basic, header, hmac
        case standardWebhooks = "standard-webhooks"
        case path
    }

    /// A proof that is read, and what must follow the name in the path because of it.
    private struct ReadProof {
        let proof: any RequestProof
        /// In which the proof itself stands, for the kinds that know it.
        var header: String?
        var pathSecrets: [Secret] = []
    }

    /// The settings of the proof; pointers, `type_header` and `key_header`.
    static func plain(_ proof: Proof, _ section: SettingSection) -> Door? {
        let read = Self.read(proof, section)
        let pointers = section.pointers(withHeaders: true)
        let secretive = read?.header
        for (key, name) in [
            ("type_header", pointers.typeHeader), ("key_header", pointers.keyHeader),
        ] {
            guard let name, let secretive, name.isSameHeader(as: secretive) else { continue }
            section.fail(
                key, "what this header proves with would be stored and shown",
                "Name the header with the event's own \(key.dropLast(7)).")
        }
        if pointers.key == nil, pointers.keyHeader == nil {
            section.reader.hint(
                section.place("key").problem(
                    "without a key, two requests with the same body are one event",
                    "Name the sender's own id with key: /POINTER or key_header: NAME, if it has "
                        + "one."))
        }
        guard let read else { return nil }
        return Door(
            scheme: ProvedScheme(read.proof, PlainReading(pointers: pointers)),
            pathSecrets: read.pathSecrets)
    }

    /// `proof`, default bearer, and its settings; `origins`, default none, and `rate`, default
    /// unlimited, which are granted to senders that ask first; pointers.
    static func cloudEvents(_ section: SettingSection) -> Door? {
        let proof = section.scalar("proof", .word(), default: Proof.bearer)
        let read = Self.read(proof, section)
        let origins = section.list(
            "origins", .text("Write what the sender calls itself, as in events.example.com, or *."))
        let rate = section.optional("rate", .rate)
        let perMinute = rate.map { $0.count * 60 / max(Int($0.per.components.seconds), 1) }
        if perMinute == 0 {
            section.fail("rate", "this is less than one a minute", "Write at least 1/m.")
        }
        let pointers = section.pointers()
        guard let read else { return nil }
        let isAny = origins?.contains { $0.hasSameBytes(as: "*") } ?? false
        let handshake = CloudEventsHandshake(
            origins: isAny ? .any : .only(origins ?? []), perMinuteMax: perMinute)
        return Door(
            scheme: ProvedScheme(
                read.proof, CloudEventsReading(handshake: handshake, pointers: pointers)),
            pathSecrets: read.pathSecrets)
    }

    /// `nil` after a problem.
    private static func read(_ proof: Proof, _ section: SettingSection) -> ReadProof? {
        do throws(SigningError) {
            switch proof {
            case .bearer:
                return try bearer(section).map { ReadProof(proof: $0, header: "Authorization") }
            case .basic:
                return try basic(section).map { ReadProof(proof: $0, header: "Authorization") }
            case .header: return try header(section).map { ReadProof(proof: $0, header: $0.header) }
            case .hmac: return try hmac(section).map { ReadProof(proof: $0, header: $0.header) }
            case .standardWebhooks: return try signed(section).map { ReadProof(proof: $0) }
            case .path:
                let secrets = section.pathSecrets(
                    missing: "Add secret: \"${SECRET}\", and give the sender the address "
                        + "/in/NAME/SECRET.")
                return secrets.map { ReadProof(proof: PathProof(), pathSecrets: $0) }
            }
        } catch {
            section.fail("secret", "the proof cannot be used", error.detail.asSentence)
            return nil
        }
    }

    /// `secret` or `secrets`; `query_token`, default off: whether the token may also stand in the
    /// address as `access_token`.
    private static func bearer(
        _ section: SettingSection
    ) throws(SigningError) -> BearerProof? {
        let tokens = section.sourceSecrets(
            missing: "Add secret: \"${TOKEN}\", what the sender puts behind Bearer.")
        let readsQuery = section.scalar("query_token", .onOff, default: false)
        if readsQuery {
            section.reader.hint(
                section.place("query_token").problem(
                    "a token in an address is written to the logs of what lies between",
                    "Leave it off where the sender can send Authorization."))
        }
        return try tokens.map { tokens throws(SigningError) in
            try BearerProof(tokens: tokens, readsQuery: readsQuery)
        }
    }

    /// `users`, at least one, each with `name` and `password`.
    private static func basic(
        _ section: SettingSection
    ) throws(SigningError) -> BasicProof? {
        guard let items = section.sections(inList: "users"), !items.isEmpty else {
            section.miss("users", "Add users: [{name: hook, password: \"${PASSWORD}\"}].")
            return nil
        }
        let users = items.compactMap { item -> BasicProof.User? in
            let name = item.required(
                "name", .text("Write the user's name, without a colon.") { !$0.contains(":") })
            let password = item.required(
                secret: "password", "Add password: \"${PASSWORD}\".")
            item.warnIfShort(password, at: item.place("password"))
            item.finish()
            guard let name, let password else { return nil }
            return BasicProof.User(name: name, password: password)
        }
        return users.count == items.count ? try BasicProof(users: users) : nil
    }

    /// `header`; `secret` or `secrets`.
    private static func header(
        _ section: SettingSection
    ) throws(SigningError) -> TokenProof? {
        let name = section.required("header", .headerName)
        let tokens = section.sourceSecrets(
            missing: "Add secret: \"${TOKEN}\", what the sender puts into the header.")
        guard let name, let tokens else { return nil }
        return try TokenProof(header: name, tokens: tokens)
    }

    /// `secret` or `secrets`; `header`; `algorithm`, default sha256; `encoding`, default hex;
    /// `prefix`, default none; `timestamp_header`, default none; `signed`, default `{body}`, or
    /// `{timestamp}:{body}` with a timestamp header; `window` for that, default 5 m; `allow_sha1`,
    /// default off, without which `sha1` is refused.
    private static func hmac(
        _ section: SettingSection
    ) throws(SigningError) -> HMACProof? {
        let secrets = section.sourceSecrets(
            missing: "Add secret: \"${SECRET}\", what the sender signs with.")
        let name = section.required("header", .headerName)
        var form = HMACProof.Form(
            header: name ?? "", timestampHeader: section.optional("timestamp_header", .headerName))
        form.algorithm = section.scalar("algorithm", .word(), default: form.algorithm)
        form.encoding = section.scalar("encoding", .word(), default: form.encoding)
        form.prefix = section.optional("prefix", .text("Write what stands before the code.")) ?? ""
        form.signed = section.scalar("signed", .signed, default: form.signed)
        if form.timestampHeader != nil { form.window = section.window() }
        let allowsSHA1 = section.scalar("allow_sha1", .onOff, default: false)
        guard form.algorithm != .sha1 || allowsSHA1 else {
            section.fail(
                "algorithm", "sha1 is weak",
                "Have the sender use sha256, or add allow_sha1: on if it cannot.")
            return nil
        }
        guard form.signed.hasTimestamp == (form.timestampHeader != nil) else {
            section.fail(
                "signed", "the time is read but not signed, or signed but not read",
                "Name timestamp_header and put {timestamp} into signed, or neither.")
            return nil
        }
        if let name, let other = form.timestampHeader, name.isSameHeader(as: other) {
            section.fail(
                "timestamp_header", "the code and the time cannot stand in one header",
                "Name the header that the sender puts the time into.")
            return nil
        }
        guard let secrets, name != nil else { return nil }
        return try HMACProof(secrets: secrets, form: form)
    }

    /// `secret` or `secrets`; `window`, default 5 m.
    private static func signed(
        _ section: SettingSection
    ) throws(SigningError) -> StandardWebhooksProof? {
        let keys = section.signingKeys(
            missing: "Add secret: \"${SECRET}\", the whsec_… text that the sender shows.",
            refusing: .ed25519Private)
        let window = section.window()
        return try keys.map { keys throws(SigningError) in
            try StandardWebhooksProof(keys: keys.map(\.key), window: window)
        }
    }
}

extension SettingKind<SignedTemplate> {
    static var signed: SettingKind {
        SettingKind(
            remedy: "Write what is signed with {body} in it once, as in v0:{timestamp}:{body}.",
            read: { SignedTemplate($0) }, show: { .string($0.text) }, isText: true)
    }
}

extension String {
    /// Names of headers know no capitals.
    fileprivate func isSameHeader(as other: String) -> Bool {
        lowercased().hasSameBytes(as: other.lowercased())
    }
}
