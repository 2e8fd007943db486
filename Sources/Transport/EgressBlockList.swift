/// A range that is not the public Internet, and what it is, for the refusal that names it.
package struct SpecialRange: Hashable, Sendable {
    package let block: AddressBlock
    package let name: String

    /// Whether machines are in it that trust whoever reaches them, under their own address or under
    /// one that carries it; single addresses aside.
    var isNear = false

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

    /// The ranges of this machine, of its neighbours, and of v4 addresses in other clothes, of
    /// which `block` opens much: the whole, or more than one part in 256 of v4 and 65 536 of v6.
    package static func neighbourhoods(in block: AddressBlock) -> [SpecialRange] {
        all.filter { range in
            guard range.isNear, range.block.base.family == block.base.family else { return false }
            let part = range.block.base.family == .v4 ? 8 : 16
            return block.contains(range.block)
                || range.block.contains(block)
                    && block.prefixLength < range.block.prefixLength + part
        }
    }

    /// Where services of clouds tell whoever asks what their machine may do.
    private static let metadata = ["169.254.169.254", "168.63.129.16", "fd00:ec2::254"]
        .compactMap { IPAddress(parsing: $0) }

    /// Whether a block lets calls through to such a service.
    package static func holdsMetadata(_ block: AddressBlock) -> Bool {
        metadata.contains { block.contains($0) }
    }

    private static let v4 = [
        range("0.0.0.0", 8, "this network"),
        range("10.0.0.0", 8, "private", isNear: true),
        range("100.64.0.0", 10, "shared address space", isNear: true),
        range("127.0.0.0", 8, "loopback", isNear: true),
        range("168.63.129.16", 32, "platform address of a cloud"),
        range("169.254.0.0", 16, "link-local, where metadata services are", isNear: true),
        range("172.16.0.0", 12, "private", isNear: true),
        range("192.0.0.0", 24, "protocol assignments"),
        range("192.0.2.0", 24, "documentation"),
        range("192.31.196.0", 24, "AS112"),
        range("192.52.193.0", 24, "AMT"),
        range("192.88.99.0", 24, "6to4 relay"),
        range("192.168.0.0", 16, "private", isNear: true),
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
        range("::", 96, "IPv4-compatible", isNear: true),
        range("::ffff:0:0", 96, "IPv4-mapped", isNear: true),
        range("::ffff:0:0:0", 96, "IPv4-translated", isNear: true),
        range("64:ff9b::", 96, "NAT64", isNear: true),
        range("64:ff9b:1::", 48, "NAT64", isNear: true),
        range("100::", 64, "discard only"),
        range("100:0:0:1::", 64, "dummy prefix"),
        range("2001::", 32, "Teredo", isNear: true),
        range("2001::", 23, "protocol assignments"),
        range("2001:db8::", 32, "documentation"),
        range("2002::", 16, "6to4", isNear: true),
        range("2620:4f:8000::", 48, "AS112"),
        range("3fff::", 20, "documentation"),
        range("5f00::", 16, "segment routing"),
        range("fc00::", 7, "private", isNear: true),
        range("fe80::", 10, "link-local", isNear: true),
        range("fec0::", 10, "site-local", isNear: true),
        range("ff00::", 8, "multicast"),
    ]

    private static func range(
        _ base: String, _ length: Int, _ name: String, isNear: Bool = false
    ) -> SpecialRange {
        guard let address = IPAddress(parsing: base),
            let block = AddressBlock(address, prefixLength: length)
        else { preconditionFailure("\(base)/\(length) in the table above is not a block") }
        return SpecialRange(block: block, name: name, isNear: isNear)
    }
}
