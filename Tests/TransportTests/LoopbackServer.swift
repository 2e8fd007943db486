import Glibc
import NIOCore
import NIOPosix
import Synchronization

/// An HTTP server on loopback that misbehaves as its paths say, and counts.
///
/// | path | does |
/// |---|---|
/// | `/ok` | 200 and `ok` |
/// | `/echo` | 200 and the request as it was on the wire |
/// | `/status/NNN` | that status, with `Location: /ok` |
/// | `/size/N`, `/chunked/N` | N bytes of body, with and without `Content-Length` |
/// | `/endless` | a body that does not end |
/// | `/huge-headers`, `/long-line` | more header bytes than anyone should read |
/// | `/headers/N` | N further header lines of 1000 bytes |
/// | `/interim` | 103 first, then a folded header, chunks and a trailer |
/// | `/garbage` | something that is not HTTP |
/// | `/dribble` | a body of 50 bytes in 50 pieces |
/// | `/stall` | nothing until `release()`, then as `/ok` |
/// | `/stall-in-body` | a head, one byte of ten, then nothing |
/// | `/redirect/NNN?HEX` | that status, and a `Location` whose bytes are given in hexadecimal |
/// | `/cut`, `/reset` | closes, or resets, after reading |
/// | `/half` | 10 of 100 bytes, then closes |
/// | `/cut-if-reused` | as `/ok` on a new connection, as `/cut` on one that was used before |
final class LoopbackServer: Sendable {
    enum Manner: Sendable {
        case http
        /// Closes every connection at once.
        case closing
        /// Sends this at once and reads what comes.
        case greeting(String)
        /// Answers every request with the first, then with the second for as long as somebody
        /// reads; closes afterwards where there is no second.
        case saying(String, again: String? = nil)
    }

    struct Counts: Hashable, Sendable {
        var connections = 0
        var open = 0
        var requests = 0
    }

    let port: Int
    private let channel: any Channel
    private let ledger: Ledger

    init(_ manner: Manner = .http, host: String = "127.0.0.1", port: Int = 0) async throws {
        let ledger = Ledger()
        self.ledger = ledger
        self.channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 1_024)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        Conversation(manner: manner, ledger: ledger))
                }
            }
            .bind(host: host, port: port).get()
        self.port = channel.localAddress?.port ?? 0
    }

    var counts: Counts { ledger.counts }

    func url(_ path: String) -> String { "http://127.0.0.1:\(port)\(path)" }

    /// Returns once the counts are as wanted.
    func until(_ isReached: @escaping @Sendable (Counts) -> Bool) async {
        await ledger.until(isReached)
    }

    /// Answers everybody who stalls, from now on at once.
    func release() { ledger.release() }

    func stop() async throws { try await channel.close() }
}

/// The counts, and who waits for them.
final class Ledger: Sendable {
    private struct State {
        var counts = LoopbackServer.Counts()
        var waiting:
            [(@Sendable (LoopbackServer.Counts) -> Bool, CheckedContinuation<Void, Never>)] =
                []
        var isReleased = false
        var stalled: [@Sendable () -> Void] = []
    }

    private let state = Mutex(State())

    var counts: LoopbackServer.Counts { state.withLock { $0.counts } }

    func count(_ change: (inout LoopbackServer.Counts) -> Void) {
        let ready = state.withLock { state in
            change(&state.counts)
            let counts = state.counts
            let ready = state.waiting.filter { $0.0(counts) }.map(\.1)
            state.waiting.removeAll { $0.0(counts) }
            return ready
        }
        ready.forEach { $0.resume() }
    }

    func until(_ isReached: @escaping @Sendable (LoopbackServer.Counts) -> Bool) async {
        await withCheckedContinuation { continuation in
            let isNow = state.withLock { state in
                if isReached(state.counts) { return true }
                state.waiting.append((isReached, continuation))
                return false
            }
            if isNow { continuation.resume() }
        }
    }

    func stall(_ answer: @escaping @Sendable () -> Void) {
        let isReleased = state.withLock { state in
            if !state.isReleased { state.stalled.append(answer) }
            return state.isReleased
        }
        if isReleased { answer() }
    }

    func release() {
        let stalled = state.withLock { state in
            state.isReleased = true
            defer { state.stalled = [] }
            return state.stalled
        }
        stalled.forEach { $0() }
    }
}

