import Crypto
import Domain
import Foundation
import Signing
import StrictJSON
import Testing

/// The contract's cases for the senders that seal what they send, or sign it in ways of their own.
@Suite struct SealedVectorTests {
    @Test(arguments: [("feishu", 21), ("dingtalk", 11), ("wecom", 5), ("infoflow", 4)])
    func everyCaseEndsAsTheContractSays(group: String, count: Int) throws {
        let name = "incoming-\(group).json"
        guard SharedFiles.areThere else { return SharedFiles.skip(name) }
        let cases = try #require(try SharedFiles.json("vectors/\(name)")["cases"]?.array)
        for vector in cases { try judge(vector, try #require(vector["id"]?.string)) }
        print("\(name): \(cases.count) cases")
        #expect(cases.count == count)
    }

    private func judge(_ vector: JSONValue, _ id: String) throws {
        let expected = try #require(vector["expected"])
        switch vector["kind"]?.string {
        case nil: try judgeRequest(vector, expected, id)
        case "decrypt":
            let key = try #require(vector["config"]?["encrypt_key"]?.string)
            let message = try FeishuCipher(encryptKey: Secret(key))
                .decrypt(try #require(vector["input"]?["encrypt"]?.string))
            #expect(message == expected["plaintext"]?.string?.bytes, "\(id)")
        case "sha1": try judgeOldCard(vector, expected, id)
        case let kind?: Issue.record("\(id): \(kind)")
        }
    }

    private func judgeRequest(_ vector: JSONValue, _ expected: JSONValue, _ id: String) throws {
        let config = try #require(vector["config"])
        let request = try IncomingRequest(vector: try #require(vector["request"]))
        let seconds = try #require(vector["now"]?.number?.int64)
        let verdict = try scheme(vector["scheme"]?.string, config)
            .verify(request, at: Timestamp(milliseconds: seconds * 1_000))
        switch verdict {
        case .event(let event):
            #expect(expected["verdict"]?.string == "accept", "\(id)")
            if let key = expected["dedupe_key"]?.string { #expect(event.key == key, "\(id)") }
            if let plaintext = expected["plaintext"]?.string {
                try compare(event.body ?? request.body, plaintext, config, id)
            }
            if let response = expected["response"] {
                try compare(event.answer, response, config, id)
            }
        case .handshake(let answer):
            #expect(expected["verdict"]?.string == "challenge", "\(id)")
            try compare(answer, try #require(expected["response"]), config, id)
        case .refused(let refusal):
            #expect(expected["verdict"]?.string == "reject", "\(id): \(refusal)")
            #expect(expected["reason"]?.string == refusal.reason.rawValue, "\(id): \(refusal)")
            #expect(expected["status"]?.number?.int64 == Int64(refusal.status), "\(id)")
        default: Issue.record("\(id): \(verdict)")
        }
    }

    private func scheme(_ name: String?, _ config: JSONValue) throws -> any SourceScheme {
        switch name {
        case "feishu":
            return try FeishuScheme(apps: [
                FeishuScheme.App(
                    verificationToken: try config.secret("verification_token"),
                    encryptKey: config["encrypt_key"]?.string.map { Secret($0) })
            ])
        case "dingtalk-event": return try DingTalkScheme(apps: [WeComApp(vector: config)])
        case "wecom": return try WeComScheme(apps: [WeComApp(vector: config)])
        case "dingtalk-robot-outgoing":
            let secrets = try #require(config["app_secrets"]?.array).compactMap {
                $0.string.map { Secret($0) }
            }
            let window = try #require(config["tolerance_seconds"]?.number?.int64)
            return try DingTalkRobotScheme(secrets: secrets, window: .seconds(window))
        default:
            #expect(name == "infoflow")
            return try InfoflowScheme(apps: [
                InfoflowScheme.App(
                    token: try config.secret("token"),
                    encodingAESKey: try config.secret("encoding_aes_key"))
            ])
        }
    }

    /// What is stored is what was sealed, but for a token that proved it and for XML.
    private func compare(
        _ body: [UInt8], _ plaintext: String, _ config: JSONValue, _ id: String
    ) throws {
        var due = plaintext
        if let token = config["verification_token"]?.string {
            due = due.replacing("\"token\":\"\(token)\"", with: "\"token\":\"<secret>\"")
        }
        if due.hasPrefix("<xml>") {
            // The one case of XML; what becomes of others is tested with the scheme.
            due =
                #"{"ToUserName":"wx5823bf96d3bd56c7","Content":"#
                + #""客服助手 \"Beta\" <v2> & co","MsgId":"1"}"#
        }
        #expect(body == due.bytes, "\(id): \(String(decoding: body, as: UTF8.self))")
    }

    private func compare(
        _ answer: SchemeAnswer, _ response: JSONValue, _ config: JSONValue, _ id: String
    ) throws {
        #expect(response["status"]?.number?.int64 == Int64(answer.status), "\(id)")
        if let type = response["headers"]?["content-type"]?.string {
            #expect(answer.contentType == type, "\(id)")
        }
        if let body = response["body"]?.string { #expect(answer.body == body.bytes, "\(id)") }
        guard let word = response["body_plaintext"]?.string else { return }
        let cipher = try WeComCipher(vector: config)
        let body = try JSONValue(parsing: answer.body)
        #expect(try cipher.opened(body) == word.bytes, "\(id)")
        guard let shape = response["body_json_shape"] else { return }
        #expect(try cipher.opened(shape) == word.bytes, "\(id)")
        #expect(body.object?.keys == shape.object?.keys, "\(id)")
        #expect(
            try cipher.encrypt(word.bytes, chance: "0123456789abcdef".bytes)
                == shape["encrypt"]?.string, "\(id)")
    }

    /// Known only to be told apart: this signature is never taken.
    private func judgeOldCard(_ vector: JSONValue, _ expected: JSONValue, _ id: String) throws {
        let token = try #require(vector["config"]?["verification_token"]?.string)
        let parts = try ["timestamp", "nonce", "body"].map {
            try #require(vector["input"]?[$0]?.string)
        }
        let digest = Insecure.SHA1.hash(data: (parts[0] + parts[1] + token + parts[2]).bytes)
        #expect(expected["signature"]?.string == Hexadecimal.encode(digest), "\(id)")
        let scheme = try FeishuScheme(apps: [
            FeishuScheme.App(verificationToken: Secret(token), encryptKey: Secret("key"))
        ])
        let request = IncomingRequest(
            headers: [
                FeishuCipher.timestampHeader: parts[0], FeishuCipher.nonceHeader: parts[1],
                FeishuCipher.signatureHeader: Hexadecimal.encode(digest),
            ], body: parts[2].bytes)
        guard case .refused(let refusal) = scheme.verify(request, at: .signed) else {
            Issue.record("\(id) is taken")
            return
        }
        #expect(refusal.status == 401)
    }
}

extension WeComApp {
    fileprivate init(vector config: JSONValue) throws {
        self.init(
            token: try config.secret("token"),
            encodingAESKey: try config.secret("encoding_aes_key"),
            receiver: try #require(config["receiver"]?.string))
    }
}

extension WeComCipher {
    fileprivate init(vector config: JSONValue) throws {
        let app = try WeComApp(vector: config)
        try self.init(
            token: app.token, encodingAESKey: app.encodingAESKey, receiver: app.receiver)
    }

    /// What an answer of DingTalk's make says, once its signature is right.
    func opened(_ answer: JSONValue) throws -> [UInt8] {
        let sealed = try #require(answer["encrypt"]?.string)
        let digest = digest(
            timestamp: try #require(answer["timeStamp"]?.string),
            nonce: try #require(answer["nonce"]?.string), encrypt: sealed)
        try #require(Hexadecimal.encode(digest) == answer["msg_signature"]?.string)
        return try decrypt(sealed)
    }
}

extension JSONValue {
    fileprivate func secret(_ key: String) throws -> Secret {
        Secret(try #require(self[key]?.string))
    }
}

extension IncomingRequest {
    /// As the contract's vectors write one.
    fileprivate init(vector: JSONValue) throws {
        let headers = try #require(vector["headers"]?.array).map {
            (name: $0[0]?.string ?? "", value: $0[1]?.string ?? "")
        }
        let query = try #require(vector["query"]?.string).split(separator: "&").map { part in
            let sides = part.split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return try (
                name: #require(sides[0].removingPercentEncoding),
                value: #require(sides.last?.removingPercentEncoding)
            )
        }
        self.init(
            method: try #require(vector["method"]?.string), headers: HeaderFields(headers),
            query: query, body: try #require(vector["body"]?.string).bytes)
    }
}

extension Timestamp {
    /// When the examples of these tests were signed.
    static let signed = Timestamp(milliseconds: 1_773_822_615_000)
}
