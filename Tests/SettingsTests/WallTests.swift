import Settings
import Testing
import Transport

/// Settings that are allowed and undo a wall.
@Suite struct WallTests {
    private func warnings(_ yaml: String, open: Set<String> = []) throws -> [String] {
        var memory = Memory(yaml: yaml, environment: ["T": "a"], files: ["t": "b"])
        memory.openFiles = open
        return try memory.load().warnings.map { "\($0)" }
    }

    @Test(
        arguments: [
            ("0.0.0.0/0", "go to every address"), ("\"::/0\"", "go to every address"),
            ("\"[::]/0:443\"", "go to every address"),
            ("0.0.0.0/1", "much of private, 10.0.0.0/8 and of"), ("8.0.0.0/5", "10.0.0.0/8"),
            ("127.0.0.0/8", "much of loopback, 127.0.0.0/8,"), ("10.0.0.0/8:443", "10.0.0.0/8,"),
            ("169.254.0.0/16", "metadata"), ("100.64.0.0/10", "shared"),
            ("\"fc00::/7\"", "private"),
            ("\"fe80::/10\"", "link-local"), ("\"8000::/1\"", "fe80::/10"),
            ("10.0.0.0/9", "10.0.0.0/8,"), ("127.0.0.0/15", "loopback"), ("127.0.0.0/16", nil),
            ("127.0.0.1:8080", nil), ("\"[::1]:8080\"", nil), ("192.168.1.0/24", nil),
            ("192.168.0.0/23", "192.168.0.0/16"), ("198.18.0.0/15", nil),
            ("\"fd00::/8\"", "private, fc00::/7"), ("\"fd12:3456::/32\"", nil),
            ("\"::ffff:0:0/96\"", "IPv4-mapped"), ("\"64:ff9b::/96\"", "NAT64"),
            ("\"64:ff9b::808:808/128\"", nil), ("169.254.169.254/32", "to a metadata service"),
            ("\"fd00:ec2::254/128\"", "to a metadata service"), ("169.254.1.1/32", nil),
            ("172.16.0.0/12", "private, 172.16.0.0/12"), ("192.168.0.0/16", "private, 192.168"),
        ] as [(String, String?)])
    func whatOpensWholeRangesIsWarnedOf(_ rule: String, _ words: String?) throws {
        let yaml = "lease: 60s\negress:\n  allow: [10.1.2.0/24, \(rule)]"
        guard let found = try? warnings(yaml) else {
            return #expect(words == nil)
        }
        guard let words else { return #expect(found == []) }
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix("copyhook.yaml:3: egress.allow[1]: ") == true, "\(found)")
        #expect(found.first?.contains(words) == true, "\(found)")
        #expect(found.first?.contains("as in 10.1.2.3:8080.") == true)
    }

    @Test(arguments: [
        ("0.0.0.0/0", true), ("\"::/0\"", true), ("0.0.0.0/1", true), ("10.0.0.0/7", true),
        ("\"2000::/3\"", true), ("10.0.0.0/8", false), ("10.1.2.3/32", false),
        ("\"fc00::/7\"", false), ("172.16.0.0/12", false),
    ])
    func proxiesThatAreEverybodyAreWarnedOf(_ block: String, _ isWarned: Bool) throws {
        let found = try warnings("server:\n  trusted_proxies: [127.0.0.1/32, \(block)]")
        #expect(found.count == (isWarned ? 1 : 0))
        let start = "copyhook.yaml:2: server.trusted_proxies: this trusts addresses of strangers"
        #expect(found.allSatisfy { $0.hasPrefix(start) }, "\(found)")
    }

