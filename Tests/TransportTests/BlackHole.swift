import Glibc

/// A listening socket whose queue is full, so that the next who connects waits for ever.
final class BlackHole: Sendable {
    let url: String
    private let descriptors: [Int32]

    struct CannotListen: Error { let errno: Int32 }

    init() throws {
        let kind = Int32(SOCK_STREAM.rawValue)
        let listener = socket(AF_INET, kind, 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutableBytes(of: &address) { bytes in
            guard let pointer = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self) else {
                return false
            }
            return bind(listener, pointer, length) == 0 && listen(listener, 0) == 0
                && getsockname(listener, pointer, &length) == 0
        }
        guard isListening else { throw CannotListen(errno: errno) }
        // The queue holds one more than it says; a few more make sure.
        let waiting = (0..<4).map { _ in
            let client = socket(AF_INET, kind | Int32(SOCK_NONBLOCK.rawValue), 0)
            withUnsafeBytes(of: &address) { bytes in
                if let pointer = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self) {
                    _ = connect(client, pointer, length)
                }
            }
            return client
        }
        self.descriptors = waiting + [listener]
        self.url = "http://127.0.0.1:\(UInt16(bigEndian: address.sin_port))/"
    }

    deinit { descriptors.forEach { _ = close($0) } }
}
