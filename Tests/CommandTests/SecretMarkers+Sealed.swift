// A source of each scheme that seals what it sends.

extension SecretMarkers {
    /// What stands below `sources.NAME`, and the secrets of its one app.
    private static let sealed: [(name: String, settings: String, secrets: [String])] = [
        ("lark", "scheme: feishu", ["verification_token", "encrypt_key"]),
        ("lark-open", "scheme: feishu", ["verification_token"]),
        ("ding", "scheme: dingtalk", ["token", "encoding_aes_key"]),
        ("work", "scheme: wecom", ["token", "encoding_aes_key"]),
        ("flow", "scheme: infoflow", ["token", "encoding_aes_key"]),
    ]
    private static let shortKey = "sources.flow.apps[0].encoding_aes_key"

    static var sealedKeys: [String] {
        sealed.flatMap { sender in
            sender.secrets.map { "sources.\(sender.name).apps[0].\($0)" }
        } + ["sources.lark-open.apps[0].encrypt_key", "sources.robot.secret"]
    }

    /// The key that is too short for a whole marker.
    static var sealedForms: [SecretForms] {
        [SecretForms(shortKey, core: Array(value(shortKey).utf8))]
    }

    /// Lines below `sources`.
    static var sealedYAML: String {
        let lines = sealed.map { sender in
            var app = sender.secrets.map { secret in
                "\(secret): \"\(value("sources.\(sender.name).apps[0].\(secret)"))\""
            }
            if ["ding", "work"].contains(sender.name) { app.append("receiver: id1") }
            return "  \(sender.name): { \(sender.settings), "
                + "apps: [{ \(app.joined(separator: ", ")) }] }\n"
        }
        let secret = text("sources.robot.secret")
        return lines.joined() + "  robot: { scheme: dingtalk-robot, secret: \"\(secret)\" }\n"
    }

    /// An EncodingAESKey has 43 letters, whatever it begins with, or Infoflow's 22.
    private static func value(_ key: String) -> String {
        if key == shortKey { return String(text(key).prefix(22)) }
        return text(key) + (key.hasSuffix("aes_key") ? String(repeating: "A", count: 19) : "")
    }

    /// Requests that hold a secret, in its place and beside it.
    static var sealedCalls: [(String, String, [(name: String, value: String)], String)] {
        func secret(_ name: String, _ key: String) -> String {
            value("sources.\(name).apps[0].\(key)")
        }
        let token = secret("lark-open", "verification_token")
        let event = #"{"uuid":"sealed-1","token":"\#(token)","event":{"type":"bot.deleted"}}"#
        let newer =
            #"{"header":{"event_id":"sealed-2","event_type":"t","token":"\#(token)"}}"#
        let check = #"{"type":"url_verification","challenge":"c","token":"\#(token)"}"#
        let proof = "signature=\(secret("ding", "token"))&timestamp=1773822615&nonce=n"
        let workProof = "msg_signature=x&timestamp=1773822615&nonce=\(secret("work", "token"))"
        return [
            // Both are taken, and what is stored of them is looked at.
            ("POST", "/in/lark-open", [], event), ("POST", "/in/lark-open", [], newer),
            ("POST", "/in/lark-open", [], check),
            ("POST", "/in/lark", [], check),
            ("POST", "/in/lark", [("X-Lark-Signature", secret("lark", "encrypt_key"))], "{}"),
            ("POST", "/in/lark", [], "{\"encrypt\":\"\(secret("lark", "encrypt_key"))\"}"),
            ("POST", "/in/ding?\(proof)", [], "{\"encrypt\":\"AAAA\"}"),
            ("POST", "/in/ding", [], secret("ding", "encoding_aes_key")),
            ("GET", "/in/work?\(workProof)&echostr=AAAA", [], ""),
            ("GET", "/in/work?echostr=\(secret("work", "encoding_aes_key"))", [], ""),
            ("POST", "/in/flow", [], secret("flow", "encoding_aes_key")),
            ("POST", "/in/flow?signature=\(secret("flow", "token"))", [], "AAAA"),
            ("POST", "/in/robot", [("sign", text("sources.robot.secret"))], "{}"),
        ]
    }
}
