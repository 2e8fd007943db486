import NIOCore
import NIOHTTP1
import StrictJSON

/// Stands between the HTTP parser and the server: hands on whole requests only, refuses what no
/// route is to see, and decides when a connection has had its last answer.
///
/// A request is held until its end has come. So what is cut off in the middle never looks like
/// something complete, and a slow body occupies nobody but itself. One per connection, used on its
/// event loop only.
final class RequestGuard: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private let limits: ConnectionLimits
    private let connection: ConnectionGuard
    private var head: HTTPRequestHead?
    private var body = ByteBuffer()
    private var requests = 0
    /// For each answer that is owed, in order: whether the connection goes on after it.
    private var owed: [Bool] = []
    /// What is answered after all that is owed; nothing is read any more.
    private var refusal: HeadRefusal?
    private var isClosing = false
    private var isQuiescing = false
    /// The last answer is written; whatever comes after it is too late.
    private var isDone = false

    init(limits: ConnectionLimits, connection: ConnectionGuard) {
        self.limits = limits
        self.connection = connection
    }

    // MARK: - In

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard refusal == nil, !isClosing else { return }
        switch unwrapInboundIn(data) {
        case .head(let head): begin(head, context)
        case .body(var part): collect(&part, context)
        // Trailers are nobody's business here: no scheme signs them.
        case .end: handOn(context)
        }
    }

    /// What the parser refused, or what was cut off.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? HTTPParserError else {
            context.fireErrorCaught(error)
            return
        }
        switch error {
        case .headerOverflow: refuse(.fieldsTooLarge, context)
        // The parser knows methods by a list; what it does not know may be one all the same.
        case .invalidMethod where connection.beginsWithRequest: refuse(.method, context)
        default: refuse(.malformed, context)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // A request that is half here is let in before the server hears that it is to stop.
        if event is ChannelShouldQuiesceEvent, head != nil {
            isQuiescing = true
            return
        }
        context.fireUserInboundEventTriggered(event)
    }

    private func begin(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        requests += 1
        connection.headEnded()
        if let refusal = HeadRefusal(of: head, limits: limits) {
            refuse(refusal, context)
            return
        }
        self.head = head
        body.clear()
        let expects = head.headers[canonicalForm: "expect"].contains {
            $0.lowercased() == "100-continue"
        }
        if expects, owed.isEmpty {
            let go = HTTPResponseHead(version: .http1_1, status: .continue)
            context.writeAndFlush(wrapOutboundOut(.head(go)), promise: nil)
        }
    }

    private func collect(_ part: inout ByteBuffer, _ context: ChannelHandlerContext) {
        guard body.readableBytes + part.readableBytes <= limits.bodyBytesMax else {
            refuse(.bodyTooLarge, context)
            return
        }
        body.writeBuffer(&part)
    }

    private func handOn(_ context: ChannelHandlerContext) {
        guard let head else { return }
        self.head = nil
        // The parser stops behind an offer to speak something else, which we never take up.
        let offersUpgrade = !head.headers["upgrade"].isEmpty
        let goesOn =
            head.isKeepAlive && !offersUpgrade && requests < limits.requestsPerConnectionMax
            && owed.count + 1 < limits.requestsWaitingMax
        owed.append(goesOn)
        connection.requestEnded()
        if !goesOn { readNoMore() }
        context.fireChannelRead(wrapInboundOut(.head(head)))
        if body.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(.body(body))) }
        body = ByteBuffer()
        context.fireChannelRead(wrapInboundOut(.end(nil)))
        if isQuiescing { context.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }
    }

    // MARK: - Out

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !isDone else {
            promise?.fail(ChannelError.outputClosed)
            return
        }
        switch unwrapOutboundIn(data) {
        case .head(var head) where head.status.code >= 200:
            if head.headers[canonicalForm: "connection"].contains("close") { closeAfterThis() }
            if owed.first != true {
                head.headers.replaceOrAdd(name: "Connection", value: "close")
            }
            if head.headers[canonicalForm: "content-type"].first == "text/event-stream" {
                connection.answersWithoutEnd()
            }
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .end:
            let goesOn = owed.isEmpty ? false : owed.removeFirst()
            connection.answered()
            if goesOn {
                context.write(data, promise: promise)
                if owed.isEmpty, let refusal { answer(refusal, context) }
            } else {
                writeLast(data, promise, context)
            }
        case .head, .body:
            context.write(data, promise: promise)
        }
    }

    /// What has come behind this request is not answered, so it must not be carried out either;
    /// it is unless it was handed on already, which a sender that pipelines has to know.
    private func closeAfterThis() {
        readNoMore()
        if !owed.isEmpty { owed[0] = false }
    }

    private func readNoMore() {
        isClosing = true
        connection.ignoreInput()
    }

    private func refuse(_ refusal: HeadRefusal, _ context: ChannelHandlerContext) {
        guard self.refusal == nil, !isClosing else { return }
        self.refusal = refusal
        connection.ignoreInput()
        head = nil
        body = ByteBuffer()
        if owed.isEmpty { answer(refusal, context) }
    }

    private func answer(_ refusal: HeadRefusal, _ context: ChannelHandlerContext) {
        isClosing = true
        let bytes = refusal.problem.bytes()
        var headers = HTTPHeaders(refusal.headers)
        headers.add(name: "Content-Type", value: "application/problem+json")
        headers.add(name: "Content-Length", value: "\(bytes.count)")
        headers.add(name: "Connection", value: "close")
        let head = HTTPResponseHead(
            version: .http1_1, status: HTTPResponseStatus(statusCode: refusal.status),
            headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(
            wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: bytes)))), promise: nil)
        writeLast(NIOAny(HTTPServerResponsePart.end(nil)), nil, context)
    }

    private func writeLast(
        _ end: NIOAny, _ promise: EventLoopPromise<Void>?, _ context: ChannelHandlerContext
    ) {
        isClosing = true
        isDone = true
        let sent = promise ?? context.eventLoop.makePromise(of: Void.self)
        sent.futureResult.assumeIsolated().whenComplete { _ in self.connection.finish() }
        context.writeAndFlush(end, promise: sent)
    }
}
