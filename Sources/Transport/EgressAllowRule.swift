/// One entry of `egress.allow`: addresses, and if it says so the one port, that may be called
/// although they are not public, not https, or not on one of `egress.ports`.
///
/// It names addresses, never names: what a name leads to is for others to change.
package struct AllowRule: Hashable, Sendable, CustomStringConvertible {
    package let block: AddressBlock
    /// `nil` for every port.
    package let port: UInt16?

    package init(_ block: AddressBlock, port: UInt16? = nil) {
        self.block = block
        self.port = port
    }

    /// Reads `127.0.0.0/8`, `10.1.2.3`, `10.1.2.3:8080`, `10.0.0.0/8:443`, `[fd00::1]:8080`,
    /// `[fd00::]/8:443` or `fd00::/8`.
    ///
    /// A v6 address without a length must stand in brackets, since `fd00::1:443` would be read as
    /// an address where a port was meant. A v4 rule covers no v6 form of the same address.
    package init(parsing text: String) throws(InvalidAllowRule) {
        func refuse(_ reason: String, _ remedy: String) -> InvalidAllowRule {
            InvalidAllowRule(text: text, reason: reason, remedy: remedy)
        }
        let parts = try Parts(text, refuse)
        guard let address = IPAddress(parsing: parts.address) else {
            throw refuse(
                "“\(parts.address)” is not an IP address",
                "Write an address such as 10.1.2.3 or [fd00::1], or a block such as 10.0.0.0/8;"
                    + " a name must be looked up first.")
        }
        guard parts.isBracketed == (address.family == .v6) || parts.isPlainBlock else {
            throw address.family == .v4
                ? refuse(
                    "brackets are for IPv6 addresses", "Write \(address) without brackets.")
                : refuse(
                    "it is unclear where the address ends and a port begins",
                    "Write [\(address)], or [\(address)]:443 for one port.")
        }
        var length = address.family.bitWidth
        if let digits = parts.length {
            guard let number = canonicalDecimal(digits), number <= length else {
                throw refuse(
                    "“/\(digits)” is not a prefix length", "Write a number from 0 to \(length).")
            }
            length = number
        }
        guard let block = AddressBlock(address, prefixLength: length) else {
            throw refuse(
                "\(address) has bits set behind the first \(length)",
                "Write \(AddressBlock(around: address, prefixLength: length)) for the whole block,"
                    + " or \(AllowRule.only(address)) for this address.")
        }
        guard let digits = parts.port else {
            self.init(block)
            return
        }
        guard let number = canonicalDecimal(digits), let port = UInt16(exactly: number), port > 0
        else {
            throw refuse("“:\(digits)” is not a port", "Write a number from 1 to 65535.")
        }
        self.init(block, port: port)
    }

    package func covers(_ address: IPAddress, port: UInt16) -> Bool {
        block.contains(address) && covers(port: port)
    }

    package func covers(port: UInt16) -> Bool {
        self.port == nil || self.port == port
    }

    /// The spelling that ``init(parsing:)`` reads back; for the audit log.
    package var description: String {
        let isWhole = block.prefixLength == block.base.family.bitWidth
        let base = block.base.family == .v4 ? "\(block.base)" : "[\(block.base)]"
        return base + (isWhole ? "" : "/\(block.prefixLength)") + (port.map { ":\($0)" } ?? "")
    }

    private static func only(_ address: IPAddress) -> AllowRule {
        AllowRule(AddressBlock(around: address, prefixLength: address.family.bitWidth))
    }
}

/// Why a line of `egress.allow` cannot be used, and what to write instead.
package struct InvalidAllowRule: Error, Hashable, CustomStringConvertible {
    package let text: String
    package let reason: String
    package let remedy: String

    package var description: String { "egress.allow: “\(text)”: \(reason). \(remedy)" }
}

/// The text of a rule, cut at its brackets, its slash and its last colon.
private struct Parts {
    var address: Substring
    var length: Substring?
    var port: Substring?
    var isBracketed = false
    /// A v6 block without brackets, such as `fd00::/8`, in which nothing is unclear.
    var isPlainBlock: Bool { !isBracketed && length != nil }

    init(
        _ text: String, _ refuse: (String, String) -> InvalidAllowRule
    ) throws(InvalidAllowRule) {
        var rest = text[...]
        if rest.first == "[" {
            guard let end = rest.firstIndex(of: "]") else {
                throw refuse("“[” is never closed", "Write [fd00::1] or [fd00::]/8:443.")
            }
            isBracketed = true
            address = rest[rest.index(after: rest.startIndex)..<end]
            rest = rest[rest.index(after: end)...]
        } else {
            let isV6 = rest.prefix { $0 != "/" }.count { $0 == ":" } > 1
            let end = rest.firstIndex { $0 == "/" || ($0 == ":" && !isV6) } ?? rest.endIndex
            address = rest[..<end]
            rest = rest[end...]
        }
        if rest.first == "/" {
            let end = rest.firstIndex(of: ":") ?? rest.endIndex
            length = rest[rest.index(after: rest.startIndex)..<end]
            rest = rest[end...]
        }
        if rest.first == ":" {
            port = rest.dropFirst()
            rest = ""
        }
        guard rest.isEmpty else {
            throw refuse(
                "“\(rest)” cannot follow an address",
                "Write ADDRESS, ADDRESS/LENGTH, ADDRESS:PORT or ADDRESS/LENGTH:PORT.")
        }
    }
}

private func canonicalDecimal(_ text: Substring) -> Int? {
    guard text.utf8.count == 1 || text.utf8.first != UInt8(ascii: "0") else { return nil }
    return decimal(text.utf8)
}
