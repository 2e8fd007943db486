import Domain
import Signing
import StrictJSON
import Testing

private let start = Timestamp(milliseconds: 1_773_822_615_000)

private func read(
    _ reading: some RequestReading, _ body: String, headers: HeaderFields = [:],
    proved: Proved = Proved()
) -> Verdict {
    do {
        return try reading.read(
            IncomingRequest(headers: headers, body: body.bytes), proved)
    } catch {
        return .refused(error)
    }
}

private func event(_ verdict: Verdict) -> VerifiedEvent? {
    guard case .event(let event) = verdict else { return nil }
    return event
}

private func status(_ verdict: Verdict) -> Int {
    guard case .refused(let refusal) = verdict else { return 200 }
    return refusal.status
}

private let form: HeaderFields = ["Content-Type": "application/x-www-form-urlencoded"]

// MARK: - Headers that name an event

@Test(
    arguments: [
        ("72d3162e", "push", 200), (nil, "push", 400), ("72d3162e", nil, 400), ("", "push", 400),
        ("72d3162e", "", 400), (String(repeating: "a", count: 256), "push", 200),
        (String(repeating: "a", count: 257), "push", 400), ("a\tb", "push", 400),
    ] as [(String?, String?, Int)])
func anEventOfGitHubHasAnIdAndAType(delivery: String?, type: String?, due: Int) {
    var headers = HeaderFields()
    if let delivery { headers.append("X-GitHub-Delivery", delivery) }
    if let type { headers.append("X-GitHub-Event", type) }
    #expect(status(read(GitHubReading(), "{}", headers: headers)) == due)
    headers.append("x-github-event", "ping")
    headers.append("x-github-delivery", "another")
    if delivery?.isEmpty == false, type?.isEmpty == false {
        #expect(status(read(GitHubReading(), "{}", headers: headers)) == 400)
    }
}

@Test func anOldGitLabIsKnownByItsBytes() {
    func key(_ headers: HeaderFields, _ body: String = "{}") -> String? {
        var headers = headers
        headers.append("X-Gitlab-Event", "Push Hook")
        return event(read(GitLabReading(), body, headers: headers))?.key
    }
    #expect(key(["Idempotency-Key": "i", "X-Gitlab-Event-UUID": "u"]) == "i")
    #expect(key(["X-Gitlab-Event-UUID": "u"]) == "u")
    #expect(key([:]) == "sha256:" + sha256Hex("{}".bytes))
    #expect(key([:], "{ }") != key([:]))
    #expect(status(read(GitLabReading(), "{}")) == 400)
}

// MARK: - Bodies

@Test(arguments: [
    ("", 400), ("[]", 400), ("{", 400), ("null", 400), ("Hello, World!", 400),
    (#"{"a":1,"a":2}"#, 400), ("\u{FEFF}{}", 400), ("{}", 200),
])
func whatIsProvedButNoObjectIsMalformed(body: String, due: Int) {
    let hub: HeaderFields = ["X-GitHub-Delivery": "1", "X-GitHub-Event": "push"]
    #expect(status(read(GitHubReading(), body, headers: hub)) == due)
    #expect(
        status(read(GitLabReading(), body, headers: ["X-Gitlab-Event": "Push Hook"])) == due)
    #expect(status(read(PlainReading(), body)) == (body.isEmpty ? 200 : due))
    for reading in [StripeReading(), SlackReading(), TelegramReading(), KeyueReading()]
        as [any RequestReading]
    {
        let verdict = Result { () throws(VerificationRefusal) in
            try reading.read(IncomingRequest(headers: [:], body: body.bytes), Proved())
        }
        guard case .failure(let refusal) = verdict else {
            Issue.record("\(reading) took \(body)")
            continue
        }
        #expect(refusal.status == 400 && refusal.reason == .malformedBody)
    }
}

