import Domain
import Signing
import Simulation

/// One hostile or unusual request, byte for byte, and what is to become of it.
struct IncomingCase: Sendable {
    /// What stands behind it on the same connection.
    enum Behind: Sendable {
        /// A signed event, which is taken: the request ends where everybody thinks it does.
        case answered
        /// A signed event, which must not be taken: the connection ends with the request.
        case dropped
        /// Nothing: the request is cut off, and the rest would become part of it.
        case absent
    }

    let name: String
    let bytes: [UInt8]
    /// The statuses that it is answered, in order; none for what is closed without a word.
    let statuses: [Int]
    let behind: Behind
    /// The keys of the events that are stored because of it.
    let stores: [String]
}

/// Cases that one page explains.
struct IncomingGroup: Sendable {
    let title: String
    /// Where the statuses come from.
    let source: String
    private(set) var cases: [IncomingCase] = []

    init(_ title: String, source: String) {
        self.title = title
        self.source = source
    }

    /// A request for intake of Coze, or any other, given as text.
    ///
    /// - Parameters:
    ///   - text: Each character below U+0100 becomes the byte of its number.
    ///   - status: `nil` for what is closed without a word.
    mutating func add(
        _ name: String, _ text: String, _ status: Int?,
        _ behind: IncomingCase.Behind = .dropped, stores: [String] = []
    ) {
        add(name, bytes: latin(text), status, behind, stores: stores)
    }

    mutating func add(
        _ name: String, bytes: [UInt8], _ status: Int?,
        _ behind: IncomingCase.Behind = .dropped, stores: [String] = []
    ) {
        cases.append(
            IncomingCase(
                name: name, bytes: bytes, statuses: status.map { [$0] } ?? [], behind: behind,
                stores: stores))
    }

    mutating func add(_ one: IncomingCase) { cases.append(one) }
}

/// Each character below U+0100 as the byte of its number.
func latin(_ text: String) -> [UInt8] {
    text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
}

/// A callback of Coze, signed as the platform would, and taken apart so that a case can spoil it.
struct IncomingCallback: Sendable {
    static let time = "1773822615250"
    static let nonce = "q7Zt0PnXw2"

    var timestamp = Self.time
    var nonce = Self.nonce
    var body: [UInt8]
    var signature: String

    /// The normal app of the usual world.
    static var app: CozeWorld.CallbackApp? {
        CozeWorld.standard.callbackApps.first { $0.kind == .normal }
    }

    /// A body that says that a bot was deleted, which no rule of these tests is about.
    init(_ id: String) { self.init(id, event: #"{"bot_id":"7512041635401000001"}"#) }

    /// - Parameter event: JSON that stands as `event`.
    init(_ id: String, event: String) {
        let app = Self.app?.apiAppID ?? ""
        self.init(
            body: Array(
                ("{\"header\":{\"event_type\":\"bot.deleted\",\"event_id\":\"\(id)\","
                    + "\"created_at\":\(Self.time),\"api_app_id\":\"\(app)\"},"
                    + "\"event\":\(event)}").utf8))
    }

    /// Any body, with the signature that it takes.
    init(body: [UInt8], timestamp: String = Self.time, nonce: String = Self.nonce) {
        self.timestamp = timestamp
        self.nonce = nonce
        self.body = body
        signature = Self.sign(timestamp + nonce, body)
    }

    /// SHA-1 over what stands before the token, the token, and the body.
    static func sign(_ before: String, token: String? = nil, _ body: [UInt8]) -> String {
        let token = Secret(token ?? app?.verifyToken.exposed ?? "")
        return Hexadecimal.encode(
            CozeSigner.digest(timestamp: before, nonce: "", token: token, body: body))
    }

    /// The three header lines.
    var proof: String {
        "X-Coze-Nonce: \(nonce)\r\nX-Coze-Timestamp: \(timestamp)\r\n"
            + "X-Coze-Signature: \(signature)\r\n"
    }

    /// The head with the proof up to the fields that frame the body.
    func head(_ path: String = "/in/coze-main", proof: String? = nil) -> String {
        "POST \(path) HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            + (proof ?? self.proof)
    }

    /// The whole request.
    ///
    /// - Parameter framing: The fields that say how long the body is.
    func request(
        _ path: String = "/in/coze-main", proof: String? = nil, framing: String? = nil,
        wire: [UInt8]? = nil
    ) -> [UInt8] {
        let framing = framing ?? "Content-Length: \(body.count)\r\n"
        return latin(head(path, proof: proof) + framing + "\r\n") + (wire ?? body)
    }

    /// The body in one chunk and the last one.
    var chunked: [UInt8] {
        latin(String(body.count, radix: 16) + "\r\n") + body + latin("\r\n0\r\n\r\n")
    }
}
