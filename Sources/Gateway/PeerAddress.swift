import NIOCore

/// Where a connection comes from, as bytes: 4 for IPv4, 16 for IPv6.
package struct PeerAddress: Hashable, Sendable {
    package let bytes: [UInt8]

    /// - Parameter bytes: 4, or 16 in the order of the network. An IPv4 address that is mapped
    ///   into IPv6 (`::ffff:0:0/96`, RFC 4291 section 2.5.5.2) counts as what it is.
    package init(bytes: [UInt8]) {
        let isMapped =
            bytes.count == 16 && bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xFF
            && bytes[11] == 0xFF
        self.bytes = isMapped ? Array(bytes[12...]) : bytes
    }

    /// `nil` for what is no internet address.
    init?(_ address: SocketAddress?) {
        // `sockaddr_in` and `sockaddr_in6` of the system: the address stands at 4, and at 8.
        let place: Range<Int>
        switch address {
        case .v4: place = 4..<8
        case .v6: place = 8..<24
        case .unixDomainSocket, nil: return nil
        }
        let bytes = address?.withSockAddr { pointer, size in
            Array(UnsafeRawBufferPointer(start: pointer, count: size)[place])
        }
        guard let bytes else { return nil }
        self.init(bytes: bytes)
    }

    /// 127.0.0.0/8 or ::1.
    package var isLoopback: Bool {
        bytes.count == 4 ? bytes[0] == 127 : bytes == [UInt8](repeating: 0, count: 15) + [1]
    }

    /// What is counted as one: the address, or its /64.
    var host: [UInt8] { bytes.count == 16 ? Array(bytes[..<8]) : bytes }
}
