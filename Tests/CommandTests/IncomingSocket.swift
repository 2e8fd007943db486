import Dispatch
import Glibc

/// A connection that sends exactly the bytes it is given, well-formed or not.
enum IncomingSocket {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// What came back until the peer closed; `isClosed` is false when it did not within 10 s.
    struct Answers: Sendable {
        let text: String
        let isClosed: Bool

        /// The statuses in order, interim ones left out.
        var statuses: [Int] {
            text.split(separator: "HTTP/1.1 ", omittingEmptySubsequences: false).dropFirst()
                .compactMap { Int($0.prefix(3)) }.filter { $0 >= 200 }
        }
    }

    /// Sends the bytes on a connection of their own, says that nothing more comes, and reads.
    static func exchange(_ bytes: [UInt8], port: Int) async throws -> Answers {
        try await onThread {
            let descriptor = try connect(port: port)
            defer { close(descriptor) }
            send(bytes, to: descriptor)
            shutdown(descriptor, Int32(SHUT_WR))
            var answers: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = recv(descriptor, &buffer, buffer.count, 0)
                if count > 0 {
                    answers += buffer[..<count]
                    continue
                }
                return Answers(
                    text: String(decoding: answers, as: UTF8.self),
                    isClosed: count == 0 || errno == ECONNRESET)
            }
        }
    }

    static func connect(port: Int) throws -> CInt {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(description: "socket: \(errno)") }
        var patience = timeval(tv_sec: 10, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, size)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, size)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let result = withUnsafeBytes(of: &address) { bytes in
            Glibc.connect(
                descriptor, bytes.assumingMemoryBound(to: sockaddr.self).baseAddress,
                socklen_t(bytes.count))
        }
        guard result == 0 else {
            let reason = errno
            close(descriptor)
            throw Failure(description: "connect: \(reason)")
        }
        return descriptor
    }

    /// Sends all of it; a peer that has gone away is no failure of the sender.
    static func send(_ bytes: [UInt8], to descriptor: CInt) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            sent += count
        }
    }

    /// Runs blocking work on a thread of its own.
    static func onThread<Value: Sendable>(
        _ work: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue(label: "incoming").async {
                continuation.resume(with: Result { try work() })
            }
        }
    }
}
