/// A block of IP addresses, `10.0.0.0/8` or `2001:db8::/32`, with the host bits masked.
///
/// An IPv4 address mapped into IPv6 (`::ffff:10.1.2.3`, RFC 4291 section 2.5.5.2) is in a block
/// when either of its two forms is.
package struct AddressBlock: Hashable, Sendable {
    /// Masked.
    let address: [UInt8]
    let bits: Int

    /// How much of an address a block looks at.
    struct Width: Hashable, Comparable {
        /// Four or sixteen.
        let bytes: Int
        let bits: Int

        static func < (left: Width, right: Width) -> Bool {
            (left.bytes, left.bits) < (right.bytes, right.bits)
        }
    }

    var width: Width { Width(bytes: address.count, bits: bits) }

    /// Reads a block; `nil` when the text is none.
    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let address = Self.address(parts[0]), !parts[1].isEmpty,
            parts[1].utf8.count <= 3, parts[1].utf8.allSatisfy({ $0 &- UInt8(ascii: "0") < 10 }),
            let bits = Int(parts[1]), bits <= address.count * 8
        else { return nil }
        if let mapped = Self.unmapped(address), bits >= 96 {
            self.address = Self.masked(mapped, bits - 96)
            self.bits = bits - 96
        } else {
            self.address = Self.masked(address, bits)
            self.bits = bits
        }
    }

    /// Whether `text` is an address, nothing more and nothing less, and lies in this block.
    func contains(_ text: String) -> Bool {
        Self.forms(of: text).contains { form in
            form.count == address.count && Self.masked(form, bits) == address
        }
    }

    /// Whether every address in here is in `other` too; between the families, only equal says so.
    func isInside(_ other: AddressBlock) -> Bool {
        address.count == other.address.count && bits >= other.bits
            && Self.masked(address, other.bits) == other.address
    }

    /// The address that `text` spells, in both forms when it is a mapped one; empty for no address.
    static func forms(of text: String) -> [[UInt8]] {
        guard let address = address(text[...]) else { return [] }
        return [address] + (unmapped(address).map { [$0] } ?? [])
    }

    static func masked(_ address: [UInt8], _ bits: Int) -> [UInt8] {
        address.enumerated().map { masked($1, $0, bits) }
    }

    /// The byte at a place of an address, without what lies behind so many bits of the address.
    static func masked(_ byte: UInt8, _ place: Int, _ bits: Int) -> UInt8 {
        let kept = min(max(bits - place * 8, 0), 8)
        return byte & ~UInt8(truncatingIfNeeded: 0xFF >> kept)
    }

    private static func unmapped(_ address: [UInt8]) -> [UInt8]? {
        let prefix: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
        guard address.count == 16, address.starts(with: prefix) else { return nil }
        return Array(address[12...])
    }

    /// Reads an address; four bytes or sixteen.
    private static func address(_ text: Substring) -> [UInt8]? {
        // The longest spelling there is; what is longer is not looked at.
        guard text.utf8.count <= 45 else { return nil }
        return text.utf8.contains(UInt8(ascii: ":")) ? version6(text) : version4(text)
    }

    /// Four decimal numbers; leading zeros do not make them octal.
    private static func version4(_ text: Substring) -> [UInt8]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var address: [UInt8] = []
        for part in parts {
            guard (1...3).contains(part.utf8.count),
                part.utf8.allSatisfy({ $0 &- UInt8(ascii: "0") < 10 }), let byte = UInt8(part)
            else { return nil }
            address.append(byte)
        }
        return address
    }

    /// RFC 4291 section 2.2, all three forms.
    private static func version6(_ text: Substring) -> [UInt8]? {
        var groups = text.split(separator: ":", omittingEmptySubsequences: false)
        // Of `:` alone two empty groups are left, as of the `::` at an end.
        guard text.utf8.count > 1 else { return nil }
        var tail: [UInt8] = []
        if let last = groups.last, last.utf8.contains(UInt8(ascii: ".")) {
            guard let embedded = version4(last) else { return nil }
            groups.removeLast()
            tail = embedded
            // `::1.2.3.4` leaves the two empty groups of `::`, with nothing behind them.
            if groups.last?.isEmpty == true, groups.count >= 2 { groups.append("") }
        }
        // `::` at an end shows as two empty groups, in the middle as one.
        if groups.first?.isEmpty == true {
            guard groups.count > 1, groups[1].isEmpty else { return nil }
            groups.removeFirst()
        }
        if groups.count > 1, groups.last?.isEmpty == true {
            guard groups[groups.count - 2].isEmpty else { return nil }
            groups.removeLast()
        }
        var (head, back): ([UInt8], [UInt8]?) = ([], nil)
        for group in groups {
            if group.isEmpty {
                guard back == nil else { return nil }
                back = []
                continue
            }
            guard group.utf8.count <= 4, group.utf8.allSatisfy(\.isHexadecimal),
                let value = UInt16(group, radix: 16)
            else { return nil }
            let bytes = [UInt8(value >> 8), UInt8(value & 0xFF)]
            if back == nil { head += bytes } else { back? += bytes }
        }
        if back == nil { head += tail } else { back? += tail }
        guard let back else { return head.count == 16 ? head : nil }
        let zeros = 16 - head.count - back.count
        return zeros >= 2 ? head + [UInt8](repeating: 0, count: zeros) + back : nil
    }
}

extension UInt8 {
    /// Whether it is a digit; a number's own parser takes signs too.
    fileprivate var isHexadecimal: Bool {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"):
            true
        default: false
        }
    }
}
