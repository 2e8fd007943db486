import Domain
import Rules
import Signing
import StrictJSON

extension SettingSection {
    /// One of a few words, with the nearest one in the remedy and a word on those of later.
    func choice<Word>(
        _ key: String, of words: Word.Type, later: [String], default standard: Word? = nil
    ) -> Word? where Word: CaseIterable & RawRepresentable, Word.RawValue == String {
        let form: JSONObject = ["enum": .array(Word.allCases.map { .string($0.rawValue) })]
        reader.catalog?.note(path.appending(key), .value(form))
        if let standard {
            reader.catalog?.note(path.appending(key), standard: .string(standard.rawValue))
        }
        show(key, standard.map { .string($0.rawValue) } ?? .null)
        guard let text = text(key) else { return standard }
        if let word = Word.allCases.first(where: { $0.rawValue.hasSameBytes(as: text.text) }) {
            show(key, .string(word.rawValue))
            return word
        }
        let known = Word.allCases.map(\.rawValue)
        let choices = "Known ones are \(known.joined(separator: ", "))."
        let shown = text.isReference ? "this one" : "“\(text.text)”"
        if later.contains(where: { $0.hasSameBytes(as: text.text) }) {
            fail(key, "\(shown) comes later", choices)
        } else {
            let hint = text.isReference ? "" : Spelling.hint(for: text.text, among: known)
            fail(key, "\(shown) is not known", hint + choices)
        }
        return nil
    }

    func required<Value>(_ key: String, _ kind: SettingKind<Value>) -> Value? {
        catalogue(key, kind)
        guard has(key) else {
            miss(key, kind.remedy)
            return nil
        }
        return optional(key, kind)
    }

    /// `secret` or `secrets`: one or several, each with its place; `nil` when there is neither or
    /// there are both.
    func secretOrSecrets(missing remedy: String?) -> [(secret: Secret, place: Place)]? {
        catalogueSecret("secret")
        catalogueSecrets("secrets")
        let read = readSecretOrSecrets(missing: remedy)
        secretsFound = read?.map(\.secret) ?? []
        return read
    }

    private func readSecretOrSecrets(
        missing remedy: String?
    ) -> [(secret: Secret, place: Place)]? {
        let hasMany = has(list: "secrets")
        if let secretsGiven {
            // Both are known all the same.
            _ = has("secret")
            return secretsGiven.compactMap { secret in
                checked(secret.exposed, "secret", isOneLine: true).map { ($0, place("secret")) }
            }
        }
        if has("secret"), hasMany {
            fail(
                "secrets", "secret and secrets stand side by side",
                "Keep one: secrets: [new, old] while a secret is being changed.")
            return nil
        }
        if hasMany {
            guard let secrets = secrets("secrets") else { return nil }
            if secrets.isEmpty, items("secrets")?.isEmpty == true {
                fail("secrets", "the list is empty", remedy ?? "Write one, or leave the key out.")
                return nil
            }
            if items("secrets").map(\.count) ?? 0 > Secret.countMax {
                fail(
                    "secrets", "there are more than \(Secret.countMax) secrets",
                    "Take out those that nobody uses any more.")
                return nil
            }
            return secrets
        }
        if let remedy, !has("secret") {
            miss("secret", remedy)
            return nil
        }
        return secret("secret").map { [($0, place("secret"))] } ?? []
    }

    /// Bytes below which a secret is warned of: what `openssl rand -hex 8` makes has as many.
    static let secretBytesSafe = 16

    /// Warns of a secret that may be guessed; its length is not told.
    func warnIfShort(_ secret: Secret?, at place: Place) {
        guard let secret, secret.exposed.utf8.count < Self.secretBytesSafe else { return }
        reader.warn(
            place.problem(
                "the secret has fewer than \(Self.secretBytesSafe) bytes and can be guessed",
                "Use the whole one that the platform shows, or have it make a longer one."))
    }

    func has(list key: String) -> Bool { entry(key) != nil }

    /// Keys of Standard Webhooks out of `secret` or `secrets`; `nil` after a problem.
    func signingKeys(
        missing remedy: String, refusing kind: StandardWebhooksKey.Kind
    ) -> [(key: StandardWebhooksKey, secret: Secret)]? {
        guard let secrets = secretOrSecrets(missing: remedy), !secrets.isEmpty else { return nil }
        var keys: [(StandardWebhooksKey, Secret)] = []
        for (secret, place) in secrets {
            do throws(SigningError) {
                let key = try StandardWebhooksKey(parsing: secret)
                guard key.kind != kind else {
                    throw SigningError(
                        .wrongKind,
                        kind == .ed25519Private
                            ? "a source needs the public key (whpk_), not the private one"
                            : "signing needs the private key (whsk_), not the public one")
                }
                keys.append((key, secret))
            } catch {
                reader.add(
                    place.problem(
                        "the secret cannot be used: \(error.detail)",
                        "Write whsec_ and the base 64 of 24 to 64 bytes of chance, as in "
                            + "whsec_$(openssl rand -base64 32)."
                            + (secret.isHalfOfPair
                                ? " whsk_ and whpk_ are for the halves of an Ed25519 pair." : "")))
            }
        }
        return keys.count == secrets.count ? keys : nil
    }
}

extension Secret {
    /// Whether it has a prefix of Ed25519, which is easily taken for that of a shared secret.
    fileprivate var isHalfOfPair: Bool {
        exposed.hasPrefix("whsk_") || exposed.hasPrefix("whpk_")
    }
}
