import Domain
package import Signing
import StrictJSON

/// `sources.NAME`: a sender whose events are taken in at `/in/NAME`.
package struct Source: Sendable {
    /// `scheme`: how the sender proves who it is.
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        case coze
        case standardWebhooks = "standard-webhooks"

        /// Schemes of the contracts that are not built yet.
        static let later = [
            "svix", "github", "gitlab", "stripe", "slack", "feishu", "dingtalk", "wecom",
            "infoflow", "cloudevents", "telegram", "basic", "bearer", "header", "path", "hmac",
        ]
    }

    package let name: String
    package let kind: Kind
    package let scheme: any SourceScheme

    /// Returns `nil` after a problem.
    init?(_ name: String, _ section: SettingSection) {
        guard let kind = Self.kind(section) else { return nil }
        let scheme: (any SourceScheme)? =
            switch kind {
            case .coze: Self.coze(section)
            case .standardWebhooks: Self.standardWebhooks(section)
            }
        section.finish()
        guard let scheme else { return nil }
        self.name = name
        self.kind = kind
        self.scheme = scheme
    }

    private static func kind(_ section: SettingSection) -> Kind? {
        let words = Kind.allCases.map(\.rawValue)
        return section.choice("scheme", of: Kind.self, later: Kind.later)
            ?? {
                if !section.has("scheme") {
                    section.miss("scheme", "Add scheme: \(words.joined(separator: " or ")).")
                }
                return nil
            }()
    }

    /// `apps`, at least one; `handshake`, default lenient; `window`, default none, since a
    /// repeated callback may carry the time of the first.
    private static func coze(_ section: SettingSection) -> (any SourceScheme)? {
        guard let items = section.sections(inList: "apps"), !items.isEmpty else {
            section.miss(
                "apps",
                "Add the callback app: apps: [{api_app_id: \"…\", verify_token: \"${TOKEN}\"}].")
            return nil
        }
        let apps = items.compactMap { item -> CozeScheme.App? in
            let id = item.required("api_app_id", .text("Write the id of the callback app."))
            let token = item.required(
                secret: "verify_token", "Add the token that Coze shows for the callback app.")
            let audit = item.scalar("audit", .word(), default: CozeScheme.Audit.pass)
            item.warnIfShort(token, at: item.place("verify_token"))
            item.finish()
            guard let id, let token else { return nil }
            return CozeScheme.App(apiAppID: id, verifyToken: token, audit: audit)
        }
        let handshake = section.scalar(
            "handshake", .word(), default: CozeScheme.Handshake.lenient)
        let window = section.optional("window", .duration(.seconds(1) ... .days(7)))
        return try? CozeScheme(apps: apps, handshake: handshake, window: window)
    }

    /// `secret` or `secrets`, newest first; `window`, default 5 m; pointers `type`, `key`, `time`
    /// and `entity` for senders whose bodies differ from ours.
    private static func standardWebhooks(_ section: SettingSection) -> (any SourceScheme)? {
        let keys = section.signingKeys(
            missing: "Add secret: \"${SECRET}\", the whsec_… text that the sender shows.",
            refusing: .ed25519Private)
        let window = section.scalar(
            "window", .duration(.seconds(1) ... .days(7)),
            default: StandardWebhooksScheme.windowDefault)
        let pointers = SchemePointers(
            type: section.optional("type", .pointer), key: section.optional("key", .pointer),
            time: section.optional("time", .pointer),
            entity: section.optional("entity", .pointer))
        guard let keys else { return nil }
        do throws(SigningError) {
            return try StandardWebhooksScheme(
                keys: keys.map(\.key), window: window, pointers: pointers)
        } catch {
            section.fail("secrets", "the keys do not go together", error.detail.asSentence)
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
