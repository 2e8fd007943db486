// A source of every scheme that is told a secret and little else.

extension SecretMarkers {
    /// What stands below `sources.NAME`, and whether the secret is a key of Standard Webhooks.
    private static let senders: [(name: String, settings: String, isKey: Bool)] = [
        ("svix", "scheme: svix", true), ("hub", "scheme: github", false),
        ("lab", "scheme: gitlab", false), ("signed", "scheme: gitlab, proof: signing_token", true),
        ("pay", "scheme: stripe", false), ("team", "scheme: slack", false),
        ("chat", "scheme: telegram", false), ("calls", "scheme: keyue", false),
        ("clouds", "scheme: cloudevents, query_token: on", false),
        ("shop", "scheme: hmac, header: X-Sig", false), ("robots", "scheme: bearer", false),
        ("meters", "scheme: header, header: X-Key", false), ("bell", "scheme: path", false),
    ]

    static var senderKeys: [String] {
        senders.map { "sources.\($0.name).secret" } + ["sources.builds.users[0].password"]
    }

    /// Lines below `sources`.
    static var senderYAML: String {
        let lines = senders.map { sender in
            let key = "sources.\(sender.name).secret"
            let secret = sender.isKey ? signingKey(key) : text(key)
            return "  \(sender.name): { \(sender.settings), secret: \"\(secret)\" }\n"
        }
        let password = text("sources.builds.users[0].password")
        return lines.joined()
            + "  builds: { scheme: basic, users: [{ name: hook, password: \"\(password)\" }] }\n"
    }

    /// Requests that hold a secret, in its place and beside it.
    static var senderCalls: [(String, String, [(name: String, value: String)], String)] {
        func secret(_ name: String) -> String { text("sources.\(name).secret") }
        let event = (name: "Content-Type", value: "application/cloudevents+json")
        let body = #"{"specversion":"1.0","id":"1","source":"/","type":"t"}"#
        return [
            ("POST", "/in/bell/\(secret("bell"))", [], "{}"),
            ("POST", "/in/bell/\(secret("bell"))x", [], "{}"),
            ("GET", "/in/bell/\(secret("bell"))", [], ""),
            ("POST", "/in/bell?secret=\(secret("bell"))", [], "{}"),
            ("POST", "/in/calls/\(secret("calls"))", [], "{}"),
            ("POST", "/in/clouds?access_token=\(secret("clouds"))", [event], body),
            ("POST", "/in/robots?access_token=\(secret("robots"))", [], "{}"),
            ("POST", "/in/robots", [("Authorization", "Bearer \(secret("robots"))")], "{}"),
            ("POST", "/in/robots", [("Authorization", "Bearer x\(secret("robots"))")], "{}"),
            ("POST", "/in/meters", [("X-Key", secret("meters"))], "{}"),
            ("POST", "/in/lab", [("X-Gitlab-Token", secret("lab"))], "{}"),
            ("POST", "/in/hub", [("X-Hub-Signature-256", secret("hub"))], "{}"),
        ]
    }
}
