import NIOHTTP1
import StrictJSON

/// Why a request is refused for its form alone, whatever it asks for.
///
/// The connection ends with it: after a request whose end we may have misunderstood, nothing on it
/// can be trusted.
struct HeadRefusal: Hashable {
    let status: Int
    let code: String
    let detail: String
    var allow: String?

    static let malformed = HeadRefusal(
        status: 400, code: "malformed_request", detail: "The request is not well-formed HTTP/1.1.")
    static let fieldsTooLarge = HeadRefusal(
        status: 431, code: "head_too_large", detail: "The header lines are too many or too long.")
    static let targetTooLong = HeadRefusal(
        status: 414, code: "target_too_long", detail: "The address is longer than is accepted.")
    static let bodyTooLarge = HeadRefusal(
        status: 413, code: "body_too_large", detail: "The body is larger than is accepted.")
    static let expectation = HeadRefusal(
        status: 417, code: "expectation_unknown", detail: "Only 100-continue can be expected.")
    static let method = HeadRefusal(
        status: 405, code: "method_not_allowed", detail: "This method is never answered here.",
        allow: "GET, HEAD, POST, PUT, DELETE, OPTIONS")

    /// What is wrong with a head that the parser took, or `nil`.
    init?(of head: HTTPRequestHead, limits: ConnectionLimits) {
        // As on the wire, with the colon, a blank and the end of the line.
        let sizes = head.headers.map { $0.name.utf8.count + $0.value.utf8.count + 4 }
        if head.uri.utf8.count > limits.targetBytesMax {
            self = .targetTooLong
        } else if sizes.count > limits.fieldsMax || sizes.reduce(0, +) > limits.fieldsBytesMax
            || sizes.contains(where: { $0 > limits.fieldBytesMax })
        {
            self = .fieldsTooLarge
        } else if head.method == .TRACE || head.method == .CONNECT {
            self = .method
        } else if !Self.isFramedOnce(head) || !Self.namesOneHost(head) {
            self = .malformed
        } else if !head.headers["expect"].allSatisfy({ $0.lowercased() == "100-continue" }) {
            self = .expectation
        } else if let length = head.headers["content-length"].first.flatMap({ Int($0) }),
            length > limits.bodyBytesMax
        {
            self = .bodyTooLarge
        } else {
            return nil
        }
    }

    private init(status: Int, code: String, detail: String, allow: String? = nil) {
        self.status = status
        self.code = code
        self.detail = detail
        self.allow = allow
    }

    /// Whether the body ends where everybody thinks it does.
    ///
    /// RFC 9112 sections 6.1 and 6.3: two lengths, or a length and chunks, are an attempt to make
    /// two readers see two requests. Of transfer codings we speak `chunked` alone.
    private static func isFramedOnce(_ head: HTTPRequestHead) -> Bool {
        let lengths = head.headers["content-length"]
        let codings = head.headers["transfer-encoding"]
        if codings.isEmpty { return lengths.count <= 1 && lengths.allSatisfy { Int($0) != nil } }
        return lengths.isEmpty && codings.count == 1 && codings[0].lowercased() == "chunked"
            && head.version == .http1_1
    }

    /// RFC 9112 section 3.2.
    private static func namesOneHost(_ head: HTTPRequestHead) -> Bool {
        let hosts = head.headers["host"]
        guard let host = hosts.first else { return head.version == .http1_0 }
        return hosts.count == 1 && host.utf8.allSatisfy(isHostCharacter)
    }

    /// What RFC 3986 lets stand in a name, an address in brackets, or a port; nothing that ends an
    /// authority or puts a user in front of it.
    private static func isHostCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x3A, 0x41...0x5A, 0x61...0x7A: true
        default: "-._~%!$&'()*+,;=[]".utf8.contains(byte)
        }
    }

    var headers: [(String, String)] { allow.map { [("Allow", $0)] } ?? [] }

    var problem: JSONValue {
        [
            "title": .string(HTTPResponseStatus(statusCode: status).reasonPhrase),
            "status": .number(JSONNumber(Int64(status))), "code": .string(code),
            "detail": .string(detail),
        ]
    }
}