    @Test(arguments: [
        ("retention: {keys: 6d}", "retention.keys: an event that its sender repeats"),
        ("retention: {keys: 7d, events: 1h}", nil),
        (
            "connections: {c: {provider: coze, on_uncertain: retry, auth: {token: \"${LONG}\"}}}",
            "connections.c.on_uncertain: a copy whose answer was lost is made again"
        ),
        ("connections: {c: {provider: coze, on_uncertain: hold, auth: {token: \"${LONG}\"}}}", nil),
    ])
    func aPromiseThatIsSignedAwayIsWarnedOf(_ yaml: String, _ words: String?) throws {
        let memory = Memory(yaml: yaml, environment: ["LONG": "a-token-that-is-long-enough"])
        let found = try memory.load().warnings.map { "\($0)" }
        #expect(found.count == (words == nil ? 0 : 1), "\(found)")
        if let words { #expect(found.first?.contains(words) == true, "\(found)") }
    }

    private static let feishu = "https://open.feishu.cn/open-apis/bot/v2/hook/x"

    private static let short = [
        (
            "sources: {s: {scheme: coze, apps: [{api_app_id: a, verify_token: SECRET}]}}",
            "sources.s.apps[0].verify_token"
        ),
        ("connections: {c: {provider: coze, auth: {token: SECRET}}}", "connections.c.auth.token"),
        (
            "connections: {c: {provider: keyue, auth: {token: SECRET, uid: u, username: me}}}",
            "connections.c.auth.token"
        ),
        (
            "endpoints: {e: {channel: feishu, url: \"\(feishu)\", secret: SECRET}}",
            "endpoints.e.secret"
        ),
        (
            "endpoints: {e: {channel: feishu, url: \"\(feishu)\", secrets: [SECRET]}}",
            "endpoints.e.secrets[0]"
        ),
    ]

    @Test(arguments: short)
    func whatCanBeGuessedIsWarnedOfAndNotShown(_ yaml: String, _ key: String) throws {
        for (secret, isWarned) in [
            ("zq", true), ("zqzqzqzqzqzqzqz", true), ("zqzqzqzqzqzqzqzq", false), ("${T}", true),
            ("${file:t}", true),
        ] {
            let found = try warnings(yaml.replacing("SECRET", with: "\"\(secret)\""))
            #expect(found.count == (isWarned ? 1 : 0), "\(secret): \(found)")
            let start = "copyhook.yaml:1: \(key): the secret has fewer than 16 bytes"
            #expect(found.allSatisfy { $0.hasPrefix(start) && !$0.contains("zq") }, "\(found)")
        }
    }

    @Test func aFileWithSecretsThatOthersMayReadIsWarnedOfOnce() throws {
        let key = String(repeating: "k", count: 32)
        let written = "lease: 60s\nserver:\n  admin_key: \(key)\nsecrets: {master_key: \(key)}"
        #expect(try warnings(written) == [])
        let found = try warnings(written, open: ["copyhook.yaml"])
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix("copyhook.yaml:3: server.admin_key: a secret") == true)
        #expect(found.first?.contains("chmod 0600 copyhook.yaml") == true)
        let old = try warnings(
            "secrets: {old_master_keys: [\(key)]}", open: ["copyhook.yaml"])
        #expect(old.count == 1 && old[0].contains("secrets.old_master_keys[0]"))
    }

    @Test func aFileWithoutSecretsMayBeReadByAnybody() throws {
        let token = "a-token-that-is-long-enough"
        for yaml in [
            "lease: 60s",
            "connections: {c: {provider: coze, auth: {token: \"${LONG}\"}}}",
            "endpoints: {e: {url: \"https://h.example/x\", secret: \"${KEY}\"}}",
        ] {
            let memory = Memory(
                yaml: yaml,
                environment: [
                    "LONG": token, "KEY": "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=",
                    "COPYHOOK_SERVER_ADMIN_KEY": token + token,
                ], openFiles: ["copyhook.yaml"])
            #expect(try memory.load().warnings == [])
        }
        // The address of a chat's robot is its credential.
        let robot = "endpoints: {e: {channel: feishu, url: \"\(Self.feishu)\"}}"
        #expect(try warnings(robot, open: ["copyhook.yaml"]).count == 1)
    }

    @Test func localhostIsBothLoopbacksWhichAreNeverCalled() throws {
        for (listen, own) in [
            ("localhost:81", ["127.0.0.1", "::1"]), ("127.0.0.1:81", ["127.0.0.1"]),
            ("\"[::1]:81\"", ["::1"]), ("localhost:0", []),
        ] {
            let yaml = """
                server: { listen: \(listen) }
                egress: { allow: ["127.0.0.1:81", "[::1]:81"] }
                """
            let policy = try Memory(yaml: yaml).load().egress
            #expect(policy.ownListeners.map { "\($0.address)" } == own)
            for address in ["127.0.0.1", "::1"] {
                let host = address.contains(":") ? "[\(address)]" : address
                let isRefused = (try? policy.check(url: "http://\(host):81/")) == nil
                #expect(isRefused == own.contains(address), "\(listen) \(address)")
            }
        }
    }

    @Test func anEntityThatNoEventNamesIsHintedAt() throws {
        let yaml = """
            connections: { c: { provider: coze, auth: { token: "${LONG}" } } }
            rules:
              - name: r
                match: { type: [a] }
                copy:
                  - { connection: c, entity_id: { from: /data/id } }
                  - connection: c
                    entity_id: "31"
            """
        let configuration = try Memory(
            yaml: yaml, environment: ["LONG": "a-token-that-is-long-enough"]
        ).load()
        #expect(configuration.warnings == [])
        let hints = configuration.hints.map { "\($0)" }
        #expect(hints.count == 1)
        #expect(hints.first?.hasPrefix("copyhook.yaml:8: rules[0].copy[1].entity_id: ") == true)
    }
}
