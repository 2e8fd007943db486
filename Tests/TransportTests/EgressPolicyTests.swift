import Testing
import Transport

@Suite struct EgressPolicyTests {
    private static let notPublic = [
        "0.0.0.0", "0.255.255.255", "10.0.0.0", "10.255.255.255", "100.64.0.0", "100.100.100.200",
        "100.127.255.255", "127.0.0.0", "127.0.0.1", "127.255.255.255", "168.63.129.16",
        "169.254.0.0", "169.254.169.254", "169.254.255.255", "172.16.0.0", "172.31.255.255",
        "192.0.0.0", "192.0.0.192", "192.0.0.255", "192.0.2.1", "192.31.196.1", "192.52.193.1",
        "192.88.99.1", "192.168.0.0", "192.168.255.255", "192.175.48.1", "198.18.0.0",
        "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255",
        "240.0.0.0", "255.255.255.255", "::", "::1", "::2", "::127.0.0.1", "::8.8.8.8",
        "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:0:8.8.8.8", "64:ff9b::127.0.0.1",
        "64:ff9b::8.8.8.8", "64:ff9b:1::1", "64:ff9b:1:ffff::1", "100::1", "100:0:0:1::1",
        "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:2::1", "2001:10::1", "2001:20::1",
        "2001:1ff:ffff::1", "2001:db8::1", "2001:db8:ffff::1", "2002::1", "2002:7f00:1::",
        "2002:ffff::1", "2620:4f:8000::1", "3fff::1", "3fff:fff:ffff::1", "5f00::1", "fc00::1",
        "fd00::1", "fd00:ec2::254", "fdff:ffff::1", "fe80::1", "febf::1", "fec0::1", "feff::1",
        "ff00::1", "ff02::1", "ffff::1", "4000::1", "1fff::1", "2606:4700::5efe:10.0.0.1",
        "2606:4700::200:5efe:127.0.0.1", "2606:4700::5efe:8.8.8.8", "fe80::5efe:127.0.0.1",
    ]

    private static let isPublic = [
        "1.0.0.0", "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255",
        "100.128.0.0", "126.255.255.255", "128.0.0.0", "168.63.129.15", "168.63.129.17",
        "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "191.255.255.255",
        "192.0.1.0", "192.0.3.0", "192.88.98.255", "192.88.100.0", "192.167.255.255",
        "192.169.0.0", "198.17.255.255", "198.20.0.0", "198.51.99.255", "198.51.101.0",
        "203.0.112.255", "203.0.114.0", "223.255.255.255", "2001:200::1", "2001:db7::1",
        "2001:db9::1", "2003::1", "2400:3200::1", "2606:4700:4700::1111", "2620:4f:8001::1",
        "2a00:1450::1", "3ffe::1", "3fff:1000::1", "2606:4700::5eff:a00:1",
        "2606:4700::100:5efe:a00:1",
    ]

