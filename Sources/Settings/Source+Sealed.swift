import Domain
import Signing
import StrictJSON

// Senders that seal what they send, or sign it in ways of their own.

extension Source {
    /// `apps`, at least one, each with `verification_token` and, all of them or none,
    /// `encrypt_key`; `window`, default 1 h; pointers.
    static func feishu(_ section: SettingSection) -> Door? {
        let apps = section.sealedApps(
            missing: "Add the app: apps: [{verification_token: \"${TOKEN}\", "
                + "encrypt_key: \"${KEY}\"}]."
        ) { item -> FeishuScheme.App? in
            let token = item.required(
                secret: "verification_token",
                "Add the Verification Token of the app's page Events and callbacks.")
            let key = item.secret("encrypt_key")
            for (secret, name) in [(token, "verification_token"), (key, "encrypt_key")] {
                item.warnIfShort(secret, at: item.place(name))
            }
            guard let token, key != nil || !item.has("encrypt_key") else { return nil }
            return FeishuScheme.App(verificationToken: token, encryptKey: key)
        }
        let window = section.scalar(
            "window", .duration(SettingSection.windows), default: FeishuScheme.windowDefault)
        let pointers = section.pointers()
        guard let apps else { return nil }
        if apps.allSatisfy({ $0.encryptKey == nil }) {
            section.reader.hint(
                section.place("apps").problem(
                    "without encrypt_key the token in the body is all that proves an event",
                    "Set an Encrypt Key on the app's page, and encrypt_key here."))
        }
        return section.door("apps") { () throws(SigningError) in
            Door(scheme: try FeishuScheme(apps: apps, window: window, pointers: pointers))
        }
    }

    /// `apps`, at least one, each with `token`, `encoding_aes_key` and `receiver`; `window`,
    /// default none; pointers.
    static func dingTalk(_ section: SettingSection) -> Door? {
        let apps = section.weComApps(
            receiver: .receiver(
                "Write whom the events are for: the app's AppKey (Client ID), or the CorpId or "
                    + "SuiteKey for apps of other kinds."))
        let window = section.optional("window", .duration(SettingSection.windows))
        let pointers = section.pointers()
        guard let apps else { return nil }
        return section.door("apps") { () throws(SigningError) in
            Door(scheme: try DingTalkScheme(apps: apps, window: window, pointers: pointers))
        }
    }

    /// `secret` or `secrets`; `window`, default 1 h; pointers.
    static func dingTalkRobot(_ section: SettingSection) -> Door? {
        let secrets = section.sourceSecrets(
            missing: "Add secret: \"${SECRET}\", the AppSecret (Client Secret) of the robot's app.")
        let window = section.scalar(
            "window", .duration(SettingSection.windows),
            default: DingTalkRobotScheme.windowDefault)
        let pointers = section.pointers()
        guard let secrets else { return nil }
        return section.door("secret") { () throws(SigningError) in
            Door(
                scheme: try DingTalkRobotScheme(
                    secrets: secrets, window: window, pointers: pointers))
        }
    }

    /// `apps`, at least one, each with `token`, `encoding_aes_key` and `receiver`, which is `""`
    /// for intelligent bots; `window`, default none; pointers.
    static func weCom(_ section: SettingSection) -> Door? {
        let apps = section.weComApps(
            receiver: .receiver(
                "Write whom the messages are for: the CorpId, the SuiteId for a third-party app, "
                    + "or \"\" for an intelligent bot.", mayBeEmpty: true))
        let window = section.optional("window", .duration(SettingSection.windows))
        let pointers = section.pointers()
        guard let apps else { return nil }
        return section.door("apps") { () throws(SigningError) in
            Door(scheme: try WeComScheme(apps: apps, window: window, pointers: pointers))
        }
    }

    /// `apps`, at least one, each with `token` and `encoding_aes_key`; `signature`, default
    /// optional: whether a message must carry one; pointers.
    static func infoflow(_ section: SettingSection) -> Door? {
        let apps = section.sealedApps(
            missing: "Add the robot: apps: [{token: \"${TOKEN}\", encoding_aes_key: \"${KEY}\"}]."
        ) { item -> InfoflowScheme.App? in
            let token = item.callbackToken()
            let key = item.encodingAESKey(letters: InfoflowCipher.keyTextCount) {
                (key) throws(SigningError) in
                _ = try InfoflowCipher(token: Secret("-"), encodingAESKey: key)
            }
            guard let token, let key else { return nil }
            return InfoflowScheme.App(token: token, encodingAESKey: key)
        }
        let signature = section.scalar(
            "signature", .word(), default: InfoflowScheme.Signature.optional)
        let pointers = section.pointers()
        guard let apps else { return nil }
        return section.door("apps") { () throws(SigningError) in
            Door(scheme: try InfoflowScheme(apps: apps, signature: signature, pointers: pointers))
        }
    }
}

extension SettingSection {
    /// `apps` of a sender that seals what it sends; `nil` after a problem.
    ///
    /// - Parameter read: Reads one of them, all but its end; `nil` after a problem.
    fileprivate func sealedApps<App>(
        missing remedy: String, _ read: (SettingSection) -> App?
    ) -> [App]? {
        guard let items = sections(inList: "apps"), !items.isEmpty else {
            miss("apps", remedy)
            return nil
        }
        let apps = items.compactMap { item in
            let app = read(item)
            item.finish()
            return app
        }
        return apps.count == items.count ? apps : nil
    }

    fileprivate func weComApps(receiver kind: SettingKind<String>) -> [WeComApp]? {
        sealedApps(
            missing: "Add the app: apps: [{token: \"${TOKEN}\", encoding_aes_key: \"${KEY}\", "
                + "receiver: ID}]."
        ) { item -> WeComApp? in
            let token = item.callbackToken()
            let key = item.encodingAESKey(letters: WeComCipher.keyTextCount) {
                (key) throws(SigningError) in
                _ = try WeComCipher(token: Secret("-"), encodingAESKey: key, receiver: "")
            }
            let receiver = item.required("receiver", kind)
            guard let token, let key, let receiver else { return nil }
            return WeComApp(token: token, encodingAESKey: key, receiver: receiver)
        }
    }

    fileprivate func callbackToken() -> Secret? {
        let token = required(
            secret: "token", "Add the Token of the platform's page for callbacks.")
        warnIfShort(token, at: place("token"))
        return token
    }

    /// - Parameter check: Refuses what is no key.
    fileprivate func encodingAESKey(
        letters: Int, _ check: (Secret) throws(SigningError) -> Void
    ) -> Secret? {
        let remedy =
            "Copy the EncodingAESKey of the platform's page for callbacks, all \(letters) "
            + "characters of it."
        guard let key = required(secret: "encoding_aes_key", remedy) else { return nil }
        do throws(SigningError) {
            try check(key)
            return key
        } catch {
            fail("encoding_aes_key", "the key cannot be used: \(error.detail)", remedy)
            return nil
        }
    }
}

extension SettingKind<String> {
    /// The id that a sender seals its messages for.
    fileprivate static func receiver(_ remedy: String, mayBeEmpty: Bool = false) -> SettingKind {
        SettingKind(
            remedy: remedy,
            read: { text in
                guard !text.isEmpty else { return mayBeEmpty ? text : nil }
                return text.isHarmless && text.utf8.count <= WeComCipher.receiverBytesMax
                    ? text : nil
            },
            show: { .string($0) }, isText: true)
    }
}
