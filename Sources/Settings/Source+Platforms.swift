import Domain
import Signing

// Senders that have one way to prove who they are.

extension Source {
    /// `apps`, at least one; `handshake`, default lenient; `window`, default none, since a
    /// repeated callback may carry the time of the first.
    static func coze(_ section: SettingSection) -> Door? {
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
        let window = section.optional("window", .duration(SettingSection.windows))
        return (try? CozeScheme(apps: apps, handshake: handshake, window: window)).map {
            Door(scheme: $0)
        }
    }

    /// `secret` or `secrets`, newest first; `window`, default 5 m; pointers `type`, `key`, `time`
    /// and `entity` for senders whose bodies differ from ours.
    static func standardWebhooks(
        _ section: SettingSection, _ names: StandardWebhooksProof.Names
    ) -> Door? {
        let keys = section.signingKeys(
            missing: "Add secret: \"${SECRET}\", the whsec_… text that the sender shows.",
            refusing: .ed25519Private)
        let window = section.window()
        let pointers = section.pointers()
        guard let keys else { return nil }
        do throws(SigningError) {
            return Door(
                scheme: try StandardWebhooksScheme(
                    keys: keys.map(\.key), window: window, names: names, pointers: pointers))
        } catch {
            section.fail("secrets", "the keys do not go together", error.detail.asSentence)
            return nil
        }
    }

    /// `secret` or `secrets`; pointers.
    static func gitHub(_ section: SettingSection) -> Door? {
        let secrets = section.sourceSecrets(
            missing: "Add secret: \"${SECRET}\", the text that the hook's page has as Secret.")
        let pointers = section.pointers()
        guard let secrets else { return nil }
        return section.door("secret") { () throws(SigningError) in
            Door(scheme: try ProvedScheme.gitHub(secrets: secrets, pointers: pointers))
        }
    }

    /// `proof`: what the hook's page was given.
    enum GitLabProof: String, CaseIterable {
        /// A secret token: sent as it is, and proves nothing about the body.
        case token
        /// A signing token, of recent versions; then a plain one is not enough.
        case signingToken = "signing_token"
    }

    /// `proof`, default token; `secret` or `secrets`; `window` for a signing token, default 5 m;
    /// pointers.
    static func gitLab(_ section: SettingSection) -> Door? {
        let proof = section.scalar("proof", .word(), default: GitLabProof.token)
        let pointers = section.pointers()
        switch proof {
        case .token:
            let tokens = section.sourceSecrets(
                missing: "Add secret: \"${TOKEN}\", the text that the hook's page has as "
                    + "Secret token.")
            guard let tokens else { return nil }
            let isSigning = tokens.contains { $0.exposed.hasPrefix("whsec_") }
            guard !isSigning || section.has("proof") else {
                section.fail(
                    "secret", "this looks like a signing token and is used as a plain one",
                    "Add proof: signing_token, or proof: token if it is a plain one all the same.")
                return nil
            }
            return section.door("secret") { () throws(SigningError) in
                Door(scheme: try ProvedScheme.gitLab(tokens: tokens, pointers: pointers))
            }
        case .signingToken:
            let keys = section.signingKeys(
                missing: "Add secret: \"${SECRET}\", the whsec_… text that the hook's page shows.",
                refusing: .ed25519Private)
            let window = section.window()
            guard let keys else { return nil }
            return section.door("secret") { () throws(SigningError) in
                Door(
                    scheme: try ProvedScheme.gitLab(
                        signingTokens: keys.map(\.key), window: window, pointers: pointers))
            }
        }
    }

    /// `secret` or `secrets`; `window`, default 5 m; pointers.
    static func stripe(_ section: SettingSection) -> Door? {
        let secrets = section.sourceSecrets(
            missing: "Add secret: \"${SECRET}\", the whsec_… text that the endpoint's page shows.")
        let (window, pointers) = (section.window(), section.pointers())
        guard let secrets else { return nil }
        return section.door("secret") { () throws(SigningError) in
            Door(
                scheme: try ProvedScheme.stripe(
                    secrets: secrets, window: window, pointers: pointers))
        }
    }

    /// `secret` or `secrets`; `window`, default 5 m; pointers.
    static func slack(_ section: SettingSection) -> Door? {
        let secrets = section.sourceSecrets(
            missing: "Add secret: \"${SECRET}\", the app's Signing Secret.")
        let (window, pointers) = (section.window(), section.pointers())
        guard let secrets else { return nil }
        return section.door("secret") { () throws(SigningError) in
            Door(
                scheme: try ProvedScheme.slack(
                    secrets: secrets, window: window, pointers: pointers))
        }
    }

    /// `secret` or `secrets`; pointers.
    static func telegram(_ section: SettingSection) -> Door? {
        let tokens = section.sourceSecrets(
            missing: "Add secret: \"${SECRET}\", the secret_token that setWebhook is told.")
        let pointers = section.pointers()
        guard let tokens else { return nil }
        return section.door("secret") { () throws(SigningError) in
            Door(scheme: try ProvedScheme.telegram(tokens: tokens, pointers: pointers))
        }
    }

    /// `secret` or `secrets`: what follows the name in the address, as these callbacks have no
    /// signature; pointers.
    static func keyue(_ section: SettingSection) -> Door? {
        let secrets = section.pathSecrets(
            missing: "Add secret: \"${SECRET}\", and give Keyue the address /in/NAME/SECRET.")
        let pointers = section.pointers()
        guard let secrets else { return nil }
        return Door(
            scheme: ProvedScheme(PathProof(), KeyueReading(pointers: pointers)),
            pathSecrets: secrets)
    }
}