/// JSON is taken whatever it is called; what is none is of another kind where it says so.
@Test(arguments: [
    ("text/plain", "hello", 415), ("application/xml", "<a/>", 415), ("text/plain", "{\"a\":", 415),
    ("text/plain", "{}", 200), ("text/plain", "[]", 400), ("application/json", "hello", 400),
    ("text/json; charset=utf-8", "hello", 400), ("application/problem+json", "hello", 400),
])
func whatIsOfAnotherKindIsToldSo(type: String, body: String, due: Int) {
    let headers: HeaderFields = [
        "Content-Type": type, "X-GitHub-Delivery": "1", "X-GitHub-Event": "push",
        "X-Gitlab-Event": "Push Hook",
    ]
    for reading in [PlainReading(), GitHubReading(), GitLabReading()] as [any RequestReading] {
        let verdict = Result { () throws(VerificationRefusal) in
            try reading.read(IncomingRequest(headers: headers, body: body.bytes), Proved())
        }
        switch verdict {
        case .success: #expect(due == 200, "\(reading) \(type) \(body)")
        case .failure(let refusal): #expect(refusal.status == due, "\(reading) \(type) \(body)")
        }
    }
}

@Test(
    arguments: [
        ("a=1&b=2", #"{"a":"1","b":"2"}"#), ("a", #"{"a":""}"#), ("a=", #"{"a":""}"#),
        ("a=b=c", #"{"a":"b=c"}"#), ("a=%2B+%26", #"{"a":"+ &"}"#), ("%E5%AE%A2=1", #"{"客":"1"}"#),
        ("&&a=1&", #"{"a":"1"}"#), ("a=1&a=2", nil), ("a=1&%61=2", nil), ("a=%", nil),
        ("a=%4", nil), ("a=%zz", nil), ("a=%FF", nil),
    ] as [(String, String?)])
func aFormBecomesAnObject(body: String, kept: String?) {
    let verdict = read(PlainReading(), body, headers: form)
    #expect(event(verdict)?.body == kept?.bytes)
    #expect(status(verdict) == (kept == nil ? 400 : 200))
}

@Test func aFormHasAMostOfFields() {
    func fields(_ count: Int) -> String { (0..<count).map { "f\($0)=" }.joined(separator: "&") }
    #expect(status(read(PlainReading(), fields(256), headers: form)) == 200)
    #expect(status(read(PlainReading(), fields(257), headers: form)) == 400)
}

@Test func aRequestWithoutAWordIsAnEventOfItsOwn() throws {
    let silent = try #require(event(read(PlainReading(), "")))
    #expect(silent == VerifiedEvent(key: nil, type: "webhook", body: "{}".bytes))
    let signed = event(read(PlainReading(), "", proved: Proved(messageID: "m")))
    #expect(signed?.key == "m")
    let body = event(read(PlainReading(), "{ }"))
    #expect(body?.key == "sha256:" + sha256Hex("{ }".bytes))
    #expect(body?.body == nil && body?.type == "webhook")
    #expect(event(read(PlainReading(), #"{"type":5}"#))?.type == "5")
    #expect(event(read(PlainReading(), #"{"type":{}}"#))?.type == "webhook")
}

// MARK: - Places that the settings name

@Test func theSettingsNamePlacesForWhatNobodyDocuments() throws {
    let pointers = SchemePointers(
        type: JSONPointer("/kind"), key: JSONPointer("/ids/0"), time: JSONPointer("/at"),
        entity: JSONPointer("/what"))
    let body =
        #"{"kind":"made","ids":[7350000000000000001],"at":1773822615,"#
        + #""what":{"type":"bot","id":5}}"#
    let due = VerifiedEvent(
        key: "7350000000000000001", type: "made", time: start,
        entity: EntityReference(type: "bot", id: "5"))
    #expect(event(read(PlainReading(pointers: pointers), body)) == due)
    #expect(event(read(GitHubReading(pointers: pointers), body)) == due)
    #expect(event(read(GitLabReading(pointers: pointers), body)) == due)
    #expect(event(read(StripeReading(pointers: pointers), body)) == due)
    #expect(event(read(TelegramReading(pointers: pointers), body)) == due)
    for broken in [#"{"kind":"made"}"#, #"{"ids":[1]}"#, #"{"kind":"","ids":[1]}"#] {
        #expect(status(read(PlainReading(pointers: pointers), broken)) == 400)
    }
    let bare = event(read(PlainReading(pointers: pointers), #"{"kind":"a","ids":["1"]}"#))
    #expect(bare == VerifiedEvent(key: "1", type: "a"))
}

@Test func typeAndKeyMayStandInHeaders() {
    let reading = PlainReading(
        pointers: SchemePointers(typeHeader: "X-Shopify-Topic", keyHeader: "X-Shopify-Webhook-Id"))
    let headers: HeaderFields = ["x-shopify-topic": "orders/create", "X-Shopify-Webhook-Id": "b54"]
    #expect(
        event(read(reading, #"{"type":"x"}"#, headers: headers))
            == VerifiedEvent(key: "b54", type: "orders/create"))
    for name in ["X-Shopify-Topic", "X-Shopify-Webhook-Id"] {
        var without = headers
        without.remove(name)
        #expect(status(read(reading, "{}", headers: without)) == 400)
        var twice = headers
        twice.append(name, "x")
        #expect(status(read(reading, "{}", headers: twice)) == 400)
    }
}

// MARK: - Slack

@Test(
    arguments: [
        (#"{"type":"url_verification","challenge":"3eZb"}"#, #"{"challenge":"3eZb"}"#),
        (#"{"type":"url_verification","challenge":"<\"é>"}"#, #"{"challenge":"<\"é>"}"#),
        (#"{"type":"url_verification","challenge":"a\nb"}"#, nil),
        (#"{"type":"url_verification","challenge":1}"#, nil),
        (#"{"type":"url_verification"}"#, nil),
    ] as [(String, String?)])
func slackHearsItsChallenge(body: String, answer: String?) {
    let verdict = read(SlackReading(), body)
    guard let answer else {
        #expect(status(verdict) == 400)
        return
    }
    #expect(verdict == .handshake(answer: .json(answer)))
}

@Test func whatSlackSendsBesideEventsHasAKeyToo() {
    let limited = #"{"type":"app_rate_limited","minute_rate_limited":1773822600}"#
    #expect(
        event(read(SlackReading(), limited))
            == VerifiedEvent(
                key: "sha256:" + sha256Hex(limited.bytes), type: "app_rate_limited",
                answer: .empty))
    #expect(status(read(SlackReading(), #"{"type":"event_callback","event_id":"E"}"#)) == 400)
    #expect(status(read(SlackReading(), "payload=x", headers: form)) == 400)
    #expect(
        read(SlackReading(), "ssl_check=1&token=t", headers: form) == .handshake(answer: .empty))
}

// MARK: - Telegram

@Test(arguments: [
    (#"{"update_id":1}"#, "update", nil as String?),
    (#"{"update_id":1,"edited_message":{"chat":{"id":5,"username":"u"}}}"#, "edited_message", "5"),
    (#"{"callback_query":{"message":{"chat":{"id":-6}}},"update_id":1}"#, "callback_query", "-6"),
    (#"{"update_id":1,"poll":{"id":"1"}}"#, "poll", nil),
    (#"{"update_id":1,"message":{"chat":{"id":"x"}}}"#, "message", nil),
])
func anUpdateSaysWhatItIs(body: String, type: String, chat: String?) {
    let read = event(read(TelegramReading(), body))
    #expect(read?.type == type && read?.key == "1" && read?.entity?.id == chat)
}

@Test func anUpdateHasAnId() {
    #expect(status(read(TelegramReading(), #"{"message":{}}"#)) == 400)
}

// MARK: - Keyue

private let accepted = SchemeAnswer.json(#"{"code":200,"msg":"success"}"#)

@Test(arguments: [
    (
        #"{"callbackType":0,"data":{"sessionId":"201b","taskId":"73","taskName":"任务","#
            + #""tenantId":10363,"mobile":"16XX"}}"#,
        VerifiedEvent(
            key: "0:201b", type: "call_finished",
            entity: EntityReference(
                type: "call_task", id: "73", name: "任务", workspaceID: "10363"),
            answer: accepted)
    ),
    (
        #"{"callbackType":"1","data":{"taskMemberId":"732722324373760","taskId":874634757898496,"#
            + #""status":3,"callEndTime":1773822615000}}"#,
        VerifiedEvent(
            key: "1:874634757898496:732722324373760:3", type: "number_group_final", time: start,
            entity: EntityReference(type: "call_task", id: "874634757898496"), answer: accepted)
    ),
    (
        #"{"callbackType":2,"data":{"taskId":"1","taskStatus":2,"#
            + #""updateTime":"2021-03-29 12:15:36"}}"#,
        VerifiedEvent(
            key: "2:1:2:2021-03-29 12:15:36", type: "task_status",
            entity: EntityReference(type: "call_task", id: "1"), answer: accepted)
    ),
    (
        #"{"callbackType":3,"data":{"sessionId":"s","startTime":"1773822615000"}}"#,
        VerifiedEvent(
            key: "3:s", type: "realtime_call_finished", time: start, answer: accepted)
    ),
    (
        #"{"callbackType":5,"data":{"smsId":"2024","source":2,"sendTime":1773822615000}}"#,
        VerifiedEvent(key: "5:2024:2", type: "sms_detail", time: start, answer: accepted)
    ),
])
func aCallbackOfKeyueHasTheKeyOfItsKind(body: String, due: VerifiedEvent) {
    #expect(event(read(KeyueReading(), body)) == due)
}

@Test(arguments: [
    #"{"callbackType":4,"data":{}}"#, #"{"callbackType":0,"data":{}}"#,
    #"{"callbackType":1,"data":{"taskId":1,"taskMemberId":null,"status":3}}"#,
    #"{"callbackType":9,"data":{"sessionId":"s"}}"#,
])
func aCallbackWithoutAKeyIsKnownByItsBytes(body: String) {
    #expect(event(read(KeyueReading(), body))?.key == "sha256:" + sha256Hex(body.bytes))
}

@Test func keyueIsToldInItsOwnForm() throws {
    let nine = event(read(KeyueReading(), #"{"callbackType":9,"data":{}}"#))
    #expect(nine?.type == "callback_9")
    for body in ["{}", #"{"callbackType":0}"#, #"{"callbackType":-1,"data":{}}"#] {
        #expect(status(read(KeyueReading(), body)) == 400)
    }
    let refused = ProvedScheme(PathProof(), KeyueReading())
        .answer(refusing: 400, words: "malformed request")
    #expect(
        refused
            == SchemeAnswer(
                status: 400, body: #"{"code":400,"msg":"malformed request"}"#.bytes))
    #expect(try Sender.gitHub.scheme().answer(refusing: 400, words: "") == nil)
}

@Test func everyCallbackOfTheKeyueFilesIsRead() throws {
    guard SharedFiles.areThere else { return SharedFiles.skip("keyue/callback.type*.json") }
    let files = [
        "type0_call_finished", "type1_number_group_final", "type2_task_status",
        "type3_realtime_call_finished", "type5_sms_detail",
    ]
    for name in files {
        let body = try SharedFiles.json("keyue/callback.\(name).json").bytes()
        let request = IncomingRequest(headers: [:], body: body)
        let verdict = ProvedScheme(PathProof(), KeyueReading()).verify(request, at: start)
        let callback = try #require(event(verdict))
        #expect(name.hasSuffix("_" + callback.type), "\(name): \(callback.type)")
        #expect(callback.key?.hasPrefix("sha256:") == false, "\(name)")
        #expect((callback.entity?.type ?? "call_task") == "call_task", "\(name)")
        let due = try SharedFiles.json("keyue/callback.ack.ok.json")
        #expect(try JSONValue(parsing: callback.answer.body) == due, "\(name)")
    }
    print("keyue callbacks: \(files.count) files")
}
