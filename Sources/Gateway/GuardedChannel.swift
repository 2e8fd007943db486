import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1

/// The server's HTTP/1.1 connection with our guards on both sides of its parser.
struct GuardedChannel: ServerChildChannel {
    private let base: HTTP1Channel
    private let limits: ConnectionLimits
    private let census: ConnectionCensus

    init(
        responder: @escaping HTTPChannelHandler.Responder, limits: ConnectionLimits,
        census: ConnectionCensus
    ) {
        self.limits = limits
        self.census = census
        // The parser counts the target among the fields; `HeadRefusal` looks at each by itself.
        let decoder = HTTP1Channel.Configuration.DecoderConfiguration(
            maxHeaderFieldSize: limits.fieldBytesMax,
            maxHeaderListSize: limits.fieldsBytesMax + limits.targetBytesMax,
            maxHeaderFieldCount: limits.fieldsMax)
        base = HTTP1Channel(
            responder: responder, configuration: .init(httpDecoderConfiguration: decoder))
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<HTTP1Channel.Value> {
        let (base, limits, census) = (base, limits, census)
        return channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(
                ConnectionGuard(limits: limits, census: census, log: logger))
        }.flatMap {
            base.setup(channel: channel, logger: logger)
        }.flatMapThrowing { value in
            let pipeline = channel.pipeline.syncOperations
            let connection = try pipeline.handler(type: ConnectionGuard.self)
            let parser = try pipeline.handler(
                type: ByteToMessageHandler<HTTPRequestDecoder>.self)
            try pipeline.addHandler(
                RequestGuard(limits: limits, connection: connection), position: .after(parser))
            return value
        }
    }

    func handle(value: HTTP1Channel.Value, logger: Logger) async {
        await base.handle(value: value, logger: logger)
    }
}
