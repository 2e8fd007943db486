import CCurl
import Transport

/// One request and its answer, from the inbox to the continuation.
///
/// Lives on the loop's thread.
final class CurlExchange {
    let continuation: CheckedContinuation<Outcome, Never>
    let number: UInt64
    let request: HTTPRequest
    let scheme: EgressTarget.Scheme
    private let policy: EgressPolicy
    let limits: CurlTransport.Limits
    var handle: CurlHandle?
    var headerLines: UnsafeMutablePointer<curl_slist>?
    private var headers = AnswerHeaders()
    private var body: [UInt8] = []
    private var hasBodyBegun = false
    private var limitPassed: String?
    private var refusal: EgressRefusal?
    /// The policy let a socket or a pooled connection pass, so that a failure is not its doing.
    private var hasPassedPolicy = false
    /// Set when libcurl announces that it is about to write a request, and never taken back: it may
    /// be a second attempt that fails to connect, after a first one was written to a pooled
    /// connection that died.
    ///
    /// `CURLINFO_PRETRANSFER_TIME_T` alone would say too little: libcurl sets it after the first
    /// write (`lib/multi.c`, `before_perform`), so a write that fails leaves it at zero.
    private var mayBeSent = false

    init(_ arrival: Arrival, limits: CurlTransport.Limits) {
        self.continuation = arrival.continuation
        self.number = arrival.ticket.number
        self.request = arrival.request
        self.scheme = arrival.scheme
        self.policy = arrival.policy
        self.limits = limits
    }

    // MARK: - Ending

    /// Gives the easy handle back, and with it everything that only made sense beside it.
    func takeHandle() -> CurlHandle? {
        defer { handle = nil }
        return handle
    }

    func freeHeaderLines() {
        curl_slist_free_all(headerLines)
        headerLines = nil
    }

    deinit { freeHeaderLines() }

    /// What became of it, as libcurl and the callbacks saw it.
    func outcome(_ code: CURLcode) -> Outcome {
        guard code == CURLE_OK, let handle else {
            return .failure(
                TransportFailure(
                    failureCode(code), isSent: isSent, detail: detail(code), duration: duration,
                    status: status(after: code)))
        }
        let status = copyhook_get_long(handle.easy, CURLINFO_RESPONSE_CODE)
        return .success(
            HTTPAnswer(status: status, headers: headers.fields, body: body, duration: duration))
    }

    func cancelled() -> TransportFailure {
        TransportFailure(
            .cancelled, isSent: isSent, detail: "broken off by the caller", duration: duration)
    }

    func notBegun(_ detail: String) -> TransportFailure {
        TransportFailure(.refused, isSent: false, detail: detail)
    }

    /// The status of a head that came whole, or whose length alone was too much for libcurl.
    private func status(after code: CURLcode) -> Int? {
        guard let handle, headers.isWhole || code == CURLE_FILESIZE_EXCEEDED else { return nil }
        return copyhook_get_long(handle.easy, CURLINFO_RESPONSE_CODE)
    }

    private var isSent: Bool {
        guard let handle else { return mayBeSent }
        return mayBeSent || copyhook_get_time(handle.easy, CURLINFO_PRETRANSFER_TIME_T) > 0
    }

    private var duration: Duration {
        guard let handle else { return .zero }
        return .microseconds(copyhook_get_time(handle.easy, CURLINFO_TOTAL_TIME_T))
    }

    /// No address was left that may be called.
    ///
    /// One that may be and fails is a failure to connect.
    private var isRefused: Bool { refusal != nil && !hasPassedPolicy }

    private func failureCode(_ code: CURLcode) -> TransportFailure.Code {
        if limitPassed != nil { return .malformedAnswer }
        if isRefused && !isSent { return .refused }
        return failureCodeOf(code, isSent: isSent)
    }

    private func detail(_ code: CURLcode) -> String {
        if let limitPassed { return limitPassed }
        if isRefused, let refusal { return refusal.detail }
        let name = "curl \(code.rawValue)"
        guard let handle, handle.message.pointee != 0 else {
            return name + ": " + String(cString: curl_easy_strerror(code))
        }
        return name + ": " + printable(handle.message)
    }

    // MARK: - Called back by libcurl, on the loop's thread

    func accept(body bytes: UnsafeRawBufferPointer) -> Bool {
        hasBodyBegun = true
        guard body.count + bytes.count <= limits.bodyMax else {
            limitPassed = "the body is longer than \(limits.bodyMax) bytes"
            return false
        }
        body.append(contentsOf: bytes)
        return true
    }

    func accept(headerLine line: UnsafeRawBufferPointer) -> Bool {
        if headers.bytes == 0, let handle {
            // From here on the other side is sending, so its pace can be judged.
            var options = CurlOptions(handle.easy)
            options.set(CURLOPT_LOW_SPEED_LIMIT, HTTPLimits.lowSpeedBytes)
            options.set(CURLOPT_LOW_SPEED_TIME, Int(limits.lowSpeedTime.components.seconds))
        }
        guard headers.bytes + line.count <= limits.headersMax else {
            limitPassed = "the headers are longer than \(limits.headersMax) bytes"
            return false
        }
        headers.append(line: line, isTrailer: hasBodyBegun)
        return true
    }

    /// Whether a socket may be opened towards this address.
    func mayConnect(to address: IPAddress?, port: UInt16) -> Bool {
        isAllowed(address, port: port, from: nil)
    }

    /// Whether a request may be written to a connection that leads to this address.
    func mayWrite(to address: IPAddress?, port: UInt16, from local: IPAddress?) -> Bool {
        guard isAllowed(address, port: port, from: local) else {
            hasPassedPolicy = false
            return false
        }
        mayBeSent = true
        return true
    }

    private func isAllowed(_ address: IPAddress?, port: UInt16, from local: IPAddress?) -> Bool {
        do throws(EgressRefusal) {
            guard let address else {
                throw EgressRefusal(.family, "the address is neither IPv4 nor IPv6")
            }
            try policy.check(address, port: port, scheme: scheme, from: local)
            hasPassedPolicy = true
            return true
        } catch {
            refusal = error
            return false
        }
    }
}
