import Domain
import Signing
import StrictJSON
import Testing

private func bytes(_ holder: JSONValue?) throws -> [UInt8] {
    if let text = holder?["body"]?.string { return text.bytes }
    return try #require(holder?["body_base64"]?.base64)
}

private func keys(_ list: JSONValue?) throws -> [StandardWebhooksKey] {
    try #require(list?.array).map { try StandardWebhooksKey(parsing: try #require($0.string)) }
}

private func moment(_ seconds: JSONValue?) throws -> Timestamp {
    Timestamp(milliseconds: try #require(seconds?.number?.int64) * 1_000)
}

@Test func everyStandardWebhooksVectorHolds() throws {
    guard SharedFiles.areThere else { return SharedFiles.skip("standard-webhooks.json") }
    var counts: [String: Int] = [:]
    let file = try SharedFiles.json("vectors/standard-webhooks.json")
    for vector in try #require(file["cases"]?.array) {
        let id = try #require(vector["id"]?.string)
        let kind = try #require(vector["kind"]?.string)
        counts[kind, default: 0] += 1
        switch kind {
        case "sign": try sign(vector, id)
        case "verify": try verify(vector, id)
        case "parse-key": try parseKey(vector, id)
        default: Issue.record("\(id): \(kind)")
        }
    }
    print("standard-webhooks vectors: \(counts.sorted { $0.key < $1.key })")
    #expect(counts == ["sign": 16, "verify": 33, "parse-key": 12])
}

private func sign(_ vector: JSONValue, _ id: String) throws {
    let body = try bytes(vector["input"])
    let signer = try StandardWebhooksSigner(keys: keys(vector["input"]?["keys"]))
    let headers = try signer.headers(
        id: try #require(vector["input"]?["webhook_id"]?.string),
        at: moment(vector["input"]?["timestamp"]), body: body)
    for member in try #require(vector["expected"]?["headers"]?.object).members {
        #expect(headers.value(member.key) == member.value.string, "\(id)")
    }
    #expect(sha256Hex(body) == vector["expected"]?["body_sha256"]?.string, "\(id)")
}

private func verify(_ vector: JSONValue, _ id: String) throws {
    let tolerance = try #require(vector["config"]?["tolerance_seconds"]?.number?.int64)
    let scheme = try StandardWebhooksScheme(
        keys: keys(vector["config"]?["keys"]), window: .seconds(tolerance),
        names: id.hasPrefix("svix") ? .svix : .standard)
    let headers = try #require(vector["request"]?["headers"]?.array).map {
        (name: $0[0]?.string ?? "", value: $0[1]?.string ?? "")
    }
    let request = IncomingRequest(
        headers: HeaderFields(headers), body: try bytes(vector["request"]))
    switch scheme.verify(request, at: try moment(vector["now"])) {
    case .event, .batch, .handshake:
        #expect(vector["expected"]?["verdict"]?.string == "accept", "\(id)")
    case .refused(let refusal):
        #expect(vector["expected"]?["verdict"]?.string == "reject", "\(id): \(refusal)")
        #expect(vector["expected"]?["reason"]?.string == refusal.reason.rawValue, "\(id)")
        #expect(refusal.status == 401, "\(id)")
    }
}

private func parseKey(_ vector: JSONValue, _ id: String) throws {
    let text = try #require(vector["input"]?["key"]?.string)
    guard vector["expected"]?["valid"]?.bool == true else {
        #expect(throws: SigningError.self, "\(id)") { try StandardWebhooksKey(parsing: text) }
        return
    }
    let key = try StandardWebhooksKey(parsing: text)
    #expect(key.kind.rawValue == vector["expected"]?["type"]?.string, "\(id)")
    #expect(Int64(key.byteCount) == vector["expected"]?["bytes"]?.number?.int64, "\(id)")
    if let due = vector["expected"]?["public_key"]?.string { #expect(key.publicKey == due) }
}

@Test func everyFeishuVectorHolds() throws {
    guard SharedFiles.areThere else { return SharedFiles.skip("feishu-bot.json") }
    var counts: [String: Int] = [:]
    for vector in try #require(try SharedFiles.json("vectors/feishu-bot.json")["cases"]?.array) {
        let id = try #require(vector["id"]?.string)
        let kind = try #require(vector["kind"]?.string)
        counts[kind, default: 0] += 1
        switch kind {
        case "sign", "not-sign":
            let signature = FeishuSignature(
                secret: Secret(try #require(vector["input"]?["secret"]?.string)),
                at: try moment(vector["input"]?["timestamp"]))
            let due = vector[kind == "sign" ? "expected" : "not_expected"]?["sign"]?.string
            #expect((signature.sign == due) == (kind == "sign"), "\(id)")
        case "request":
            guard let secret = vector["input"]?["secret"]?.string else { continue }
            let signature = FeishuSignature(
                secret: Secret(secret), at: try moment(vector["input"]?["timestamp"]))
            #expect(signature.sign == vector["expected"]?["json"]?["sign"]?.string, "\(id)")
            #expect(
                signature.timestamp == vector["expected"]?["json"]?["timestamp"]?.string, "\(id)")
        case "verify":
            let json = try #require(vector["request"]?["json"])
            let isAccepted = FeishuSignature.accepts(
                timestamp: try #require(json["timestamp"]?.string),
                sign: try #require(json["sign"]?.string),
                secret: Secret(try #require(vector["config"]?["secret"]?.string)),
                at: try moment(vector["now"]))
            #expect(isAccepted == (vector["expected"]?["verdict"]?.string == "accept"), "\(id)")
        default: Issue.record("\(id): \(kind)")
        }
    }
    print("feishu vectors: \(counts.sorted { $0.key < $1.key })")
    #expect(counts == ["sign": 6, "not-sign": 2, "request": 6, "verify": 4])
}

// The vector printed in contracts/notifications.md section 6.
@Test func theFeishuSecretIsInTheKeyAndNothingIsSigned() {
    let secret = Secret("Xm2pQ7vT9aLk3ZcR8yWd1f")
    let sent = Timestamp(milliseconds: 1_773_822_615_999)
    let signature = FeishuSignature(secret: secret, at: sent)
    #expect(signature.timestamp == "1773822615")
    #expect(signature.sign == "o7zOIGrWAuY4N0nvx9GTYOX9xvPUN82JWuxsVefTJ7A=")
    for (age, isAccepted) in [(3_600, true), (3_601, false), (-3_600, true), (-3_601, false)] {
        let now = Timestamp(milliseconds: 1_773_822_615_000) + .seconds(age)
        let verdict = FeishuSignature.accepts(
            timestamp: signature.timestamp, sign: signature.sign, secret: secret, at: now)
        #expect(verdict == isAccepted, "\(age)")
    }
    for (timestamp, sign) in [("1773822616", signature.sign), ("x", signature.sign), ("1", "")] {
        #expect(
            !FeishuSignature.accepts(timestamp: timestamp, sign: sign, secret: secret, at: sent))
    }
}
