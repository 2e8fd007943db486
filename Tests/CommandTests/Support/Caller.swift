import StrictJSON
import Transport
import TransportCurl

/// Calls to this machine alone.
final class Caller: Sendable {
    static let shared = Caller()

    private let transport: Result<CurlTransport, TransportFailure>

    struct Answer: Sendable {
        let status: Int
        let headers: [HTTPField]
        let body: [UInt8]

        /// `.null` for what is no JSON.
        var json: JSONValue { (try? JSONValue(parsing: body, limits: .match)) ?? .null }
        var text: String { String(decoding: body, as: UTF8.self) }
    }

    private init() {
        transport = Result { () throws(TransportFailure) in
            guard let loopback = try? AllowRule(parsing: "127.0.0.0/8") else {
                throw TransportFailure(.refused, isSent: false, detail: "no such rule")
            }
            var limits = CurlTransport.Limits()
            // The lists of what a simulator saw are long.
            limits.bodyMax = 256 << 20
            return try CurlTransport(
                policy: EgressPolicy(allow: [loopback]), userAgent: "copyhook-tests",
                limits: limits)
        }
    }

    /// One call, on a connection of its own.
    func call(
        _ method: String, _ url: String, headers: [(name: String, value: String)] = [],
        body: [UInt8] = [], timeout: Duration = .seconds(15)
    ) async throws(TransportFailure) -> Answer {
        guard let method = HTTPRequest.Method(rawValue: method) else {
            throw TransportFailure(.refused, isSent: false, detail: "no method \(method)")
        }
        let answer = try await transport.get().send(
            HTTPRequest(
                method, url, headers: headers.map { HTTPField($0.name, $0.value) }, body: body,
                timeout: timeout, isOnFreshConnection: true,
                // Simulators tell of ten thousand copies in one answer.
                answerBody: .whole(max: 256 << 20)))
        return Answer(status: answer.status, headers: answer.headers, body: answer.body)
    }
}
