/// What a connection and a request may take, before anything in them is believed.
///
/// Source: decisions 16 and 17, reliability.md 3.1 (7, 8).
package struct ConnectionLimits: Hashable, Sendable {
    /// Connections in all.
    ///
    /// One more takes the place of one that can be missed, or is told 503.
    package var connectionsMax = 1_024
    /// How long a connection that just came, or just sent something, is not given up for another.
    package var shedAge: Duration = .milliseconds(250)
    /// Files and sockets that the rest of the service has to find free.
    package var descriptorsReserved = 512
    /// Connections of one address, exempt ones aside.
    ///
    /// An IPv6 host owns its whole /64, so all addresses of one are counted as one.
    package var connectionsPerAddressMax = 64
    /// The answer to the last one says `Connection: close`.
    package var requestsPerConnectionMax = 10_000
    /// Requests on one connection that wait for their answers; the last of them ends it.
    ///
    /// Who sends thousands together without reading an answer would have us work for nobody.
    package var requestsWaitingMax = 64
    /// Requests to the API that only look and are answered at once; the others wait.
    ///
    /// Two, so that one that the store is slow to answer does not hold up all others.
    package var readsAtOnceMax = 2
    /// Requests that wait for that; one more is told 429.
    package var readsWaitingMax = 64
    /// Streams of what happens at a time; one more is told 429.
    package var streamsMax = 32
    /// From the first byte of a request, or from the connection for its first, to the end of the
    /// head.
    package var headTime: Duration = .seconds(10)
    /// Between an answer and the first byte of the next request.
    package var idleTime: Duration = .seconds(30)
    /// The same for who was idle while more than half of all places were taken.
    package var idleTimeCrowded: Duration = .seconds(10)
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
    /// How long connections are still taken once we stop, while `/readyz` says so already.
    ///
    /// Who stands before us needs a moment to notice, and a callback that is refused may never be
    /// sent again.
    package var farewellTime: Duration = .zero
    /// How long requests in hand may take once we take no more connections.
    package var drainTime: Duration = .seconds(10)

    package init() {}

    /// These limits with no more connections than the process can have open.
    ///
    /// - Parameter descriptors: How many files and sockets it may have.
    func fitting(descriptors: Int) -> ConnectionLimits {
        var limits = self
        // Of few, half: something must be left for either side.
        let reserved = min(descriptorsReserved, descriptors / 2)
        limits.connectionsMax = min(connectionsMax, max(1, descriptors - reserved))
        return limits
    }

    /// How often a connection is looked at.
    var tick: Duration { min(.seconds(1), min(headTime, min(idleTime, paceTime)) / 5) }
}