/// One connection.
private final class Conversation: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let manner: LoopbackServer.Manner
    private let ledger: Ledger
    private var received: [UInt8] = []
    private var served = 0

    init(manner: LoopbackServer.Manner, ledger: Ledger) {
        self.manner = manner
        self.ledger = ledger
    }

    func channelActive(context: ChannelHandlerContext) {
        ledger.count {
            $0.connections += 1
            $0.open += 1
        }
        switch manner {
        case .http, .saying: break
        case .closing: context.close(promise: nil)
        case .greeting(let text): send(text, context.channel)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        ledger.count { $0.open -= 1 }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch manner {
        case .http, .saying: break
        case .closing, .greeting: return
        }
        received += unwrapInboundIn(data).readableBytesView
        while let request = takeRequest() {
            served += 1
            ledger.count { $0.requests += 1 }
            if case .saying(let text, let again) = manner {
                send(text, context.channel)
                if let again {
                    repeatedly(again, context.channel)
                } else {
                    context.channel.close(promise: nil)
                }
            } else {
                answer(request, context.channel)
            }
        }
    }

    /// Cuts off one whole request, head and body.
    private func takeRequest() -> String? {
        let text = String(decoding: received, as: UTF8.self)
        guard let head = text.range(of: "\r\n\r\n") else { return nil }
        let lines = text[..<head.lowerBound].split(separator: "\r\n")
        let length =
            lines.first { $0.lowercased().hasPrefix("content-length: ") }
            .flatMap { Int($0.dropFirst("content-length: ".count)) } ?? 0
        let whole = text[..<head.upperBound].utf8.count + length
        guard received.count >= whole else { return nil }
        defer { received.removeFirst(whole) }
        return String(decoding: received.prefix(whole), as: UTF8.self)
    }

    private func answer(_ request: String, _ channel: any Channel) {
        let path = request.split(separator: " ").dropFirst().first.map(String.init) ?? ""
        let parts = path.split(separator: "/").map(String.init)
        let number = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
        switch parts.first ?? "" {
        case "ok": send(whole("ok"), channel)
        case "echo": send(whole(request), channel)
        case "status":
            send("HTTP/1.1 \(number) Said\r\nLocation: /ok\r\nContent-Length: 2\r\n\r\nhi", channel)
        case "redirect":
            let location = path.split(separator: "?").last.map(decodedHexadecimal) ?? ""
            send(
                "HTTP/1.1 \(path.split(separator: "?")[0].split(separator: "/")[1]) Over there\r\n"
                    + "Location: \(location)\r\nContent-Length: 0\r\n\r\n", channel)
        case "size": send(whole(String(repeating: "x", count: number)), channel)
        case "chunked":
            let size = String(number, radix: 16)
            send(
                chunkedHead + size + "\r\n" + String(repeating: "x", count: number)
                    + "\r\n0\r\n\r\n", channel)
        case "endless":
            send(chunkedHead, channel)
            flood(channel)
        case "huge-headers": send(head(lines: 100) + "Content-Length: 0\r\n\r\n", channel)
        case "headers": send(head(lines: number) + "Content-Length: 0\r\n\r\n", channel)
        case "long-line":
            send("HTTP/1.1 200 OK\r\nX: " + String(repeating: "x", count: 300_000), channel)
        case "interim":
            send(
                "HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n"
                    + "HTTP/1.1 200 OK\r\nX-Late:  2 \r\nX-Folded: a\r\n b\r\nx-late: 3\r\n"
                    + "Transfer-Encoding: chunked\r\nTrailer: X-Trailer\r\n\r\n"
                    + "2\r\nok\r\n0\r\nX-Trailer: 4\r\n\r\n", channel)
        case "garbage": send("hello, this is not what you expect\r\n\r\n", channel)
        case "dribble":
            send("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n", channel)
            for _ in 0..<50 { send("x", channel) }
        case "stall":
            ledger.stall { [answer = whole("ok")] in send(answer, channel) }
        case "stall-in-body": send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nx", channel)
        case "half":
            send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n0123456789", channel)
            channel.close(promise: nil)
        case "cut-if-reused" where served == 1: send(whole("ok"), channel)
        case "reset":
            // A linger of zero seconds makes closing a reset.
            let linger = linger(l_onoff: 1, l_linger: 0)
            (channel as? any SocketOptionProvider)?.setSoLinger(linger)
                .whenComplete { _ in channel.close(promise: nil) }
        default: channel.close(promise: nil)
        }
    }

    private func whole(_ body: String) -> String {
        "HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\nX-Served: \(served)\r\n\r\n"
            + body
    }

    private var chunkedHead: String { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" }

    private func head(lines: Int) -> String {
        // Name, colon, blank, 994 letters and a line end make 1000.
        "HTTP/1.1 200 OK\r\n"
            + String(repeating: "XX: " + String(repeating: "x", count: 994) + "\r\n", count: lines)
    }
}

private func send(_ text: String, _ channel: any Channel) {
    channel.writeAndFlush(ByteBuffer(string: text), promise: nil)
}

private func flood(_ channel: any Channel) {
    repeatedly("8000\r\n" + String(repeating: "x", count: 0x8000) + "\r\n", channel)
}

/// Writes for as long as somebody reads.
private func repeatedly(_ text: String, _ channel: any Channel) {
    channel.writeAndFlush(ByteBuffer(string: text)).whenSuccess {
        // Not at once: a write that succeeds at once would make this recur as deep as the socket's
        // buffer holds.
        channel.eventLoop.execute { repeatedly(text, channel) }
    }
}

private func decodedHexadecimal(_ text: Substring) -> String {
    let digits = Array(text.utf8).compactMap { UInt8(String(UnicodeScalar($0)), radix: 16) }
    let bytes = stride(from: 0, to: digits.count - 1, by: 2).map {
        digits[$0] << 4 | digits[$0 + 1]
    }
    return String(decoding: bytes, as: UTF8.self)
}

extension String {
    /// The first place of `text`, compared by bytes.
    fileprivate func range(of text: String) -> Range<String.Index>? {
        let wanted = Array(text.utf8)
        var index = utf8.startIndex
        while index < utf8.endIndex {
            let rest = utf8[index...]
            if rest.starts(with: wanted) {
                return index..<utf8.index(index, offsetBy: wanted.count)
            }
            index = utf8.index(after: index)
        }
        return nil
    }
}
