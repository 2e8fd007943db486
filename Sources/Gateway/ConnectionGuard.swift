import Glibc
import Logging
import NIOCore

/// Stands at the socket, before anything reads HTTP from the bytes: counts connections in and
/// out, ends slow and oversized ones, and sees a last answer off.
///
/// One per connection, used on its event loop only.
final class ConnectionGuard: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = IOData
    typealias OutboundOut = IOData

    private let limits: ConnectionLimits
    private let census: ConnectionCensus
    private let log: Logger
    private var pace: ConnectionPace
    private var context: ChannelHandlerContext?
    /// Its place in the census, once it has one.
    private var place: ConnectionPlace?
    /// Whether what came last begins like a request of HTTP/1, whatever its method.
    private(set) var beginsWithRequest = false
    private var tick: Scheduled<Void>?
    /// Bytes of answers handed to the socket, taken or not.
    private var written = 0
    private var ignoresInput = false
    /// Whether the answer that is being written ends when the peer goes.
    private var isEndless = false
    /// Until when input is thrown away; set with the last answer.
    private var lingersUntil: Duration?

    init(limits: ConnectionLimits, census: ConnectionCensus, log: Logger) {
        self.limits = limits
        self.census = census
        self.log = log
        pace = ConnectionPace(limits: limits, at: Self.now)
    }

    private static var now: Duration {
        .nanoseconds(Int64(clamping: NIODeadline.now().uptimeNanoseconds))
    }

    // MARK: - What the request guard tells

    func headEnded() {
        pace.headEnded(at: Self.now)
        noteStanding(unsent: 0)
    }

    func requestEnded() {
        beginsWithRequest = false
        pace.requestEnded(at: Self.now)
        noteStanding(unsent: 0)
    }

    /// An answer is written to its end, though the peer may not have taken it yet.
    func answered() {
        pace.answered(at: Self.now)
        // Not on the wire yet; the flush that follows says how much of it is.
        noteStanding(unsent: 1)
    }

    /// The answer that is being written has no end of its own.
    ///
    /// Who closes his side for sending is gone then: nothing else would show it for a while. And
    /// nothing else reads as long as an answer is owed.
    func answersWithoutEnd() {
        isEndless = true
        context?.read()
    }

    /// What still comes is not even parsed: no answer will be owed for it.
    func ignoreInput() { ignoresInput = true }

    /// The last answer is on its way: nothing more is read, and the connection ends once the peer
    /// has had time to take it.
    func finish() {
        guard lingersUntil == nil, let context else { return }
        lingersUntil = Self.now + limits.lingerTime
        context.close(mode: .output, promise: nil)
    }

    // MARK: - In

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        tick?.cancel()
        self.context = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        guard !hasLastDescriptor(context) else {
            log.debug("connection.refused", metadata: ["reason": "descriptors"])
            census.makeRoom(at: Self.now)
            turnAway(context)
            return
        }
        switch census.admit(context.channel, at: Self.now) {
        case .admitted(let place):
            self.place = place
            scheduleTick(context)
            context.fireChannelActive()
        case .full:
            log.debug("connection.refused", metadata: ["reason": "too_many"])
            turnAway(context)
        case .tooManyOfAddress:
            log.debug("connection.refused", metadata: ["reason": "too_many_of_address"])
            context.close(promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        tick?.cancel()
        if place != nil { census.leave(context.channel) }
        place = nil
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard lingersUntil == nil, !ignoresInput, place != nil else { return }
        let bytes = unwrapInboundIn(data)
        if pace.isBetweenRequests { beginsWithRequest = Self.beginsWithRequest(bytes) }
        if let reason = pace.received(bytes.readableBytes, at: Self.now) {
            end(context, because: reason)
            return
        }
        noteStanding(unsent: 0)
        context.fireChannelRead(data)
        if lingersUntil == nil, let reason = pace.judgeHead() { end(context, because: reason) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if lingersUntil != nil || isEndless, let event = event as? ChannelEvent,
            event == .inputClosed
        {
            context.close(promise: nil)
            return
        }
        context.fireUserInboundEventTriggered(event)
    }

    // MARK: - Out

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        written += unwrapOutboundIn(data).readableBytes
        context.write(data, promise: promise)
    }

    func flush(context: ChannelHandlerContext) {
        context.flush()
        // Whether the last answer is gone already, as it mostly is.
        if place != nil, pace.owed == 0 { noteStanding(unsent: unsent(context)) }
    }

    // MARK: - Time

    private func scheduleTick(_ context: ChannelHandlerContext) {
        let delay = TimeAmount.milliseconds(Int64(limits.tick / .milliseconds(1)))
        tick = context.eventLoop.assumeIsolated().scheduleTask(in: delay) {
            self.look()
        }
    }

    private func look() {
        guard let context, context.channel.isActive else { return }
        let now = Self.now
        if let lingersUntil {
            if now >= lingersUntil {
                context.close(promise: nil)
                return
            }
        } else {
            let unsent = unsent(context)
            let reason = pace.judge(
                at: now, unsent: unsent, sent: written - unsent, isCrowded: census.isCrowded)
            if let reason {
                end(context, because: reason)
                return
            }
            noteStanding(unsent: unsent)
            if isEndless { context.read() }
        }
        scheduleTick(context)
    }

    private func unsent(_ context: ChannelHandlerContext) -> Int {
        (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    }

    private func noteStanding(unsent: Int) {
        let (standing, since) = pace.standing(unsent: unsent)
        place?.note(standing, since: since)
    }

    private func end(_ context: ChannelHandlerContext, because reason: ConnectionPace.Reason) {
        log.debug("connection.closed", metadata: ["reason": "\(reason.rawValue)"])
        if reason == .answerTakenTooSlowly {
            // What it does not read would stay with the system for as long as the peer likes.
            _ = (context.channel as? any SocketOptionProvider)?
                .setSoLinger(linger(l_onoff: 1, l_linger: 0))
        }
        context.close(promise: nil)
    }
}

extension ConnectionGuard {
    /// What who finds no place is told, whatever it wanted: it is to come again.
    private static let turnedAway = ByteBuffer(
        string: """
            HTTP/1.1 503 Service Unavailable\r
            Retry-After: 1\r
            Content-Length: 0\r
            Connection: close\r
            \r

            """)

    private func hasLastDescriptor(_ context: ChannelHandlerContext) -> Bool {
        let answer = try? context.channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(
            of: NIOBSDSocket.Handle.self, DescriptorLimit.isNearlyReached)
        return answer ?? false
    }

    private func turnAway(_ context: ChannelHandlerContext) {
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(.byteBuffer(Self.turnedAway)))
            .whenComplete { _ in channel.close(promise: nil) }
    }

    /// Whether the bytes begin with a word of letters (RFC 9110 section 9.1 lets a method be any
    /// token), one blank, and what a target of ours begins with.
    private static func beginsWithRequest(_ bytes: ByteBuffer) -> Bool {
        let start = bytes.readableBytesView.prefix(40)
        let method = start.prefix { byte in
            (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x2D
        }
        return !method.isEmpty && start[method.endIndex...].starts(with: " /".utf8)
    }
}
