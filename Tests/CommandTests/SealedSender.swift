import Domain
import Signing

/// What a platform and a source of these tests share, while it is being changed twice.
struct SealedKeys: Sendable {
    let secret: Secret
    /// An EncodingAESKey of 43 letters, and one of 22.
    let longKey: Secret
    let shortKey: Secret

    private init(_ secret: Secret, letter: Character) {
        self.secret = secret
        longKey = Secret(String(repeating: letter, count: 43))
        shortKey = Secret(String(repeating: letter, count: 22))
    }

    static let newer = SealedKeys(HeaderProof.secret, letter: "N")
    static let older = SealedKeys(HeaderProof.older, letter: "O")
    static let stranger = SealedKeys(HeaderProof.stranger, letter: "S")

    /// The settings of an app of WeCom or DingTalk.
    func callback(_ receiver: String) -> [String: String] {
        [
            "token": secret.exposed, "encoding_aes_key": longKey.exposed, "receiver": receiver,
        ]
    }

    /// A body of Feishu.
    func feishu(_ text: String) throws -> [UInt8] {
        let sealed = try FeishuCipher(encryptKey: secret)
            .encrypt(Array(text.utf8), vector: Array(0..<16))
        return Array(#"{"encrypt":"\#(sealed)"}"#.utf8)
    }

    /// A request of WeCom or DingTalk.
    ///
    /// - Parameters:
    ///   - signature: What the platform calls it in the query.
    ///   - isCheck: Whether what is sealed stands in the query, too, and the body is empty.
    func callback(
        _ text: String, for receiver: String, signature: String, time: String,
        asCheck isCheck: Bool = false, wrapper: (String) -> String
    ) throws -> SenderCase {
        let cipher = try WeComCipher(token: secret, encodingAESKey: longKey, receiver: receiver)
        let sealed = try cipher.encrypt(Array(text.utf8), chance: Array(0..<16))
        let digest = cipher.digest(timestamp: time, nonce: "n0nce", encrypt: sealed)
        var address =
            "?\(signature)=\(Hexadecimal.encode(digest))&timestamp=\(time)&nonce=n0nce"
        if isCheck {
            let escaped = sealed.replacing("+", with: "%2B").replacing("/", with: "%2F")
                .replacing("=", with: "%3D")
            address = "?echostr=\(escaped)&" + address.dropFirst()
        }
        return SenderCase(
            name: "", method: isCheck ? "GET" : "POST", address: address,
            body: isCheck ? [] : Array(wrapper(sealed).utf8), status: 200)
    }
}

/// A sender that seals its events, with the proof in headers or in the query.
struct SealedSender: Sendable {
    let source: String
    /// The settings of one app.
    let settings: @Sendable (SealedKeys) -> [String: String]
    let scheme: String
    var more: [String] = []
    /// A good request.
    let make: @Sendable (SealedKeys, _ id: String, Timestamp) throws -> SenderCase
    /// What the event of an id is stored under.
    var key: @Sendable (_ id: String) -> String = { $0 }
    var answers = [#"{"ok":true}"#]
    var isTimed = false

    /// - Parameter others: What this platform has beside events.
    func row(
        _ others: @escaping @Sendable (Timestamp) throws -> [SenderCase]
    ) -> SenderRow {
        let apps = [SealedKeys.newer, .older].map { keys in
            let members = settings(keys).sorted { $0.key < $1.key }
                .map { "\($0.key): \"\($0.value)\"" }
            return "{ \(members.joined(separator: ", ")) }"
        }
        return SenderRow(
            source: source,
            settings: ["scheme: \(scheme)", "apps: [\(apps.joined(separator: ", "))]"] + more,
            cases: { try cases($0) + others($0) })
    }

    /// Good events, and each spoilt in one place.
    private func cases(_ now: Timestamp) throws -> [SenderCase] {
        func made(
            _ name: String, _ id: String, _ keys: SealedKeys = .newer, at time: Timestamp? = nil,
            status: Int, stores: Bool = false
        ) throws -> SenderCase {
            var one = try make(keys, id, time ?? now)
            one.name = name
            one.status = status
            one.answers = status == 200 ? answers : []
            one.stores = stores ? [key(id)] : []
            return one
        }
        let spoilt = try made("", "spoilt", status: 401)
        var changed = spoilt
        changed.name = "one byte changed"
        let place = changed.body.count / 2
        changed.body[place] = changed.body[place] == 0x41 ? 0x42 : 0x41
        var cases = [
            try made("a sealed event", "good", status: 200, stores: true),
            try made("the same again", "good", status: 200),
            try made("with the older keys", "older", .older, status: 200, stores: true),
            try made("with other keys", "strange", .stranger, status: 401), changed,
        ]
        cases += spoiltHeaders(spoilt) + spoiltParameters(spoilt)
        guard isTimed else { return cases }
        return cases + [
            try made("a stale time", "stale", at: now - .seconds(400), status: 401),
            try made("a time ahead", "ahead", at: now + .seconds(400), status: 401),
            try made(
                "a time inside the window", "late", at: now - .seconds(200), status: 200,
                stores: true),
        ]
    }

    private func spoiltHeaders(_ good: SenderCase) -> [SenderCase] {
        good.headers.filter { $0.name.lowercased() != "content-type" }.flatMap { line in
            var (missing, twice, other) = (good, good, good)
            missing.name = "no \(line.name)"
            missing.headers.removeAll { $0.name == line.name }
            twice.name = "\(line.name) twice"
            twice.headers.append(line)
            other.name = "another \(line.name) first"
            other.headers.insert((line.name, "x"), at: 0)
            return [missing, twice, other]
        }
    }

    private func spoiltParameters(_ good: SenderCase) -> [SenderCase] {
        let lines = good.address.dropFirst().split(separator: "&").map(String.init)
        return lines.indices.flatMap { place in
            let name = lines[place].prefix { $0 != "=" }
            var (missing, twice, other) = (good, good, good)
            missing.name = "no \(name)"
            missing.address =
                "?" + (lines[..<place] + lines[(place + 1)...]).joined(separator: "&")
            twice.name = "\(name) twice"
            twice.address += "&" + lines[place]
            other.name = "another \(name) first"
            other.address = "?\(name)=x&" + good.address.dropFirst()
            return [missing, twice, other]
        }
    }
}
