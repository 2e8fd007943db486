import Dispatch
import Glibc
import Synchronization

/// A client that sends exactly the bytes it is given, well-formed or not.
///
/// Blocking calls run on threads of their own, so that the server's tasks never wait for them. Each
/// gives up after ten seconds, which no test takes.
final class RawClient: Sendable {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private let descriptor: Int32
    private let reset = Mutex(false)

    private init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    deinit { Glibc.close(descriptor) }

    static func connect(to port: Int, receiveBuffer: Int32? = nil) async throws -> RawClient {
        try await onThread {
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            let client = RawClient(descriptor: descriptor)
            var patience = timeval(tv_sec: 10, tv_usec: 0)
            let size = socklen_t(MemoryLayout<timeval>.size)
            setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, size)
            setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, size)
            if var receiveBuffer {
                setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, 4)
            }
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = in_port_t(port).bigEndian
            address.sin_addr.s_addr = inet_addr("127.0.0.1")
            let result = withUnsafeBytes(of: &address) { bytes in
                Glibc.connect(
                    descriptor, bytes.assumingMemoryBound(to: sockaddr.self).baseAddress,
                    socklen_t(bytes.count))
            }
            guard result == 0 else { throw Failure(description: "connect: \(errno)") }
            return client
        }
    }

    /// Sends all of it; a peer that has gone away is no failure of the sender.
    func send(_ text: String) async throws {
        try await send(Array(text.utf8))
    }

    func send(_ bytes: [UInt8]) async throws {
        try await onThread {
            var sent = 0
            while sent < bytes.count {
                let count = bytes[sent...].withUnsafeBytes {
                    Glibc.send(
                        self.descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                guard count > 0 else { return }
                sent += count
            }
        }
    }

    /// Whether the peer threw the connection away instead of closing it.
    var wasReset: Bool { reset.withLock { $0 } }

    /// Says that nothing more is sent, and goes on reading.
    func endSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Goes away without a word.
    func hangUp() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// Everything until the peer closes.
    func readToEnd() async throws -> String {
        try await onThread {
            var bytes: [UInt8] = []
            while let part = try self.readSome() { bytes += part }
            return String(decoding: bytes, as: UTF8.self)
        }
    }

    /// What comes up to and with a piece of text; what was read behind it is dropped.
    func read(until text: String) async throws -> String {
        try await onThread {
            var bytes: [UInt8] = []
            while !String(decoding: bytes, as: UTF8.self).contains(text) {
                guard let part = try self.readSome(atMost: 1) else {
                    throw Failure(
                        description: "closed after \(String(decoding: bytes, as: UTF8.self))")
                }
                bytes += part
            }
            return String(decoding: bytes, as: UTF8.self)
        }
    }

    /// One answer with `Content-Length`, or an interim one; whole, as text.
    func readAnswer() async throws -> String {
        try await onThread {
            var bytes: [UInt8] = []
            while true {
                if let length = Self.length(of: bytes) {
                    if bytes.count == length { break }
                    guard bytes.count < length else { throw Failure(description: "too much") }
                }
                guard let one = try self.readSome(atMost: 1) else {
                    throw Failure(
                        description: "closed after \(String(decoding: bytes, as: UTF8.self))")
                }
                bytes += one
            }
            return String(decoding: bytes, as: UTF8.self)
        }
    }

    private func readSome(atMost limit: Int = 65_536) throws -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: limit)
        let count = recv(descriptor, &buffer, limit, 0)
        if count < 0, errno == EAGAIN { throw Failure(description: "nothing came for 10 s") }
        // A reset ends reading as a close does, but is remembered.
        if count < 0, errno == ECONNRESET { reset.withLock { $0 = true } }
        return count > 0 ? Array(buffer[..<count]) : nil
    }

    /// Bytes of the whole answer, once its head is there.
    private static func length(of bytes: [UInt8]) -> Int? {
        guard bytes.suffix(4) == [13, 10, 13, 10][...] || bytes.count > 4 else { return nil }
        let text = String(decoding: bytes, as: UTF8.self).unicodeScalars
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard let end = lines.firstIndex(where: { $0.elementsEqual("\r".unicodeScalars) }) else {
            return nil
        }
        let head = lines[...end].reduce(0) { $0 + String($1).utf8.count + 1 }
        let name = "content-length: "
        let body = lines[..<end].compactMap { line -> Int? in
            let line = String(line).lowercased()
            guard line.hasPrefix(name) else { return nil }
            return Int(
                line.dropFirst(name.count).unicodeScalars.prefix { $0 != "\r" }.map(String.init)
                    .joined())
        }
        return head + (body.first ?? 0)
    }
}

/// Runs blocking work on a thread of its own.
private func onThread<Value: Sendable>(
    _ work: @escaping @Sendable () throws -> Value
) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        DispatchQueue(label: "raw client").async {
            continuation.resume(with: Result { try work() })
        }
    }
}
