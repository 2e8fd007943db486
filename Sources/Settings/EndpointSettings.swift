import Domain
import Rules
import Signing
import StrictJSON
import Transport

extension Endpoint {
    /// Headers that belong to the transport, or that we set ourselves; in small letters.
    static let headersOfOurs: Set<String> = [
        "host", "content-length", "transfer-encoding", "connection", "keep-alive",
        "proxy-connection", "expect", "te", "trailer", "upgrade", "content-type",
        "content-encoding", "webhook-id", "webhook-timestamp", "webhook-signature",
        "webhook-request-origin", "webhook-request-rate",
    ]
    static let headersMax = 32

    /// `endpoints.NAME`; what each key means stands at the property it sets.
    ///
    /// Returns `nil` after a problem.
    init?(
        _ name: String, _ section: SettingSection, egress: EgressPolicy, publicURL: String?
    ) {
        let channel = section.choice(
            "channel", of: Channel.self, later: [], default: .webhook)
        let url = Self.url(section, egress, of: channel ?? .webhook)
        let secrets = channel.flatMap { Self.secrets(section, $0) }
        self.init(
            name: name, channel: channel ?? .webhook, url: url ?? Secret(""),
            secrets: secrets ?? [])
        types = Self.types(section)
        timeout = section.scalar("timeout", .duration(Connection.timeouts), default: timeout)
        let limits = section.section("limits")
        rate = limits.optional("rate", .rate)
        concurrent = limits.scalar("concurrent", .whole(1...256), default: concurrent)
        limits.finish()
        // A chat would not look at them.
        if self.channel.isCallback { headers = Self.headers(section) }
        language = section.scalar("language", .word(), default: language)
        options = ChannelOptions(section, self.channel, publicURL: publicURL)
        if options.cloudEvents.mode == .binary, !self.secrets.isEmpty {
            section.fail(
                "mode", "in binary mode the attributes are outside of what the secret signs",
                "Write mode: structured, or leave the secret out.")
        }
        templates.own = Self.template(section, self.channel)
        checkRate(limits)
        section.finish()
        guard url != nil, secrets != nil else { return nil }
    }

    /// Says where more would be sent than the platform takes.
    private func checkRate(_ limits: SettingSection) {
        guard let rate, let published = publishedRate, rate.exceeds(published) else { return }
        limits.reader.warn(
            limits.place("rate").problem(
                "\(channel.rawValue) takes \(published.text), and this is more",
                "Leave the rate out: Copyhook then keeps a little below what the platform takes, "
                    + "and what comes faster is told in one message."))
    }

    /// Shown is where it leads; the path of a chat channel's URL is its credential.
    private static func url(
        _ section: SettingSection, _ egress: EgressPolicy, of channel: Channel
    ) -> Secret? {
        guard
            let url = section.required(
                secret: "url", "Add url: \(channel.usualAddress).",
                opensDoors: !channel.isCallback)
        else { return nil }
        do throws(EgressRefusal) {
            let target = try egress.check(url: url.exposed)
            let host = target.host.contains(":") ? "[\(target.host)]" : target.host
            let port = target.port == target.scheme.defaultPort ? "" : ":\(target.port)"
            section.show("url", .string("\(target.scheme.rawValue)://\(host)\(port)/<secret>"))
            check(url, target, section, channel)
        } catch {
            section.reader.add(error.problem(at: section.place("url")))
            return nil
        }
        return url
    }

    /// Says where an address is none that the platform gives out; one on this machine is a trial.
    private static func check(
        _ url: Secret, _ target: EgressTarget, _ section: SettingSection, _ channel: Channel
    ) {
        if channel == .teams, Channel.isRetiredConnector(address: url.exposed) {
            return section.fail(
                "url", "this is a connector of the kind that Microsoft has switched off",
                "Make a workflow in Teams (Post to a channel when a webhook request is received) "
                    + "and write its address.")
        }
        let isHere = target.isLocalhost || target.address?.isLoopback == true
        guard !channel.isCallback, !isHere, !channel.isUsual(address: url.exposed) else { return }
        section.reader.warn(
            section.place("url").problem(
                "this is no address as \(channel.rawValue) gives out; it is used as it is",
                "One looks like \(channel.usualAddress). Nothing needs doing where it leads to a "
                    + "proxy or an installation of your own."))
    }

