/// A range that is not the public Internet, and what it is, for the refusal that names it.
package struct SpecialRange: Hashable, Sendable {
    package let block: AddressBlock
    package let name: String

    /// As refusals name it: `loopback, 127.0.0.0/8`.
    package var words: String { "\(name), \(block)" }
}

/// The addresses that are never called unless an ``AllowRule`` names them.
///
/// Sources: the IANA IPv4 and IPv6 Special-Purpose Address Registries, with those entries too that
/// they call globally reachable (AS112, AMT: nobody takes a notification there); multicast and
/// reserved space from the IANA address space registries; the platform address of Azure.
package enum SpecialRanges {
    /// What `address` is, when it is not an ordinary public address.
    ///
    /// Every form that carries a v4 address inside a v6 one is refused whatever is inside. Where
    /// the way out is v6 only and NAT64 serves the rest, `64:ff9b::/96` must be allowed by name.
    package static func words(for address: IPAddress) -> String? {
        let ranges = address.family == .v4 ? v4 : v6
        if let range = ranges.first(where: { $0.block.contains(address) }) { return range.words }
        guard address.family == .v6 else { return nil }
        // Global unicast is 2000::/3 and nothing else has been handed out (RFC 4291 section 2.4),
        // so what is not in the table is refused rather than guessed at.
        guard address.bits >> 125 == 0b001 else { return "not global unicast, 2000::/3" }
        // RFC 5214 section 6.1: the interface id says `5efe`, the v4 address follows it.
        let isISATAP = (address.bits >> 32 & 0xFDFF_FFFF) == 0x0000_5EFE
        return isISATAP ? "ISATAP, an interface id of 0:5efe or 200:5efe" : nil
    }

    package static let all: [SpecialRange] = v4 + v6

    /// The ranges of this machine and of its neighbours that lie whole in `block`, single addresses
    /// aside.
    package static func neighbourhoods(in block: AddressBlock) -> [SpecialRange] {
        all.filter { range in
            range.block.prefixLength < range.block.base.family.bitWidth
                && ["loopback", "private", "shared", "link-local"].contains {
                    range.name.utf8.starts(with: $0.utf8)
                } && block.contains(range.block)
        }
    }

    private static let v4 = [
        range("0.0.0.0", 8, "this network"),
        range("10.0.0.0", 8, "private"),
        range("100.64.0.0", 10, "shared address space"),
        range("127.0.0.0", 8, "loopback"),
        range("168.63.129.16", 32, "platform address of a cloud"),
        range("169.254.0.0", 16, "link-local, where metadata services are"),
        range("172.16.0.0", 12, "private"),
        range("192.0.0.0", 24, "protocol assignments"),
        range("192.0.2.0", 24, "documentation"),
        range("192.31.196.0", 24, "AS112"),
        range("192.52.193.0", 24, "AMT"),
        range("192.88.99.0", 24, "6to4 relay"),
        range("192.168.0.0", 16, "private"),
        range("192.175.48.0", 24, "AS112"),
        range("198.18.0.0", 15, "benchmarking"),
        range("198.51.100.0", 24, "documentation"),
        range("203.0.113.0", 24, "documentation"),
        range("224.0.0.0", 4, "multicast"),
        range("240.0.0.0", 4, "reserved"),
    ]

    private static let v6 = [
        range("::", 128, "unspecified"),
        range("::1", 128, "loopback"),
        range("::", 96, "IPv4-compatible"),
        range("::ffff:0:0", 96, "IPv4-mapped"),
        range("::ffff:0:0:0", 96, "IPv4-translated"),
        range("64:ff9b::", 96, "NAT64"),
        range("64:ff9b:1::", 48, "NAT64"),
        range("100::", 64, "discard only"),
        range("100:0:0:1::", 64, "dummy prefix"),
        range("2001::", 32, "Teredo"),
        range("2001::", 23, "protocol assignments"),
        range("2001:db8::", 32, "documentation"),
        range("2002::", 16, "6to4"),
        range("2620:4f:8000::", 48, "AS112"),
        range("3fff::", 20, "documentation"),
        range("5f00::", 16, "segment routing"),
        range("fc00::", 7, "private"),
        range("fe80::", 10, "link-local"),
        range("fec0::", 10, "site-local"),
        range("ff00::", 8, "multicast"),
    ]

    private static func range(_ base: String, _ length: Int, _ name: String) -> SpecialRange {
        guard let address = IPAddress(parsing: base),
            let block = AddressBlock(address, prefixLength: length)
        else { preconditionFailure("\(base)/\(length) in the table above is not a block") }
        return SpecialRange(block: block, name: name)
    }
}
