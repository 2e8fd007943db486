/// The only way out over HTTP.
///
/// Nothing is retried, redirected or stored below this port: what a failure means is for the
/// caller to decide, and ``TransportFailure/isSent`` is what it decides by.
package protocol HTTPTransport: Sendable {
    /// Sends one request and waits for the whole answer.
    ///
    /// When the surrounding task is cancelled the exchange is broken off and `.cancelled` thrown.
    func send(_ request: HTTPRequest) async throws(TransportFailure) -> HTTPAnswer
}

/// A whole answer, whatever its status.
package struct HTTPAnswer: Hashable, Sendable {
    package var status: Int
    package var headers: [HTTPField]
    /// As much as `HTTPRequest.answerBody` asked for, and never more than ``HTTPLimits/bodyMax``.
    package var body: [UInt8]
    package var duration: Duration

    package init(
        status: Int,
        headers: [HTTPField] = [],
        body: [UInt8] = [],
        duration: Duration = .zero
    ) {
        self.status = status
        self.headers = headers
        self.body = body
        self.duration = duration
    }
}

/// Why there is no whole answer.
package struct TransportFailure: Error, Hashable {
    package enum Code: String, Hashable, Sendable, CaseIterable {
        /// The address policy or the request itself forbids it; nothing was sent.
        case refused
        case couldNotResolve
        case couldNotConnect
        case handshakeFailed
        case timedOut
        /// The connection ended or broke before the answer was whole.
        case cutOff
        /// The answer is not HTTP, passes a limit, or is compressed although nobody asked for that.
        case malformedAnswer
        case cancelled
    }

    package let code: Code
    /// Whether the first byte of the request may have left this machine.
    ///
    /// When in doubt, true.
    package let isSent: Bool
    /// For the log: what the library said.
    ///
    /// Without address path, query, headers or bodies.
    package let detail: String
    package let duration: Duration
    /// Of the answer whose head came and whose body failed; `nil` otherwise.
    package let status: Int?

    package init(
        _ code: Code, isSent: Bool, detail: String, duration: Duration = .zero,
        status: Int? = nil
    ) {
        self.code = code
        self.isSent = isSent
        self.detail = detail
        self.duration = duration
        self.status = status
    }
}

/// Bounds on every answer.
///
/// Constants of the house, not settings.
package enum HTTPLimits {
    /// Bytes of body that are read before the exchange is broken off.
    package static let bodyMax = 1 << 20
    /// Bytes of all header lines together.
    package static let headersMax = 64 << 10
    package static let connectTimeout: Duration = .seconds(5)
    /// Slower than this many bytes a second for `lowSpeedTime` is taken for dead.
    package static let lowSpeedBytes = 1
    package static let lowSpeedTime: Duration = .seconds(10)
}