    @Test(arguments: notPublic)
    func refusesWhatIsNotPublic(address: String) throws {
        let parsed = try #require(IPAddress(parsing: address))
        let host = parsed.family == .v4 ? address : "[\(address)]"

        let refusal = try #require(
            #expect(throws: EgressRefusal.self) {
                try EgressPolicy().check(parsed, port: 443, scheme: .https)
            })
        #expect(refusal.code == .address)
        #expect(throws: refusal) { try EgressPolicy().check(url: "https://\(host)/") }
        #expect(refusal.detail.hasSuffix("to egress.allow"))
    }

    @Test(arguments: isPublic)
    func acceptsWhatIsPublic(address: String) throws {
        let parsed = try #require(IPAddress(parsing: address))

        try EgressPolicy().check(parsed, port: 443, scheme: .https)
        try EgressPolicy().check(parsed, port: 8443, scheme: .https)
    }

    @Test func theRemedyInARefusalLiftsIt() throws {
        for (address, port, scheme) in [
            ("10.1.2.3", UInt16(80), EgressTarget.Scheme.http), ("fd00::1", 9, .https),
            ("8.8.8.8", 25, .https), ("8.8.8.8", 443, .http),
        ] {
            let parsed = try #require(IPAddress(parsing: address))
            let refusal = #expect(throws: EgressRefusal.self) {
                try EgressPolicy().check(parsed, port: port, scheme: scheme)
            }
            let words = refusal?.detail.split(separator: " ") ?? []
            let remedy = try #require(words.dropLast(2).last.map(String.init))

            let policy = EgressPolicy(allow: [try AllowRule(parsing: remedy)])
            try policy.check(parsed, port: port, scheme: scheme)
        }
    }

    @Test(arguments: [
        ("https://example.com", "https", "example.com", UInt16(443)),
        ("https://example.com/a?b=c#d", "https", "example.com", 443),
        ("HTTPS://EXAMPLE.COM:8443?x", "https", "example.com", 8443),
        ("https://example.com:443/", "https", "example.com", 443),
        ("https://xn--fiqs8s.example/%E4%B8%AD", "https", "xn--fiqs8s.example", 443),
        ("https://[2606:4700:4700::1111]:8443/", "https", "2606:4700:4700::1111", 8443),
        ("https://example.com/@a:b@c", "https", "example.com", 443),
        ("https://16843009/", "https", "16843009", 443),
        ("https://0x1.1/", "https", "0x1.1", 443),
        ("https://example.com./", "https", "example.com.", 443),
        ("https://localhost.example/", "https", "localhost.example", 443),
    ])
    func readsWhereAURLLeads(url: String, scheme: String, host: String, port: UInt16) throws {
        let target = try EgressPolicy().check(url: url)

        #expect(target.scheme.rawValue == scheme)
        #expect(target.host == host)
        #expect(target.port == port)
    }

    @Test(arguments: [
        ("", EgressRefusal.Code.scheme),
        ("example.com", .scheme),
        ("//example.com", .scheme),
        ("https:/example.com", .scheme),
        ("https:example.com", .scheme),
        ("http://example.com/", .scheme),
        ("httpss://example.com/", .scheme),
        ("ftp://example.com/", .scheme),
        ("file:///etc/passwd", .scheme),
        ("gopher://example.com/", .scheme),
        ("javascript:alert(1)", .scheme),
        (" https://example.com", .malformedURL),
        ("https://example.com ", .malformedURL),
        ("https://exa\tmple.com", .malformedURL),
        ("https://example.com/a\r\nHost: b", .malformedURL),
        ("https://example.com/\r\n", .malformedURL),
        ("https://example.com/\u{0}", .malformedURL),
        ("https://example.com/\u{7F}", .malformedURL),
        ("https://example.com\\@evil.example/", .malformedURL),
        ("https://ｅxample.com/", .malformedURL),
        ("https://example.com/中", .malformedURL),
        ("https://", .malformedURL),
        ("https:///path", .malformedURL),
        ("https://:443/", .malformedURL),
        ("https://example.com:/", .malformedURL),
        ("https://example.com:0/", .malformedURL),
        ("https://example.com:65536/", .malformedURL),
        ("https://example.com:000443/", .malformedURL),
        ("https://example.com:4+3/", .malformedURL),
        ("https://example.com:443:443/", .malformedURL),
        ("https://exam%70le.com/", .malformedURL),
        ("https://example.com,example.org/", .malformedURL),
        ("https://[::1/", .malformedURL),
        ("https://[fe80::1%25eth0]/", .malformedURL),
        ("https://[127.0.0.1]/", .malformedURL),
        ("https://[2606::1]x/", .malformedURL),
        ("https://user@example.com/", .credentials),
        ("https://user:pass@example.com/", .credentials),
        ("https://:@example.com/", .credentials),
        ("https://@example.com/", .credentials),
        ("https://example.com@127.0.0.1/", .credentials),
        ("https://example.com:80/", .port),
        ("https://example.com:22/", .port),
        ("https://example.com:8444/", .port),
        ("https://127.0.0.1/", .address),
        ("https://[::1]/", .address),
    ])
    func refusesURLsBeforeConnecting(url: String, code: EgressRefusal.Code) {
        let refusal = #expect(throws: EgressRefusal.self) { try EgressPolicy().check(url: url) }

        #expect(refusal?.code == code)
    }

    @Test func aURLOf8192BytesIsTheLongest() throws {
        let start = "https://example.com/"
        let longest = start + String(repeating: "a", count: 8_192 - start.utf8.count)

        try EgressPolicy().check(url: longest)
        #expect(throws: EgressRefusal.self) { try EgressPolicy().check(url: longest + "a") }
    }

    @Test func aRefusalNeverTellsPathOrQuery() {
        for url in ["http://example.com/hook/s3cret?key=s3cret", "https://a@b/s3cret"] {
            let refusal = #expect(throws: EgressRefusal.self) {
                try EgressPolicy().check(url: url)
            }
            #expect(refusal?.detail.contains("s3cret") == false)
        }
    }

    @Test func aRuleLiftsSchemeAddressAndPortTogetherAndNothingElse() throws {
        let policy = EgressPolicy(allow: [try AllowRule(parsing: "10.1.0.0/16:8080")])
        let inside = try #require(IPAddress(parsing: "10.1.2.3"))
        let neighbour = try #require(IPAddress(parsing: "10.2.0.1"))
        let mapped = try #require(IPAddress(parsing: "::ffff:10.1.2.3"))
        let somewhere = try #require(IPAddress(parsing: "8.8.8.8"))

        try policy.check(inside, port: 8080, scheme: .http)
        try policy.check(inside, port: 8080, scheme: .https)
        for (address, port, scheme) in [
            (inside, UInt16(8081), EgressTarget.Scheme.http), (inside, 443, .https),
            (neighbour, 8080, .http), (mapped, 8080, .http), (somewhere, 8080, .http),
            (somewhere, 8080, .https), (somewhere, 443, .http),
        ] {
            #expect(throws: EgressRefusal.self, "\(address) \(port) \(scheme)") {
                try policy.check(address, port: port, scheme: scheme)
            }
        }
        // A name may lead to what the rule allows, so only connecting tells.
        try policy.check(url: "http://inside.example:8080/")
        #expect(throws: EgressRefusal.self) {
            try policy.check(url: "http://inside.example:8081/")
        }
    }

    @Test func portsAreASettingOfTheOperators() throws {
        let policy = EgressPolicy(ports: [9443])
        let address = try #require(IPAddress(parsing: "8.8.8.8"))

        try policy.check(address, port: 9443, scheme: .https)
        #expect(throws: EgressRefusal.self) { try policy.check(address, port: 443, scheme: .https) }
    }

    @Test(arguments: [
        // listener, target, our end of the connection, whether it is ourselves
        ("127.0.0.1", "127.0.0.1", String?.none, true),
        ("127.0.0.1", "::ffff:127.0.0.1", nil, true),
        ("127.0.0.1", "0.0.0.0", nil, true),
        ("127.0.0.1", "::", nil, true),
        ("127.0.0.1", "127.0.0.2", nil, false),
        ("127.0.0.1", "10.0.0.5", "10.0.0.5", false),
        ("0.0.0.0", "127.0.0.2", nil, true),
        ("0.0.0.0", "10.0.0.5", nil, false),
        ("0.0.0.0", "10.0.0.5", "10.0.0.5", true),
        ("0.0.0.0", "10.0.0.5", "10.0.0.6", false),
        ("::", "127.0.0.1", nil, true),
        ("::", "::1", nil, true),
        ("::", "::", nil, true),
        ("::", "fd00::5", "fd00::5", true),
        ("::", "::ffff:10.0.0.5", "::ffff:10.0.0.5", true),
        ("10.0.0.5", "10.0.0.5", nil, true),
        ("10.0.0.5", "0.0.0.0", nil, false),
        ("::ffff:10.0.0.5", "10.0.0.5", nil, true),
        ("::1", "::1", nil, true),
    ])
    func ourOwnListenerIsNeverATarget(
        listener: String, target: String, local: String?, isOurselves: Bool
    ) throws {
        let own = EgressPolicy.Listener(try #require(IPAddress(parsing: listener)), port: 8080)
        let policy = EgressPolicy(
            allow: [try AllowRule(parsing: "0.0.0.0/0"), try AllowRule(parsing: "[::]/0")],
            ownListeners: [own])
        let address = try #require(IPAddress(parsing: target))
        let from = try local.map { try #require(IPAddress(parsing: $0)) }

        // Another port of ours is somebody else.
        try policy.check(address, port: 8081, scheme: .http, from: from)
        if isOurselves {
            let refusal = #expect(throws: EgressRefusal.self) {
                try policy.check(address, port: 8080, scheme: .http, from: from)
            }
            #expect(refusal?.code == .ownListener)
        } else {
            try policy.check(address, port: 8080, scheme: .http, from: from)
        }
    }
}
