import Testing
import Transport

@Suite struct IPAddressTests {
    @Test(arguments: [
        ("0.0.0.0", "0.0.0.0"),
        ("127.0.0.1", "127.0.0.1"),
        ("255.255.255.255", "255.255.255.255"),
        ("::", "::"),
        ("::1", "::1"),
        ("1::", "1::"),
        ("0:0:0:0:0:0:0:1", "::1"),
        ("FD00:0:0:1::A", "fd00:0:0:1::a"),
        ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
        ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
        ("2001:0db8::0001", "2001:db8::1"),
        ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
        ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"),
        ("::ffff:127.0.0.1", "::ffff:127.0.0.1"),
        ("::ffff:7f00:1", "::ffff:127.0.0.1"),
        ("64:ff9b::10.0.0.1", "64:ff9b::a00:1"),
        ("1:2:3:4:5:6:7.8.9.10", "1:2:3:4:5:6:708:90a"),
    ])
    func readsPlainSpellingsAndWritesTheShortest(text: String, shortest: String) throws {
        let address = try #require(IPAddress(parsing: text))

        #expect(address.description == shortest)
        #expect(IPAddress(parsing: shortest) == address)
    }

    @Test(arguments: [
        "", "1", "127.1", "127.0.1", "2130706433", "0x7f.0.0.1", "0177.0.0.1", "127.0.0.01",
        "127.0.0.256", "127.0.0.1.", ".127.0.0.1", "127.0.0.1.1", "127..0.1", "127.0.0.-1",
        "127.0.0.+1", " 127.0.0.1", "127.0.0.1 ", "127.0.0.1\u{0}", "１２７.0.0.1", "localhost", ":",
        ":::", "::1::", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::",
        "::1:2:3:4:5:6:7:8", "1:2:3:4::5:6:7:8", "12345::", "g::", "::1%lo", "[::1]", "1:",
        ":1", "::1:", ":1::", "::127.0.1", "127.0.0.1::", "::1.2.3.4:5", "1:2:3:4:5:6:7:8.9.1.2",
        "::ffff:127.0.0.01", "::/0",
    ])
    func refusesWhatIsNotOnePlainSpelling(text: String) {
        #expect(IPAddress(parsing: text) == nil)
    }

    @Test func readsFourOrSixteenBytesOnly() {
        #expect(IPAddress(bytes: [127, 0, 0, 1])?.description == "127.0.0.1")
        #expect(IPAddress(bytes: [UInt8](repeating: 0, count: 15) + [1])?.description == "::1")
        for count in [0, 1, 3, 5, 15, 17] {
            #expect(IPAddress(bytes: [UInt8](repeating: 0, count: count)) == nil, "\(count)")
        }
    }

    @Test func aBlockEndsWhereItsPrefixSays() throws {
        let base = try #require(IPAddress(parsing: "172.16.0.0"))
        let block = try #require(AddressBlock(base, prefixLength: 12))

        for inside in ["172.16.0.0", "172.31.255.255"] {
            #expect(block.contains(try #require(IPAddress(parsing: inside))), "\(inside)")
        }
        for outside in ["172.15.255.255", "172.32.0.0", "::ffff:172.16.0.1", "::"] {
            #expect(!block.contains(try #require(IPAddress(parsing: outside))), "\(outside)")
        }
        #expect(AddressBlock(base, prefixLength: 11) == nil)
        #expect(AddressBlock(base, prefixLength: 33) == nil)
        #expect(AddressBlock(base, prefixLength: -1) == nil)
    }

    @Test func aBlockOfNoBitsHoldsAWholeFamily() throws {
        let v4 = try #require(AddressBlock(IPAddress(.v4, 0), prefixLength: 0))
        let v6 = try #require(AddressBlock(IPAddress(.v6, 0), prefixLength: 0))

        #expect(v4.contains(IPAddress(.v4, UInt128(UInt32.max))))
        #expect(!v4.contains(IPAddress(.v6, 1)))
        #expect(v6.contains(IPAddress(.v6, .max)))
        #expect(!v6.contains(IPAddress(.v4, 1)))
    }
}
