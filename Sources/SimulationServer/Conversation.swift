import Domain
import NIOCore
import NIOHTTP1
import Simulation

/// One connection: gathers a request, has it judged on the spot, and sends the answer as it wants
/// to travel.
///
/// The pipeline hands over the next request only after the answer to the last one is complete.
final class Conversation: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let simulator: any Simulator
    private let now: @Sendable () -> Timestamp
    private var head: HTTPRequestHead?
    private var body: [UInt8] = []
    private var isTooLarge = false
    /// From the end of a request to the end of its answer: silence is ours then.
    private var isAnswering = false

    init(_ simulator: any Simulator, now: @escaping @Sendable () -> Timestamp) {
        self.simulator = simulator
        self.now = now
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            body = []
            isTooLarge = false
        case .body(let buffer):
            guard body.count + buffer.readableBytes <= SimulatorServer.bodyMax else {
                body = []
                isTooLarge = true
                return
            }
            body += buffer.readableBytesView
        case .end:
            guard let head else { return }
            isAnswering = true
            let answer = isTooLarge ? Self.tooLarge : simulator.handle(request(head), at: now())
            let line = Line(
                channel: context.channel, version: head.version,
                isKept: head.isKeepAlive && !isTooLarge)
            let own = NIOLoopBound(self, eventLoop: context.eventLoop)
            line.send(answer, on: context.eventLoop) { own.value.isAnswering = false }
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is IdleStateHandler.IdleStateEvent, !isAnswering {
            context.close(promise: nil)
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func request(_ head: HTTPRequestHead) -> SimulatedRequest {
        SimulatedRequest(
            method: head.method.rawValue, target: head.uri,
            headers: head.headers.map { ($0.name, $0.value) }, body: body)
    }

    private static var tooLarge: SimulatedAnswer {
        SimulatedAnswer(
            status: 413, headers: [("Content-Type", "text/plain")],
            body: Array("the body is larger than \(SimulatorServer.bodyMax) bytes".utf8))
    }
}

/// The way back on one connection.
private struct Line: Sendable {
    let channel: any Channel
    let version: HTTPVersion
    let isKept: Bool

    /// Sends the answer after its delay; `whenDone` runs once the last byte is handed over.
    func send(
        _ answer: SimulatedAnswer, on loop: any EventLoop, whenDone: @escaping @Sendable () -> Void
    ) {
        guard answer.delay > .zero else { return sendNow(answer, on: loop, whenDone) }
        loop.scheduleTask(in: TimeAmount(answer.delay)) { sendNow(answer, on: loop, whenDone) }
    }

    private func sendNow(
        _ answer: SimulatedAnswer, on loop: any EventLoop,
        _ whenDone: @escaping @Sendable () -> Void
    ) {
        switch answer.cut {
        case .before, .afterActing: channel.close(promise: nil)
        case .none:
            write(head(of: answer))
            if !answer.body.isEmpty { write(part(answer.body[...])) }
            end(whenDone)
        case .truncated(let count):
            write(head(of: answer))
            if count > 0 { write(part(answer.body.prefix(count))) }
            // Flushed first, so that what was promised to come does come.
            channel.writeAndFlush(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer())))
                .whenComplete { _ in channel.close(promise: nil) }
        case .drip(let piece, let pause):
            channel.writeAndFlush(head(of: answer), promise: nil)
            drip(answer.body[...], max(piece, 1), TimeAmount(pause), on: loop, whenDone)
        }
    }

    /// Sends the next piece after the pause, for as long as the other side is there.
    private func drip(
        _ rest: ArraySlice<UInt8>, _ piece: Int, _ pause: TimeAmount, on loop: any EventLoop,
        _ whenDone: @escaping @Sendable () -> Void
    ) {
        guard !rest.isEmpty else { return end(whenDone) }
        loop.scheduleTask(in: pause) {
            guard channel.isActive else { return }
            channel.writeAndFlush(part(rest.prefix(piece)), promise: nil)
            drip(rest.dropFirst(piece), piece, pause, on: loop, whenDone)
        }
    }

    private func end(_ whenDone: @escaping @Sendable () -> Void) {
        channel.writeAndFlush(HTTPServerResponsePart.end(nil)).whenComplete { _ in
            whenDone()
            if !isKept { channel.close(promise: nil) }
        }
    }

    private func head(of answer: SimulatedAnswer) -> HTTPServerResponsePart {
        var headers = HTTPHeaders(answer.headers.map { ($0.name, $0.value) })
        if answer.status != 204, answer.status != 304 {
            headers.replaceOrAdd(name: "Content-Length", value: String(answer.body.count))
        }
        if !isKept { headers.replaceOrAdd(name: "Connection", value: "close") }
        return .head(
            HTTPResponseHead(
                version: version, status: HTTPResponseStatus(statusCode: answer.status),
                headers: headers))
    }

    private func part(_ bytes: ArraySlice<UInt8>) -> HTTPServerResponsePart {
        .body(.byteBuffer(ByteBuffer(bytes: bytes)))
    }

    private func write(_ part: HTTPServerResponsePart) { channel.write(part, promise: nil) }
}
