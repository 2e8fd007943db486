/// What a connection and a request may take, before anything in them is believed.
///
/// Source: decisions 16 and 17, reliability.md 3.1 (7, 8).
package struct ConnectionLimits: Hashable, Sendable {
    /// Connections in all; one more is closed at once.
    package var connectionsMax = 1_024
    /// Connections of one address, exempt ones aside.
    ///
    /// An IPv6 host owns its whole /64, so those
    /// are counted as one.
    package var connectionsPerAddressMax = 64
    /// The answer to the last one says `Connection: close`.
    package var requestsPerConnectionMax = 10_000
    /// From the first byte of a request, or from the connection for its first, to the end of the
    /// head.
    package var headTime: Duration = .seconds(10)
    /// Between an answer and the first byte of the next request.
    package var idleTime: Duration = .seconds(30)
    /// A body that comes, or an answer that is taken, slower than `paceBytes` a second for this
    /// long ends the connection.
    package var paceTime: Duration = .seconds(5)
    package var paceBytes = 500
    /// Bytes of one header line.
    package var fieldBytesMax = 16 << 10
    /// Bytes of all header lines.
    package var fieldsBytesMax = 32 << 10
    package var fieldsMax = 100
    /// Bytes of the request target, path and query.
    package var targetBytesMax = 8 << 10
    /// Bytes of a body, without what chunks wrap around it.
    package var bodyBytesMax = 1 << 20
    /// Bytes of a request on the wire: a body in chunks of one byte takes six times its size.
    package var requestBytesMax = 8 << 20
    /// How long what still comes in is thrown away after the last answer, so that the answer is
    /// not lost to a reset.
    package var lingerTime: Duration = .seconds(2)
    /// How long requests in hand may take once we stop.
    package var drainTime: Duration = .seconds(10)

    package init() {}

    /// How often a connection is looked at.
    var tick: Duration { min(.seconds(1), min(headTime, min(idleTime, paceTime)) / 5) }
}
