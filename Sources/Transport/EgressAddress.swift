/// An Internet address of either family, without port or zone.
package struct IPAddress: Hashable, Sendable {
    package enum Family: Hashable, Sendable {
        case v4, v6

        package var bitWidth: Int { self == .v4 ? 32 : 128 }
    }

    package let family: Family
    /// The address as a number, of which the first byte on the wire is the highest.
    ///
    /// Below 2^32 for v4.
    package let bits: UInt128

    package init(_ family: Family, _ bits: UInt128) {
        precondition(family == .v6 || bits <= UInt128(UInt32.max))
        self.family = family
        self.bits = bits
    }

    /// Reads four or sixteen bytes in network order; `nil` for any other count.
    package init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        let bits = bytes.reduce(into: UInt128(0)) { $0 = $0 << 8 | UInt128($1) }
        self.init(bytes.count == 4 ? .v4 : .v6, bits)
    }

    /// The v4 address that a socket reaches through a mapped one (`::ffff:a.b.c.d`), else itself.
    package var unmapped: IPAddress {
        guard family == .v6, bits >> 32 == 0xFFFF else { return self }
        return IPAddress(.v4, bits & UInt128(UInt32.max))
    }

    /// Whether this is `0.0.0.0` or `::`, which a listener takes for all addresses and `connect`
    /// takes for loopback.
    package var isUnspecified: Bool { bits == 0 }

    package var isLoopback: Bool {
        family == .v4 ? bits >> 24 == 127 : bits == 1
    }
}

extension IPAddress {
    /// Reads the one plain spelling of an address: four decimal numbers without leading zeros, or
    /// hexadecimal groups as in RFC 4291 section 2.2, without brackets and without a zone.
    ///
    /// The other spellings that resolvers accept (`127.1`, `0x7f000001`) are `nil` here: settings
    /// are written plainly. In a URL they are read by ``init(numeric:)``.
    package init?(parsing text: some StringProtocol) {
        let bytes = Array(text.utf8)
        if bytes.contains(UInt8(ascii: ":")) {
            guard let bits = bitsV6(bytes[...]) else { return nil }
            self.init(.v6, bits)
        } else {
            guard let bits = bitsV4(bytes[...]) else { return nil }
            self.init(.v4, UInt128(bits))
        }
    }
}

extension IPAddress {
    /// Reads what a resolver takes for a v4 address without asking anybody: one to four numbers,
    /// decimal, octal (`0177`) or hexadecimal (`0x7f`), of which the last fills the bytes that are
    /// left, and a dot at the end that means nothing (`127.1`, `2130706433`, `0x7f.1.`).
    ///
    /// Source: `inet_aton` of BSD, which getaddrinfo and libcurl follow.
    package init?(numeric host: some StringProtocol) {
        var parts = Array(host.utf8).split(
            separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        if parts.count > 1, parts.last?.isEmpty == true { parts.removeLast() }
        guard (1...4).contains(parts.count), let last = parts.popLast().flatMap(cNumber) else {
            return nil
        }
        var bits: UInt64 = 0
        for part in parts {
            guard let byte = cNumber(part), byte <= 255 else { return nil }
            bits = bits << 8 | byte
        }
        let width = UInt64(8 * (4 - parts.count))
        guard last >> width == 0 else { return nil }
        self.init(.v4, UInt128(bits << width | last))
    }
}

/// A number as C writes them, below 2^33 so that nothing overflows.
private func cNumber(_ text: ArraySlice<UInt8>) -> UInt64? {
    let digits: ArraySlice<UInt8>
    let radix: Int
    if text.count > 1, text.first == UInt8(ascii: "0") {
        let isHexadecimal = text.dropFirst().first.map { $0 | 0x20 } == UInt8(ascii: "x")
        digits = text.dropFirst(isHexadecimal ? 2 : 1)
        radix = isHexadecimal ? 16 : 8
    } else {
        (digits, radix) = (text, 10)
    }
    // `Int` would take a sign.
    guard digits.first != UInt8(ascii: "+"), digits.first != UInt8(ascii: "-"),
        let number = UInt64(String(decoding: digits, as: UTF8.self), radix: radix),
        number < 1 << 33
    else { return nil }
    return number
}

private func bitsV4(_ text: ArraySlice<UInt8>) -> UInt32? {
    let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var bits: UInt32 = 0
    for part in parts {
        guard (1...3).contains(part.count), part.count == 1 || part.first != UInt8(ascii: "0"),
            let number = decimal(part), number <= 255
        else { return nil }
        bits = bits << 8 | UInt32(number)
    }
    return bits
}

private func bitsV6(_ text: ArraySlice<UInt8>) -> UInt128? {
    let colon = UInt8(ascii: ":")
    let gap = text.indices.first { text[$0...].starts(with: [colon, colon]) }
    guard let gap else {
        guard let groups = groups(text), groups.count == 8 else { return nil }
        return number(groups)
    }
    // The gap stands for at least one group, and a second gap leaves an empty group behind, which
    // `groups` refuses.
    guard let before = groups(text[..<gap], isEnd: false), let after = groups(text[(gap + 2)...]),
        before.count + after.count <= 7
    else { return nil }
    return number(before) << UInt128(16 * (8 - before.count)) | number(after)
}

/// Sixteen-bit groups; the last may be written as a v4 address when it `isEnd` of the text.
private func groups(_ text: ArraySlice<UInt8>, isEnd: Bool = true) -> [UInt16]? {
    guard !text.isEmpty else { return [] }
    let parts = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    var groups: [UInt16] = []
    for (index, part) in parts.enumerated() {
        if isEnd, index == parts.count - 1, part.contains(UInt8(ascii: ".")) {
            guard let bits = bitsV4(part) else { return nil }
            groups += [UInt16(bits >> 16), UInt16(truncatingIfNeeded: bits)]
        } else {
            guard let group = hexadecimal(part) else { return nil }
            groups.append(group)
        }
    }
    return groups
}

private func number(_ groups: [UInt16]) -> UInt128 {
    // More than eight groups were refused by count before or will be after.
    groups.prefix(8).reduce(0) { $0 << 16 | UInt128($1) }
}

private func hexadecimal(_ text: ArraySlice<UInt8>) -> UInt16? {
    guard (1...4).contains(text.count) else { return nil }
    var value: UInt16 = 0
    for byte in text {
        let digit: UInt8
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
        default: return nil
        }
        value = value << 4 | UInt16(digit)
    }
    return value
}

