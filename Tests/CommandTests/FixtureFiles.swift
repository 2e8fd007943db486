import Domain
import Foundation
import Signing
import StrictJSON
import Transport

/// The contract files of Coze beside the package, as callbacks to be posted.
enum FixtureFiles {
    static let coze = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "shared/contracts/coze")

    static var areThere: Bool { FileManager.default.fileExists(atPath: coze.path()) }

    static let token = "TESTONLYnormalAppVerifyToken000000000000000000000000000000000001"
    static let channelToken = "TESTONLYchannelAppVerifyToken00000000000000000000000000000000002"

    /// The files of these beginnings, in order, with all that is due of each.
    static func callbacks(_ beginnings: String...) throws -> [FixtureCallback] {
        let names = try FileManager.default.contentsOfDirectory(atPath: coze.path()).sorted()
        return try beginnings.flatMap { start in
            try names.filter { $0.hasPrefix(start) }.map { name in
                let bytes = try Data(contentsOf: coze.appending(path: name))
                let file = try JSONValue(parsing: Array(bytes), limits: .match)
                return start == "signature_"
                    ? try FixtureCallback(vector: file, name)
                    : try FixtureCallback(event: file, name)
            }
        }
    }
}

/// One file: what is posted, and what is due of a service that hears it.
struct FixtureCallback: Sendable {
    let name: String
    var headers: [(name: String, value: String)]
    var body: [UInt8]
    /// Which token proves a further body of the same sender.
    let token: String
    let status: Int
    /// The answer's JSON; absent where the request is refused.
    let answer: JSONValue?
    /// What stands in the list of events afterwards; absent where nothing is stored.
    let stored: Stored?

    struct Stored: Sendable {
        let type: String
        let key: String
        /// The bot that it is about; `nil` for other types.
        let entityID: String?
        let entityName: String?
        let workspaceID: String?
    }

    struct Malformed: Error { let file: String }

    /// A `signature_*` file: exactly its headers and bytes.
    init(vector file: JSONValue, _ name: String) throws {
        guard let body = file["body_base64"]?.string.flatMap({ Base64.decode($0) }),
            let token = file["token"]?.string, let isAccepted = file["must_accept"]?.bool,
            let headers = file["headers"]?.object?.members,
            body.count == file["body_length"]?.count
        else { throw Malformed(file: name) }
        self.name = name
        self.token = token
        self.body = body
        self.headers = headers.map { ($0.key, $0.value.string ?? "") }
        // Decision 13 fixes the one whose hash fits a body that is no JSON.
        let isForgery = name.hasPrefix("signature_16")
        status = isAccepted ? 200 : isForgery ? 400 : 401
        let json = isAccepted ? try JSONValue(parsing: body) : .null
        answer = isAccepted ? Self.due(json) : nil
        stored = isAccepted ? Self.stored(json) : nil
    }

    /// An `event_*` file, its body written compactly and signed now.
    init(event file: JSONValue, _ name: String) throws {
        guard let json = file["request"]?["body"], let delivery = file["delivery"]?.string,
            let status = file["ack"]?["http_status"]?.count, let ack = file["ack"]?["body"]
        else { throw Malformed(file: name) }
        self.name = name
        token = delivery == "channel" ? FixtureFiles.channelToken : FixtureFiles.token
        body = json.bytes()
        headers = Self.signed(body, token)
        self.status = status
        // The file says null where Coze does not look at the body.
        answer = ack.isNull ? [:] : ack
        stored = Self.stored(json)
        guard file["event_type"]?.string == json["header"]?["event_type"]?.string else {
            throw Malformed(file: name)
        }
    }

    /// The same event with another body, as its sender would sign it.
    var changed: FixtureCallback {
        var other = self
        other.body = Array(#"{"changed":true,"#.utf8) + body.drop { $0 != 0x7B }.dropFirst()
        other.headers = Self.signed(other.body, token)
        return other
    }

    private static func signed(
        _ body: [UInt8], _ token: String
    ) -> [(name: String, value: String)] {
        [("Content-Type", "application/json")]
            + CozeSigner.headers(
                token: Secret(token), timestamp: Timestamp(milliseconds: 1_749_200_000_000),
                nonce: "q7Zt0PnXw2", body: body)
    }

    private static func due(_ json: JSONValue) -> JSONValue {
        if let challenge = json["event"]?["challenge"] { return ["challenge": challenge] }
        let isAudit =
            json["header"]?["connector_id"] != nil
            && json["header"]?["event_type"]?.string == "bot.published"
        return isAudit ? ["audit": ["audit_status": 2, "reason": ""]] : [:]
    }

    private static func stored(_ json: JSONValue) -> Stored? {
        let type = json["header"]?["event_type"]?.string ?? ""
        guard type != "url_verification" else { return nil }
        let event = json["event"]
        let isBot = type.hasPrefix("bot.")
        let id = ["bot_id_str", "bot_id"].lazy.compactMap { event?[$0]?.text }.first
        return Stored(
            type: type, key: json["header"]?["event_id"]?.string ?? "",
            entityID: isBot ? id : nil, entityName: isBot ? event?["bot_name"]?.string : nil,
            workspaceID: isBot ? event?["space_id"]?.string : nil)
    }
}
