package import Domain
package import Signing
import StrictJSON

/// `sources.NAME`: a sender whose events are taken in at `/in/NAME`.
package struct Source: Sendable {
    /// `scheme`: how the sender proves who it is, and how it speaks.
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        case coze
        case standardWebhooks = "standard-webhooks"
        case svix
        case gitHub = "github"
        case gitLab = "gitlab"
        case stripe
        case slack
        case feishu
        case dingTalk = "dingtalk"
        case dingTalkRobot = "dingtalk-robot"
        case weCom = "wecom"
        case infoflow
        case telegram
        case keyue
        case cloudEvents = "cloudevents"
        case hmac
        case basic
        case bearer
        case header
        case path
    }

    /// What a scheme's own settings come to.
    struct Door {
        let scheme: any SourceScheme
        var pathSecrets: [Secret] = []
    }

    package let name: String
    package let kind: Kind
    package let scheme: any SourceScheme
    /// What must follow the name in the path; none where the path ends with the name.
    package let pathSecrets: [Secret]
    /// `secret` or `secrets`, newest first; none where a source has several apps or users, each
    /// with secrets of its own.
    package let secrets: [Secret]
    private let reopened: @Sendable (_ secrets: [Secret]) -> SettingSection

    /// Returns `nil` after a problem.
    init?(_ name: String, _ section: SettingSection) {
        guard let kind = Self.kind(section) else { return nil }
        let door = Self.door(kind, section)
        section.finish()
        guard let door else { return nil }
        self.name = name
        self.kind = kind
        scheme = door.scheme
        pathSecrets = door.pathSecrets
        secrets = section.secretsFound
        reopened = section.reopening
    }

    /// This source with other secrets and all else as it was read, references included.
    ///
    /// - Parameter secrets: Newest first, in the place of all that it has.
    package func taking(_ secrets: [Secret]) throws(DefinitionRefusal) -> Source {
        let section = reopened(secrets)
        let source = Source(name, section)
        guard let source, section.reader.problems.isEmpty else {
            throw DefinitionRefusal(section.reader.problems.map { DefinitionFinding($0) })
        }
        return source
    }

    /// What is worth a second look about secrets in the place of its own.
    package func warnings(of secrets: [Secret]) -> [DefinitionFinding] {
        let section = reopened(secrets)
        _ = Source(name, section)
        return section.reader.warnings.compactMap { warning in
            guard warning.key == section.place("secret").key else { return nil }
            return DefinitionFinding(
                pointer: JSONPointer(tokens: ["secret"]), what: warning.what,
                remedy: warning.remedy)
        }
    }

    /// A new secret such as the sender can be told; `nil` where its platform makes its own, or
    /// keeps the half that signs.
    package func newSecret(using chance: inout Chance) -> Secret? {
        let former = secrets.first?.exposed ?? ""
        switch kind {
        case .stripe, .slack, .svix, .dingTalkRobot: return nil
        case .gitLab where former.hasPrefix("whsec_"): return nil
        case _ where former.hasPrefix("whpk_"): return nil
        case .standardWebhooks: return StandardWebhooksKey.makeSecret(using: &chance)
        case .cloudEvents where former.hasPrefix("whsec_") && pathSecrets.isEmpty:
            return StandardWebhooksKey.makeSecret(using: &chance)
        default:
            // Letters that headers, addresses and forms of all senders can carry.
            let bytes = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &chance) }
            return Secret(Hexadecimal.encode(bytes))
        }
    }

    private static func kind(_ section: SettingSection) -> Kind? {
        let words = Kind.allCases.map(\.rawValue)
        return section.choice("scheme", of: Kind.self, later: [])
            ?? {
                if !section.has("scheme") {
                    section.miss("scheme", "Add scheme: \(words.joined(separator: " or ")).")
                }
                return nil
            }()
    }

    private static func door(_ kind: Kind, _ section: SettingSection) -> Door? {
        switch kind {
        case .coze: coze(section)
        case .standardWebhooks: standardWebhooks(section, .standard)
        case .svix: standardWebhooks(section, .svix)
        case .gitHub: gitHub(section)
        case .gitLab: gitLab(section)
        case .stripe: stripe(section)
        case .slack: slack(section)
        case .feishu: feishu(section)
        case .dingTalk: dingTalk(section)
        case .dingTalkRobot: dingTalkRobot(section)
        case .weCom: weCom(section)
        case .infoflow: infoflow(section)
        case .telegram: telegram(section)
        case .keyue: keyue(section)
        case .cloudEvents: cloudEvents(section)
        case .hmac: plain(.hmac, section)
        case .basic: plain(.basic, section)
        case .bearer: plain(.bearer, section)
        case .header: plain(.header, section)
        case .path: plain(.path, section)
        }
    }
}