    /// A callback is always signed, CloudEvents where it has a key, and a robot where it asks for
    /// that; the others have no more than their address.
    private static func secrets(_ section: SettingSection, _ channel: Channel) -> [Secret]? {
        let make = "make one with echo whsec_$(openssl rand -base64 32)."
        switch channel {
        case .webhook, .cloudEvents:
            let isOptional = channel == .cloudEvents
            section.catalogueSecret("secret")
            section.catalogueSecrets("secrets")
            if isOptional, !section.has("secret"), !section.has(list: "secrets") { return [] }
            let keys = section.signingKeys(
                missing: isOptional ? "Write one; \(make)" : "Add secret: \"${SECRET}\"; \(make)",
                refusing: .ed25519Public)
            if let keys, keys.allSatisfy({ $0.key.kind == .ed25519Private }) {
                section.reader.hint(
                    section.place(section.has("secret") ? "secret" : "secrets").problem(
                        "whsk_ signs with Ed25519 (v1a), which few receivers can verify",
                        "Nothing needs doing where the receiver has the whpk_ key; otherwise "
                            + "write a whsec_ secret: \(make)"))
            }
            return keys?.map(\.secret)
        case .feishu, .dingTalk:
            return section.secretOrSecrets(missing: nil)?.map { secret, place in
                section.warnIfShort(secret, at: place)
                return secret
            }
        case .weCom, .slack, .discord, .teams, .telegram, .infoflow, .mattermost, .googleChat:
            return []
        }
    }

    /// Each must let at least one type through, or it is a slip.
    private static func types(_ section: SettingSection) -> [String]? {
        let known = NotificationType.allCases.map(\.rawValue)
        section.show("types", .null)
        guard let items = section.items("types") else { return nil }
        let kind = SettingKind<String>.text("Write a type or a pattern such as copy.*.")
        let types = items.enumerated().compactMap { index, item -> String? in
            let place = section.itemPlace("types", index, item)
            guard let text = section.text(of: item, at: place, kind) else { return nil }
            var probe = Endpoint(name: "", channel: .webhook, url: Secret(""))
            probe.types = [text]
            guard NotificationType.allCases.contains(where: probe.hears) else {
                section.reader.add(
                    place.problem(
                        "no notification has this type",
                        Spelling.hint(for: text, among: known) + "Types are "
                            + "\(known.joined(separator: ", ")); * stands for any text."))
                return nil
            }
            return text
        }
        section.show("types", .array(types.map { .string($0) }))
        return types
    }

    /// Own words, which only people read.
    private static func template(
        _ section: SettingSection, _ channel: Channel
    ) -> MessageTemplate? {
        section.catalogue("template", .text("Write Mustache, or ${file:NAME.mustache}."))
        section.show("template", .null)
        let place = section.place("template")
        if let entry = section.entry("template") {
            guard section.reader.isSendable(entry.value, at: place) else { return nil }
        }
        guard let source = section.text("template") else { return nil }
        guard !channel.isCallback else {
            section.fail(
                "template", "no person reads this endpoint",
                "Take it out; programs get the notification as it is. Templates are for chats.")
            return nil
        }
        do throws(TemplateRefusal) {
            let template = try MessageTemplate(source.text)
            section.show("template", .string(template.source))
            return template
        } catch {
            section.reader.add(place.problem(error.what, error.remedy))
            return nil
        }
    }

    private static func headers(_ section: SettingSection) -> [Header] {
        section.reader.catalog?.note(
            section.path.appending("headers").appending(SettingCatalog.anyName),
            .value(["type": ["string", "integer"]]))
        section.reader.catalog?.note(section.path.appending("headers"), .names)
        let below = section.section("headers")
        section.show("headers", .object([:]))
        if below.names.count > headersMax {
            section.fail("headers", "there are more than \(headersMax)", "Send fewer.")
        }
        return below.names.compactMap { name in
            let value = below.secret(name)
            guard !name.isEmpty, name.utf8.allSatisfy(isTokenByte) else {
                below.fail(
                    name, "this is no name of a header", "Use letters, digits and -, as in X-Key.")
                return nil
            }
            guard !headersOfOurs.contains(name.lowercased()),
                !name.lowercased().hasPrefix("ce-")
            else {
                below.fail(
                    name, "this header belongs to the transport or to the signature",
                    "Take it out; Copyhook sets it itself where it is needed.")
                return nil
            }
            return value.map { Header(name, $0) }
        }
    }

    /// RFC 9110 section 5.6.2.
    private static func isTokenByte(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
            || "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
}
