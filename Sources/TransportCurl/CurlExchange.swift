import CCurl
import Transport

/// One request and its answer, from the inbox to the continuation.
///
/// Lives on the loop's thread.
final class CurlExchange {
    let continuation: CheckedContinuation<Outcome, Never>
    let number: UInt64
    let request: HTTPRequest
    let target: EgressTarget
    let grant: Grant
    let limits: CurlTransport.Limits
    /// Where its connection comes from and goes to; `nil` for one of its own.
    private(set) var pool: CurlPool?
    var handle: CurlHandle?
    var headerLines: UnsafeMutablePointer<curl_slist>?
    /// The address that a test gave the name.
    var nameLines: UnsafeMutablePointer<curl_slist>?
    /// What let the connection pass that was used, where its pool stands for something else.
    private(set) var groundLearned: EgressGround?
    private var headers = AnswerHeaders()
    private var body: [UInt8] = []
    /// Why we broke off.
    private var objection: String?
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

    init(_ arrival: Arrival, limits: CurlTransport.Limits, pool: CurlPool?) {
        self.continuation = arrival.continuation
        self.number = arrival.ticket.number
        self.request = arrival.request
        self.target = arrival.target
        self.grant = arrival.grant
        self.limits = limits
        self.pool = pool
        pool?.enter()
    }

    // MARK: - Ending

    /// Gives the easy handle back, and with it everything that only made sense beside it.
    func takeHandle() -> CurlHandle? {
        defer { handle = nil }
        return handle
    }

    /// Once no handle uses the pool on its behalf.
    func leavePool() {
        pool?.leave()
        pool = nil
    }

    func freeLists() {
        curl_slist_free_all(headerLines)
        curl_slist_free_all(nameLines)
        headerLines = nil
        nameLines = nil
    }

    deinit { freeLists() }

    /// What became of it, as libcurl and the callbacks saw it.
    func outcome(_ code: CURLcode) -> Outcome {
        let status = status(after: code)
        guard let status, code == CURLE_OK || isHeadEnough else {
            return .failure(
                TransportFailure(
                    failureCode(code), isSent: isSent, detail: detail(code), duration: duration,
                    status: status))
        }
        return .success(
            HTTPAnswer(status: status, headers: headers.fields, body: body, duration: duration))
    }

    private var isHeadEnough: Bool {
        if case .start = request.answerBody { headers.isWhole } else { false }
    }

    private var bodyMax: Int {
        switch request.answerBody {
        case .whole(let max), .start(let max): min(max, limits.bodyMax)
        }
    }

    func cancelled() -> TransportFailure {
        TransportFailure(
            .cancelled, isSent: isSent, detail: "broken off by the caller", duration: duration)
    }

    func notBegun(_ detail: String) -> TransportFailure {
        TransportFailure(.refused, isSent: false, detail: detail)
    }

    /// The status of a final head that came whole, or whose length alone was too much for libcurl.
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
        if objection != nil { return .malformedAnswer }
        if isRefused && !isSent { return .refused }
        return failureCodeOf(code, isSent: isSent)
    }

    private func detail(_ code: CURLcode) -> String {
        if let objection { return objection }
        if isRefused, let refusal { return refusal.detail }
        return words(for: code) + (refusal.map { "; not called: " + $0.detail } ?? "")
    }

    private func words(for code: CURLcode) -> String {
        let name = "curl \(code.rawValue)"
        guard let handle, handle.message.pointee != 0 else {
            return name + ": " + String(cString: curl_easy_strerror(code))
        }
        return name + ": " + printable(handle.message)
    }

    // MARK: - Called back by libcurl, on the loop's thread

    func accept(body bytes: UnsafeRawBufferPointer) -> Bool {
        let room = bodyMax - body.count
        guard bytes.count <= room else {
            if case .start = request.answerBody { body.append(contentsOf: bytes.prefix(room)) }
            objection = "the body is longer than \(bodyMax) bytes"
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
            objection = "the headers are longer than \(limits.headersMax) bytes"
            return false
        }
        headers.append(line: line)
        if headers.isWhole { objection = headers.objection }
        return objection == nil
    }

    /// Whether a socket may be opened towards this address.
    func mayConnect(to address: IPAddress?, port: UInt16) -> Bool {
        ground(of: address, port: port, from: nil) != nil
    }

    /// Whether a request may be written to a connection that leads to this address.
    func mayWrite(to address: IPAddress?, port: UInt16, from local: IPAddress?) -> Bool {
        guard let ground = ground(of: address, port: port, from: local) else {
            hasPassedPolicy = false
            return false
        }
        keepApart(ground)
        mayBeSent = true
        return true
    }

    /// A connection of another ground than its pool's is closed when this exchange ends.
    ///
    /// Never one from the pool: under one policy an address and a port always have one ground.
    private func keepApart(_ ground: EgressGround) {
        guard let pool, let handle else { return }
        groundLearned = pool.ground == ground ? nil : ground
        var options = CurlOptions(handle.easy)
        options.set(CURLOPT_FORBID_REUSE, groundLearned == nil ? 0 : 1)
    }

    private func ground(
        of address: IPAddress?, port: UInt16, from local: IPAddress?
    ) -> EgressGround? {
        do throws(EgressRefusal) {
            guard let address else {
                throw EgressRefusal(.family, "the address is neither IPv4 nor IPv6")
            }
            let ground = try grant.policy.check(
                address, port: port, scheme: target.scheme, from: local)
            hasPassedPolicy = true
            return ground
        } catch {
            refusal = error
            return nil
        }
    }
}
