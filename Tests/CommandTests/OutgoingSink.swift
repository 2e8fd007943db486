import Foundation
import Glibc

/// A server on loopback that counts who calls and answers as a hostile endpoint would.
///
/// One thread a connection, each bounded by how long the other side keeps it open and by the end of
/// this object.
final class OutgoingSink: Sendable {
    /// What is said to every request: a text, and another for as long as somebody reads.
    struct Answer: Sendable {
        var text: String
        var again: [UInt8]?
        /// Between two pieces; for answers that drip.
        var pause: Duration = .zero
        /// Whether the connection is closed behind the text.
        var isCut = false

        init(
            _ text: String, again: String? = nil, pause: Duration = .zero, isCut: Bool = false
        ) {
            self.isCut = isCut
            self.text = text
            self.again = again.map { Array($0.utf8) }
            self.pause = pause
        }

        static let plain = Answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    }

    struct Seen: Sendable {
        var connections = 0
        /// Head and body of every request, in order.
        var requests: [String] = []
        /// The most that anybody read of one answer before it was cut off.
        var bytesMost = 0
        var isOver = false
    }

    let host: String
    let port: Int
    private let listener: CInt
    private let seen = Watched(Seen())

    struct CannotListen: Error { let errno: Int32 }

    init(
        _ host: String = "127.0.0.1", port: Int = 0,
        answering answer: @escaping @Sendable (_ path: String) -> Answer = { _ in .plain }
    ) throws {
        self.host = host
        let isV6 = host.contains(":")
        listener = socket(isV6 ? AF_INET6 : AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        _ = fcntl(listener, F_SETFD, FD_CLOEXEC)
        var bytes = [UInt8](repeating: 0, count: 28)
        bytes.withUnsafeMutableBytes { raw in
            raw.storeBytes(
                of: sa_family_t(isV6 ? AF_INET6 : AF_INET), as: sa_family_t.self)
            raw.storeBytes(of: UInt16(port).bigEndian, toByteOffset: 2, as: UInt16.self)
            if let base = raw.baseAddress {
                inet_pton(isV6 ? AF_INET6 : AF_INET, host, base + (isV6 ? 8 : 4))
            }
        }
        var length = socklen_t(isV6 ? 28 : 16)
        let listener = listener
        let isListening = bytes.withUnsafeMutableBytes { raw in
            guard let address = raw.baseAddress?.assumingMemoryBound(to: sockaddr.self) else {
                return false
            }
            return bind(listener, address, length) == 0 && listen(listener, 256) == 0
                && getsockname(listener, address, &length) == 0
        }
        guard isListening else {
            let code = errno
            close(listener)
            throw CannotListen(errno: code)
        }
        self.port = Int(bytes[2]) << 8 | Int(bytes[3])
        let seen = seen
        Thread.detachNewThread { Self.accept(listener, seen, answer) }
    }

    deinit {
        seen.change { $0.isOver = true }
        // Wakes the thread that accepts, which closes it.
        shutdown(listener, Int32(SHUT_RDWR))
    }

    var counts: Seen { seen.change { $0 } }

    /// Once so many requests came; `nil` when they did not in time.
    func requests(_ count: Int, within limit: Duration) async -> [String]? {
        await seen.value(within: limit) { $0.requests.count >= count ? $0.requests : nil }
    }

    private static func accept(
        _ listener: CInt, _ seen: Watched<Seen>,
        _ answer: @escaping @Sendable (String) -> Answer
    ) {
        while true {
            let connection = Glibc.accept(listener, nil, nil)
            guard connection >= 0 else { break }
            _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
            seen.change { $0.connections += 1 }
            Thread.detachNewThread {
                while let request = read(connection) {
                    let path = request.split(separator: " ").dropFirst().first.map(String.init)
                    seen.change { $0.requests.append(request) }
                    guard say(answer(path ?? ""), to: connection, seen) else { break }
                }
                close(connection)
            }
        }
        close(listener)
    }

    /// One request, head and body; `nil` when the other side has gone.
    private static func read(_ connection: CInt) -> String? {
        var received: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while received.count < 1 << 20 {
            let text = String(decoding: received, as: UTF8.self)
            if let end = text.range(of: "\r\n\r\n") {
                let head = text[..<end.lowerBound].lowercased()
                let length = head.split(separator: "\r\n")
                    .first { $0.hasPrefix("content-length: ") }
                    .flatMap { Int($0.dropFirst("content-length: ".count)) }
                if text[end.upperBound...].utf8.count >= length ?? 0 { return text }
            }
            let count = recv(connection, &buffer, buffer.count, 0)
            guard count > 0 else { return nil }
            received += buffer[..<count]
        }
        return nil
    }

    /// Whether the connection is still good.
    private static func say(
        _ answer: Answer, to connection: CInt, _ seen: Watched<Seen>
    ) -> Bool {
        var written = 0
        defer { seen.change { $0.bytesMost = max($0.bytesMost, written) } }
        guard write(Array(answer.text.utf8), to: connection, &written) else { return false }
        guard let again = answer.again else { return !answer.isCut }
        while !seen.change({ $0.isOver }), write(again, to: connection, &written) {
            if answer.pause > .zero {
                // Between two drops, or until the other side has gone.
                var gone = pollfd(fd: connection, events: 0, revents: 0)
                _ = poll(&gone, 1, Int32(answer.pause / .milliseconds(1)))
            }
        }
        return false
    }

    private static func write(_ bytes: [UInt8], to connection: CInt, _ written: inout Int) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            written += count
            rest = rest.dropFirst(count)
        }
        return true
    }
}