/// Up to five ASCII digits, without sign; leading zeros are the caller's to refuse.
func decimal(_ text: some Collection<UInt8>) -> Int? {
    guard (1...5).contains(text.count) else { return nil }
    var value = 0
    for byte in text {
        guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
        value = value * 10 + Int(byte - UInt8(ascii: "0"))
    }
    return value
}

extension IPAddress: CustomStringConvertible {
    /// The spelling of RFC 5952: small letters, the longest run of zero groups left out.
    package var description: String {
        if family == .v4 { return dotted(UInt32(bits)) }
        if bits >> 32 == 0xFFFF { return "::ffff:" + dotted(UInt32(truncatingIfNeeded: bits)) }
        let groups = (0..<8).map { UInt16(truncatingIfNeeded: bits >> UInt128(112 - 16 * $0)) }
        var gap = 0..<0
        var start = 0
        for index in 0...8 where index == 8 || groups[index] != 0 {
            if index - start > max(gap.count, 1) { gap = start..<index }
            start = index + 1
        }
        let texts = groups.map { String($0, radix: 16) }
        guard !gap.isEmpty else { return texts.joined(separator: ":") }
        return texts[..<gap.lowerBound].joined(separator: ":") + "::"
            + texts[gap.upperBound...].joined(separator: ":")
    }
}

private func dotted(_ bits: UInt32) -> String {
    [24, 16, 8, 0].map { String(bits >> UInt32($0) & 255) }.joined(separator: ".")
}

/// All addresses that share their first bits: `10.0.0.0/8`.
package struct AddressBlock: Hashable, Sendable, CustomStringConvertible {
    /// The lowest address; every bit behind the prefix is zero.
    package let base: IPAddress
    package let prefixLength: Int

    /// `nil` where the prefix is longer than the address or bits behind it are set.
    package init?(_ base: IPAddress, prefixLength: Int) {
        guard (0...base.family.bitWidth).contains(prefixLength),
            base.bits & AddressBlock.hostBits(base.family, prefixLength) == 0
        else { return nil }
        self.base = base
        self.prefixLength = prefixLength
    }

    /// The block of `prefixLength` in which `address` lies.
    package init(around address: IPAddress, prefixLength: Int) {
        precondition((0...address.family.bitWidth).contains(prefixLength))
        let hostBits = AddressBlock.hostBits(address.family, prefixLength)
        self.base = IPAddress(address.family, address.bits & ~hostBits)
        self.prefixLength = prefixLength
    }

    package func contains(_ address: IPAddress) -> Bool {
        address.family == base.family
            && address.bits & ~AddressBlock.hostBits(base.family, prefixLength) == base.bits
    }

    /// Whether every address of `other` lies in this one.
    package func contains(_ other: AddressBlock) -> Bool {
        prefixLength <= other.prefixLength && contains(other.base)
    }

    package var description: String { "\(base)/\(prefixLength)" }

    private static func hostBits(_ family: IPAddress.Family, _ prefixLength: Int) -> UInt128 {
        let width = family.bitWidth - prefixLength
        return width == 128 ? .max : (1 << UInt128(width)) - 1
    }
}