// MARK: - What several schemes read

extension SettingSection {
    /// Bounds of `window`, how far a signed time may be from ours.
    static let windows: ClosedRange<Duration> = .seconds(1) ... .days(7)

    /// `window`, default five minutes.
    func window() -> Duration {
        scalar(
            "window", .duration(Self.windows), default: StandardWebhooksProof.windowDefault)
    }

    /// `type`, `key`, `time` and `entity`: pointers into the body, default the scheme's own places.
    ///
    /// - Parameter withHeaders: Whether `type_header` and `key_header` may name headers instead.
    func pointers(withHeaders: Bool = false) -> SchemePointers {
        var pointers = SchemePointers(
            type: optional("type", .pointer), key: optional("key", .pointer),
            time: optional("time", .pointer), entity: optional("entity", .pointer))
        guard withHeaders else { return pointers }
        pointers.typeHeader = optional("type_header", .headerName)
        pointers.keyHeader = optional("key_header", .headerName)
        for (one, other) in [("type", "type_header"), ("key", "key_header")]
        where has(one) && has(other) {
            fail(other, "\(one) and \(other) stand side by side", "Keep one of them.")
        }
        return pointers
    }

    /// `secret` or `secrets` of a source, newest first, each warned of where it can be guessed.
    ///
    /// `nil` after a problem.
    func sourceSecrets(missing remedy: String) -> [Secret]? {
        guard let secrets = secretOrSecrets(missing: remedy), !secrets.isEmpty else { return nil }
        for (secret, place) in secrets { warnIfShort(secret, at: place) }
        return secrets.map(\.secret)
    }

    /// As ``sourceSecrets(missing:)``, for secrets that stand in an address.
    func pathSecrets(missing remedy: String) -> [Secret]? {
        guard let secrets = secretOrSecrets(missing: remedy), !secrets.isEmpty else { return nil }
        for (secret, place) in secrets {
            warnIfShort(secret, at: place)
            guard !secret.exposed.fitsIntoPath else { continue }
            reader.warn(
                place.problem(
                    "the secret holds a character that an address cannot carry as it is, such as "
                        + "/ or ?",
                    "Have the sender write it percent-encoded (%2F, %3F), or use letters, digits, "
                        + "- and _, as openssl rand -hex 32 makes them."))
        }
        return secrets.map(\.secret)
    }

    /// A door whose making may be refused.
    ///
    /// - Parameters:
    ///   - key: What the refusal is about.
    ///   - make: Returns `nil` after a problem of its own.
    func door(
        _ key: String, _ make: () throws(SigningError) -> Source.Door?
    ) -> Source.Door? {
        do throws(SigningError) {
            return try make()
        } catch {
            fail(key, "it cannot be used", error.detail.asSentence)
            return nil
        }
    }
}

extension SettingKind<JSONPointer> {
    static var pointer: SettingKind {
        SettingKind(
            remedy: "Write a JSON pointer into the body, as in /data/type.",
            read: { JSONPointer($0).flatMap { $0 == .root ? nil : $0 } },
            show: { .string($0.description) }, isText: true)
    }
}

extension SettingKind<String> {
    /// A name of a header, RFC 9110 section 5.6.2, of at most 128 characters.
    static var headerName: SettingKind {
        .text("Write the name of a header, as in X-Signature.") { text in
            text.utf8.count <= 128
                && text.utf8.allSatisfy { byte in
                    (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
                        || "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
        }
    }
}

extension String {
    /// Whether it can be a segment of a path as it stands: RFC 3986 section 3.3 without escapes,
    /// and not one that clients take out (section 5.2.4).
    fileprivate var fitsIntoPath: Bool {
        !hasSameBytes(as: ".") && !hasSameBytes(as: "..")
            && utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
                    || "-._~!$&'()*+,;=:@".utf8.contains(byte)
            }
    }
}
