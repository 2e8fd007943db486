/// Where a URL leads: what the policy can know before a name is resolved.
package struct EgressTarget: Hashable, Sendable {
    package enum Scheme: String, Hashable, Sendable {
        case http, https

        package var defaultPort: UInt16 { self == .http ? 80 : 443 }
    }

    package let scheme: Scheme
    /// As written, in small letters; a v6 address without its brackets.
    ///
    /// May be a name, an address, or one of the odd spellings of an address that resolvers accept.
    /// A dot at the end stays.
    package let host: String
    package let port: UInt16
    /// What `host` is, where it is an address in whichever spelling; `nil` for a name.
    package let address: IPAddress?

    /// Whether the name means this machine wherever it is asked for (RFC 6761 section 6.3).
    package var isLocalhost: Bool {
        let name = host.hasSuffix(".") ? host.dropLast() : host[...]
        return name == "localhost" || name.hasSuffix(".localhost")
    }

    /// Cuts an absolute URL apart and refuses what two readers could read differently.
    ///
    /// The library that connects has a parser of its own. Where the two disagree nothing is lost:
    /// it is held to the scheme found here and to the address check, which sees the real port. This
    /// parser is strict so that they have no reason to.
    package init(url: String) throws(EgressRefusal) {
        let bytes = Array(url.utf8)
        guard bytes.count <= 8_192 else {
            throw EgressRefusal(.malformedURL, "the URL is longer than 8192 bytes")
        }
        // Backslashes and everything outside of visible ASCII: RFC 3986 has no place for them, and
        // readers disagree on what they mean.
        guard bytes.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\\") }) else {
            throw EgressRefusal(
                .malformedURL,
                "the URL has a control character, a blank, a backslash or a letter outside of"
                    + " ASCII", remedy: "percent-encode it, and write the host in its xn-- form")
        }
        let (scheme, afterScheme) = try EgressTarget.scheme(bytes[...])
        let end = afterScheme.firstIndex { "/?#".utf8.contains($0) } ?? afterScheme.endIndex
        let authority = afterScheme[..<end]
        guard !authority.contains(UInt8(ascii: "@")) else {
            throw EgressRefusal(
                .credentials, "the URL has a user name or password",
                remedy: "send a header instead")
        }
        let (host, port) = try EgressTarget.hostAndPort(authority)
        self.scheme = scheme
        self.host = String(decoding: host, as: UTF8.self).lowercased()
        self.port = port ?? scheme.defaultPort
        self.address = IPAddress(parsing: self.host) ?? IPAddress(numeric: self.host)
        guard address != nil || !EgressTarget.endsInNumber(host) else {
            throw EgressRefusal(
                .malformedURL, "the host ends in a number and is no address",
                remedy: "write four decimal numbers, or a name")
        }
    }

    /// No top-level domain is a number (RFC 3696 section 2), so such a host is meant as an address,
    /// and readers differ on which one.
    private static func endsInNumber(_ host: ArraySlice<UInt8>) -> Bool {
        let labels = host.split(separator: UInt8(ascii: "."))
        guard let last = labels.last else { return true }
        let isHexadecimal = last.count > 1 && last.prefix(2).map { $0 | 0x20 } == Array("0x".utf8)
        let digits = isHexadecimal ? last.dropFirst(2) : last
        return digits.allSatisfy {
            (0x30...0x39).contains($0) || (isHexadecimal && (0x61...0x66).contains($0 | 0x20))
        }
    }

    private static func scheme(
        _ url: ArraySlice<UInt8>
    ) throws(EgressRefusal) -> (Scheme, ArraySlice<UInt8>) {
        for scheme in [Scheme.https, .http] {
            let prefix = Array((scheme.rawValue + "://").utf8)
            // `| 0x20` makes letters small and leaves `:` and `/` as they are.
            if url.count >= prefix.count, zip(url, prefix).allSatisfy({ $0 | 0x20 == $1 }) {
                return (scheme, url.dropFirst(prefix.count))
            }
        }
        throw EgressRefusal(.scheme, "the URL must begin with https://")
    }

    private static func hostAndPort(
        _ authority: ArraySlice<UInt8>
    ) throws(EgressRefusal) -> (host: ArraySlice<UInt8>, port: UInt16?) {
        let host: ArraySlice<UInt8>
        let rest: ArraySlice<UInt8>
        if authority.first == UInt8(ascii: "["),
            let close = authority.firstIndex(of: UInt8(ascii: "]"))
        {
            host = authority[(authority.startIndex + 1)..<close]
            rest = authority[(close + 1)...]
            guard IPAddress(parsing: String(decoding: host, as: UTF8.self))?.family == .v6 else {
                throw EgressRefusal(
                    .malformedURL, "what stands in brackets is not an IPv6 address without zone")
            }
        } else {
            let end = authority.firstIndex(of: UInt8(ascii: ":")) ?? authority.endIndex
            host = authority[..<end]
            rest = authority[end...]
            guard !host.isEmpty, host.count <= 255, host.allSatisfy(isHostByte) else {
                throw EgressRefusal(
                    .malformedURL, "the URL has no host of letters, digits, dots and hyphens")
            }
        }
        guard !rest.isEmpty else { return (host, nil) }
        guard rest.first == UInt8(ascii: ":"), let number = decimal(rest.dropFirst()),
            let port = UInt16(exactly: number), port > 0
        else {
            throw EgressRefusal(.malformedURL, "the port is not a number from 1 to 65535")
        }
        return (host, port)
    }
}

private func isHostByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"),
        UInt8(ascii: "_"):
        true
    default: false
    }
}
