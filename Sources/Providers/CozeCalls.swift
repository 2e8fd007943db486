import Domain
import StrictJSON
import Transport

/// Makes the requests of contracts/coze.md.
struct CozeCalls: Sendable {
    /// Without a slash at its end.
    let base: String
    let timeout: Duration

    func get(_ path: String, _ query: [(String, String)] = [], token: Secret) -> HTTPRequest {
        let query = query.isEmpty ? "" : URLText.query(query)
        return HTTPRequest(
            .get, base + path + query, headers: headers(bearer: token.exposed), timeout: timeout)
    }

    /// A request that must reach the server at most once: libcurl would send it again by itself on
    /// a reused connection.
    func postOnce(
        _ path: String, _ body: JSONValue, bearer: String, headers more: [HTTPField] = []
    ) -> HTTPRequest {
        HTTPRequest(
            .post, base + path, headers: headers(bearer: bearer) + more, body: body.bytes(),
            timeout: timeout, isOnFreshConnection: true)
    }

    private func headers(bearer: String) -> [HTTPField] {
        [
            HTTPField("Authorization", "Bearer \(bearer)"),
            HTTPField("Content-Type", "application/json"),
        ]
    }
}
