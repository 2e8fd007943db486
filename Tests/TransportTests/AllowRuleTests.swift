import Testing
import Transport

@Suite struct AllowRuleTests {
    @Test(arguments: [
        ("127.0.0.0/8", "127.0.0.0/8"),
        ("10.1.2.3", "10.1.2.3"),
        ("10.1.2.3/32", "10.1.2.3"),
        ("10.1.2.3:8080", "10.1.2.3:8080"),
        ("10.0.0.0/8:443", "10.0.0.0/8:443"),
        ("0.0.0.0/0", "0.0.0.0/0"),
        ("10.1.2.3:1", "10.1.2.3:1"),
        ("10.1.2.3:65535", "10.1.2.3:65535"),
        ("[::1]", "[::1]"),
        ("[::1]:8080", "[::1]:8080"),
        ("[fd00::]/8", "[fd00::]/8"),
        ("[fd00::]/8:443", "[fd00::]/8:443"),
        ("fd00::/8", "[fd00::]/8"),
        ("fd00::/8:443", "[fd00::]/8:443"),
        ("[FD00:0::1]/128:443", "[fd00::1]:443"),
        ("[::ffff:0:0]/96", "[::ffff:0.0.0.0]/96"),
    ])
    func readsAddressesBlocksAndPorts(text: String, canonical: String) throws {
        let rule = try AllowRule(parsing: text)

        #expect(rule.description == canonical)
        #expect(try AllowRule(parsing: canonical) == rule)
    }

    @Test(arguments: [
        ("", "not an IP address"),
        ("localhost", "a name must be looked up"),
        ("localhost:8080", "a name must be looked up"),
        ("*", "not an IP address"),
        ("10.1", "not an IP address"),
        ("0x0a000001", "not an IP address"),
        ("010.0.0.1", "not an IP address"),
        (" 10.1.2.3", "not an IP address"),
        ("10.1.2.3/", "from 0 to 32"),
        ("10.1.2.3/33", "from 0 to 32"),
        ("10.0.0.0/08", "from 0 to 32"),
        ("10.0.0.0/+8", "from 0 to 32"),
        ("10.0.0.0/8/8", "from 0 to 32"),
        ("10.1.2.3/8", "Write 10.0.0.0/8 for the whole block, or 10.1.2.3 for this address"),
        ("10.1.2.3:", "from 1 to 65535"),
        ("10.1.2.3:0", "from 1 to 65535"),
        ("10.1.2.3:65536", "from 1 to 65535"),
        ("10.1.2.3:99999999999999999999", "from 1 to 65535"),
        ("10.1.2.3:080", "from 1 to 65535"),
        ("10.1.2.3:80:81", "not an IP address"),
        ("10.0.0.0/8:80:81", "from 1 to 65535"),
        ("::1", "Write [::1], or [::1]:443 for one port"),
        ("fd00::1:443", "Write [fd00::1:443], or"),
        ("[fd00::1]/8", "Write fd00::/8 for the whole block, or [fd00::1] for this address"),
        ("[fd00::]/129", "from 0 to 128"),
        ("[10.1.2.3]:80", "without brackets"),
        ("[fd00::1", "never closed"),
        ("[fd00::/8]:443", "not an IP address"),
        ("[fe80::1%eth0]", "not an IP address"),
        ("[::1]8080", "cannot follow an address"),
        ("http://10.1.2.3", "a name must be looked up"),
        ("10.1.2.3,10.1.2.4", "not an IP address"),
    ])
    func refusesTheRestAndSaysWhatToWrite(text: String, says: String) {
        let error = #expect(throws: InvalidAllowRule.self) { try AllowRule(parsing: text) }

        #expect(error?.description.contains(says) == true, "\(String(describing: error))")
    }

    @Test func coversItsAddressesOnItsPort() throws {
        let rule = try AllowRule(parsing: "10.0.0.0/8:8080")
        let inside = try #require(IPAddress(parsing: "10.255.0.1"))
        let outside = try #require(IPAddress(parsing: "11.0.0.1"))

        #expect(rule.covers(inside, port: 8080))
        #expect(!rule.covers(inside, port: 8081))
        #expect(!rule.covers(outside, port: 8080))
        #expect(try AllowRule(parsing: "10.0.0.0/8").covers(inside, port: 8081))
    }
}
