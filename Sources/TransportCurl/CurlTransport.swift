import Synchronization
package import Transport

/// The way out over HTTP, on libcurl: HTTP/1.1, no redirects, no proxy, nothing kept but
/// connections.
///
/// One thread owns everything of libcurl's (``CurlLoop``). It is a plain thread and not a task,
/// because it spends its life blocked in `curl_multi_poll`, which the cooperative pool must never
/// do; it belongs to this object, which ends it. Callers stay structured: `send` returns when its
/// exchange has ended, and cancelling the caller ends the exchange.
///
/// The policy is asked three times: about the URL, about the address each new socket is for, and
/// about the address of the connection that a request is about to be written to. The last covers
/// connections taken from a pool, for which no socket is opened; it sees their real address and
/// port. Beside that the pools are kept apart (``CurlPools``): public addresses have one, each rule
/// of `egress.allow` has one, and putting another policy in force closes them all.
package final class CurlTransport: HTTPTransport {
    /// What tests make smaller.
    ///
    /// The house's own values are in ``HTTPLimits``.
    package struct Limits: Hashable, Sendable {
        package var connectTimeout: Duration = HTTPLimits.connectTimeout
        /// Whole seconds of silence, counted from the first byte of the answer.
        ///
        /// Before that byte the endpoint is at work, and how long that may take is what
        /// `HTTPRequest.timeout` says.
        package var lowSpeedTime: Duration = HTTPLimits.lowSpeedTime
        package var bodyMax: Int = HTTPLimits.bodyMax
        package var headersMax: Int = HTTPLimits.headersMax
        /// Idle connections kept, for public addresses and for each rule of `egress.allow`.
        ///
        /// Below the most that are in flight at once, connections churn.
        package var idleConnectionsMax: Int = 256

        package init() {}
    }

    private let grant: Mutex<Grant>
    private let loop: CurlLoop

    /// Starts the thread, which costs nothing while nothing is in flight.
    ///
    /// - Parameters:
    ///   - userAgent: Sent with every request that has no `User-Agent` of its own.
    ///   - certificates: A PEM file with the certificate authorities to trust instead of the
    ///     system's. Verification itself cannot be turned off.
    ///   - addresses: What a name leads to, asked before each request, where that is not for a name
    ///     server to say. Held to the policy as any other; absent but for tests.
    /// - Throws: `refused` where libcurl cannot be used at all.
    package init(
        policy: EgressPolicy,
        userAgent: String,
        certificates: String? = nil,
        limits: Limits = Limits(),
        addresses: (@Sendable (_ name: String) -> [IPAddress]?)? = nil
    ) throws(TransportFailure) {
        self.grant = Mutex(Grant(policy: policy, generation: 0))
        self.loop = try CurlLoop(
            CurlSettings(
                userAgent: userAgent, certificates: certificates, limits: limits,
                addresses: addresses))
    }

    deinit { loop.stop() }

    package func send(_ request: HTTPRequest) async throws(TransportFailure) -> HTTPAnswer {
        let grant = grant.withLock { $0 }
        let target: EgressTarget
        do {
            target = try grant.policy.check(url: request.url)
        } catch {
            throw TransportFailure(.refused, isSent: false, detail: error.detail)
        }
        if let reason = refusal(ofHeaders: request.headers) {
            throw TransportFailure(.refused, isSent: false, detail: reason)
        }
        let ticket = loop.ticket()
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                loop.post(
                    Arrival(
                        ticket: ticket, request: request, target: target, grant: grant,
                        continuation: continuation))
            }
        } onCancel: {
            loop.cancel(ticket)
        }
        return try result.get()
    }

    /// Puts another policy in force for every request from now on, and closes every idle connection
    /// that was opened under the one before.
    package func replacePolicy(_ policy: EgressPolicy) {
        let generation: UInt64? = grant.withLock { grant in
            guard grant.policy != policy else { return nil }
            grant.policy = policy
            grant.generation += 1
            return grant.generation
        }
        if let generation { loop.begin(generation) }
    }

    /// How many exchanges are handed over and not ended yet; for metrics.
    package var inFlight: Int { loop.inFlight }

    /// Breaks off what is in flight, closes every connection and ends the thread.
    ///
    /// Exchanges end as if their callers had been cancelled, and so does whatever is sent later.
    /// Returns when the thread has ended.
    package func shutdown() async {
        await loop.stopAndWait()
    }
}

/// What is the same for every exchange of a transport.
struct CurlSettings: Sendable {
    let userAgent: String
    let certificates: String?
    let limits: CurlTransport.Limits
    let addresses: (@Sendable (String) -> [IPAddress]?)?
}
