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
    private var address: PeerAddress?
    private var isAdmitted = false
    private var tick: Scheduled<Void>?
    /// Bytes of answers handed to the socket, taken or not.
    private var written = 0
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

    func headEnded() { pace.headEnded(at: Self.now) }
    func requestEnded() { pace.requestEnded(at: Self.now) }
    func answered() { pace.answered(at: Self.now) }

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
        guard census.admit(context.channel) else {
            log.debug("connection.refused", metadata: ["reason": "too_many"])
            context.close(promise: nil)
            return
        }
        isAdmitted = true
        address = PeerAddress(context.channel.remoteAddress)
        scheduleTick(context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        tick?.cancel()
        if isAdmitted { census.leave(context.channel, from: address) }
        isAdmitted = false
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard lingersUntil == nil else { return }
        let count = unwrapInboundIn(data).readableBytes
        if let reason = pace.received(count, at: Self.now) {
            end(context, because: reason)
            return
        }
        context.fireChannelRead(data)
        if lingersUntil == nil, let reason = pace.judgeHead() { end(context, because: reason) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if lingersUntil != nil, let event = event as? ChannelEvent, event == .inputClosed {
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
            let unsent =
                (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
            if let reason = pace.judge(at: now, unsent: unsent, sent: written - unsent) {
                end(context, because: reason)
                return
            }
        }
        scheduleTick(context)
    }

    private func end(_ context: ChannelHandlerContext, because reason: ConnectionPace.Reason) {
        log.debug("connection.closed", metadata: ["reason": "\(reason.rawValue)"])
        context.close(promise: nil)
    }
}
