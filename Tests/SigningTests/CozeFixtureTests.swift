import Domain
import Signing
import StrictJSON
import Testing

private let normal = Secret("TESTONLYnormalAppVerifyToken000000000000000000000000000000000001")
private let channel = Secret("TESTONLYchannelAppVerifyToken00000000000000000000000000000000002")

/// Every app that the fixtures name.
private func scheme() throws -> CozeScheme {
    try CozeScheme(apps: [
        .init(apiAppID: "7509745929591717899", verifyToken: normal),
        .init(apiAppID: "7546444412004335643", verifyToken: normal),
        .init(apiAppID: "7545743825545740332", verifyToken: normal),
        .init(apiAppID: "7509745929591717900", verifyToken: channel),
    ])
}

@Test func everySignatureFileGetsItsVerdict() throws {
    guard SharedFiles.areThere else { return SharedFiles.skip("signature_*.json") }
    let scheme = try scheme()
    // Decision 13 fixes the statuses of these; every other refusal is 401.
    let statuses = ["signature_16_length_extension_forgery": 400]
    var count = 0
    for file in try SharedFiles.coze("signature_") {
        let name = try #require(file["name"]?.string)
        let body = try #require(file["body_base64"]?.base64)
        #expect(body.count == Int(try #require(file["body_length"]?.number?.int64)))
        let headers = try #require(file["headers"]?.object).members.map {
            (name: $0.key, value: $0.value.string ?? "")
        }
        let request = IncomingRequest(headers: HeaderFields(headers), body: body)
        let now = Timestamp(milliseconds: 1_749_200_000_000)
        switch scheme.verify(request, at: now) {
        case .event, .batch, .handshake: #expect(file["must_accept"]?.bool == true, "\(name)")
        case .refused(let refusal):
            #expect(file["must_accept"]?.bool == false, "\(name): \(refusal)")
            #expect(refusal.status == statuses[name] ?? 401, "\(name): \(refusal)")
        }
        if file["signature_valid"]?.bool == true, let time = headers.value("X-Coze-Timestamp"),
            let nonce = headers.value("X-Coze-Nonce")
        {
            let token = Secret(try #require(file["token"]?.string))
            let own = CozeSigner.headers(
                token: token, timestamp: Timestamp(milliseconds: try #require(Int64(time))),
                nonce: nonce, body: body)
            #expect(own.value("X-Coze-Signature") == headers.value("X-Coze-Signature"), "\(name)")
        }
        count += 1
    }
    print("signature files: \(count)")
    #expect(count == 14)
}

@Test func everyEventFileIsRead() throws {
    guard SharedFiles.areThere else { return SharedFiles.skip("event_*.json") }
    let scheme = try scheme()
    var count = 0
    for file in try SharedFiles.coze("event_") {
        let name = try #require(file["name"]?.string)
        let json = try #require(file["request"]?["body"])
        let body = json.bytes()
        let isChannel = file["delivery"]?.string == "channel"
        let sent = Timestamp(
            milliseconds: try #require(json["header"]?["created_at"]?.number?.int64))
        let headers = CozeSigner.headers(
            token: isChannel ? channel : normal, timestamp: sent, nonce: "n", body: body)
        let verdict = scheme.verify(
            IncomingRequest(headers: HeaderFields(headers), body: body), at: sent)
        let answer: SchemeAnswer
        switch verdict {
        case .event(let event):
            #expect(event.type == file["event_type"]?.string, "\(name)")
            #expect(event.key == json["header"]?["event_id"]?.string, "\(name)")
            #expect(event.scope == json["header"]?["api_app_id"]?.string ?? "", "\(name)")
            #expect(event.time == sent, "\(name)")
            #expect((event.entity != nil) == event.type.hasPrefix("bot."), "\(name)")
            if let entity = event.entity {
                #expect(entity.type == "bot" && entity.id == "7512041635401000001", "\(name)")
                #expect(entity.workspaceID == json["event"]?["space_id"]?.string, "\(name)")
                #expect(entity.name == json["event"]?["bot_name"]?.string, "\(name)")
                #expect(entity.version == json["event"]?["version"]?.string, "\(name)")
            }
            answer = event.answer
        case .batch: throw Unexpected(verdict: verdict)
        case .handshake(let echo):
            #expect(name == "event_url_verification")
            answer = echo
        case .refused(let refusal):
            Issue.record("\(name): \(refusal)")
            continue
        }
        let due = file["ack"]?["body"].flatMap { $0.isNull ? Optional.none : .some($0) } ?? [:]
        #expect(try JSONValue(parsing: answer.body) == due, "\(name)")
        count += 1
    }
    print("event files: \(count)")
    #expect(count == 14)
}

@Test func everyFieldOfTheDocumentedEventsIsDecoded() throws {
    guard SharedFiles.areThere else { return SharedFiles.skip("decoded event_*.json") }
    func callback(_ name: String) throws -> CozeCallback {
        let file = try SharedFiles.json("coze/event_\(name).json")
        return try CozeCallback(try #require(file["request"]?["body"]))
    }
    for name in ["normal_string_ids", "normal_numeric_ids", "legacy_ids", "channel"] {
        guard case .botPublished(let change) = try callback("bot_published_" + name).payload
        else {
            Issue.record("\(name)")
            continue
        }
        #expect(change.botID == "7512041635401000001", "\(name)")
        #expect(change.userID == "3290203700000001", "\(name)")
        #expect((change.connectorUserID == nil) == (name != "channel"), "\(name)")
    }
    if case .botUnpublished(let change) = try callback("bot_unpublished_normal").payload {
        #expect(change.connectorID == "10000122")
    } else {
        Issue.record("bot.unpublished")
    }
    if case .benefitUsage(let bill) = try callback("benefit_usage").payload {
        #expect(bill.consumedAt == Timestamp(milliseconds: 1_749_042_145_000))
        #expect(bill.changeBalance == "0.16" && bill.rootEntityType == 1)
        #expect(bill.modelInputTokens == 42 && bill.modelOutputTokens == 62)
        #expect(bill.costAccountID == "210587001" && bill.deviceID == nil)
    } else {
        Issue.record("benefit.usage")
    }
    if case .pluginScaleRequested(let scale) = try callback("plugin_scale_requested").payload {
        #expect(scale.applicantID == "2100288001" && scale.extensionType == "QPS")
        #expect(scale.targetCapacity == 30 && scale.usageIn30Days == 0)
        #expect(scale.endsAt == Timestamp(milliseconds: 1_757_664_263_000))
    } else {
        Issue.record("benefit.plugin.scale.requested")
    }
    if case .pluginScaleExpired(let scale) = try callback("plugin_scale_expired").payload {
        #expect(scale.expiredCapacity == 5 && scale.currentCapacity == 21)
    } else {
        Issue.record("benefit.plugin.scale.expired")
    }
    #expect(try callback("unknown_type").payload == .other)
}

// The forgery of vector 16, made here: SHA-1 goes on from the digest that it is given.
@Test func aHashThatSomebodyExtendedProvesNothing() throws {
    let body = #"{"header":{"event_type":"bot.deleted","event_id":"1"},"event":{}}"#.bytes
    let sent = Timestamp(milliseconds: 1_749_038_258_245)
    let headers = CozeSigner.headers(token: normal, timestamp: sent, nonce: "abc", body: body)
    let digest = try #require(
        headers.value("X-Coze-Signature").flatMap { Hexadecimal.decode($0) })
    // Known to a forger: the lengths of all parts and the digest. Not known: the token.
    let length = 13 + 3 + normal.exposed.utf8.count + body.count
    var padding: [UInt8] = [0x80]
    while (length + padding.count) % 64 != 56 { padding.append(0) }
    withUnsafeBytes(of: UInt64(length * 8).bigEndian) { padding.append(contentsOf: $0) }
    let suffix = #"{"header":{"event_type":"bot.deleted","event_id":"2"},"event":{}}"#.bytes
    let forged = body + padding + suffix
    let signature = SHA1Continuation(digest, after: length + padding.count).digest(of: suffix)
    let request = IncomingRequest(
        headers: [
            "X-Coze-Nonce": "abc", "X-Coze-Timestamp": "1749038258245",
            "X-Coze-Signature": Hexadecimal.encode(signature),
        ], body: forged)
    guard case .refused(let refusal) = try scheme().verify(request, at: sent) else {
        Issue.record("a forged body was taken")
        return
    }
    // 400 and not 401: the hash did match, so the forgery is a real one.
    #expect(refusal.reason == .malformedBody && refusal.status == 400)
}

/// SHA-1 (FIPS 180-4 section 6.1) that starts in the middle, as a forger would run it.
private struct SHA1Continuation {
    private var state: [UInt32]
    private let before: Int

    init(_ digest: [UInt8], after count: Int) {
        state = stride(from: 0, to: 20, by: 4).map { start in
            digest[start..<start + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        }
        before = count
    }

    func digest(of suffix: [UInt8]) -> [UInt8] {
        var bytes = suffix + [0x80]
        while bytes.count % 64 != 56 { bytes.append(0) }
        withUnsafeBytes(of: UInt64((before + suffix.count) * 8).bigEndian) {
            bytes.append(contentsOf: $0)
        }
        var state = state
        for start in stride(from: 0, to: bytes.count, by: 64) {
            Self.compress(&state, bytes[start..<start + 64])
        }
        return state.flatMap { word in withUnsafeBytes(of: word.bigEndian) { Array($0) } }
    }

    private static func compress(_ state: inout [UInt32], _ block: ArraySlice<UInt8>) {
        func rotated(_ word: UInt32, _ count: UInt32) -> UInt32 {
            word << count | word >> (32 - count)
        }
        let bytes = Array(block)
        var words = stride(from: 0, to: 64, by: 4).map { start in
            bytes[start..<start + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        }
        for index in 16..<80 {
            words.append(
                rotated(
                    words[index - 3] ^ words[index - 8] ^ words[index - 14] ^ words[index - 16], 1))
        }
        var (a, b, c, d, e) = (state[0], state[1], state[2], state[3], state[4])
        for (index, word) in words.enumerated() {
            let (mixed, constant): (UInt32, UInt32) =
                switch index {
                case ..<20: (b & c | ~b & d, 0x5A82_7999)
                case ..<40: (b ^ c ^ d, 0x6ED9_EBA1)
                case ..<60: (b & c | b & d | c & d, 0x8F1B_BCDC)
                default: (b ^ c ^ d, 0xCA62_C1D6)
                }
            let next = rotated(a, 5) &+ mixed &+ e &+ constant &+ word
            (a, b, c, d, e) = (next, a, rotated(b, 30), c, d)
        }
        for (index, word) in [a, b, c, d, e].enumerated() { state[index] &+= word }
    }
}

extension [(name: String, value: String)] {
    /// The first value under exactly this name.
    func value(_ name: String) -> String? { first { $0.name == name }?.value }
}
