import Channels
import Domain
import Signing
import StrictJSON
import Testing
import Transport

private let channel = FeishuChannel()

@Test func aFeishuRequestIsOneCardToTheWholeAddress() throws {
    var endpoint = Endpoint.feishu()
    endpoint.timeout = .seconds(7)
    endpoint.headers = [Endpoint.Header("x-custom", Secret("v"))]
    let request = try channel.request(Sample.notification(.ping), to: endpoint)

    #expect(request.method == .post)
    #expect(request.url == endpoint.url.exposed)
    #expect(request.headers == [HTTPField("content-type", "application/json; charset=utf-8")])
    #expect(request.timeout == .seconds(7))
    #expect(!request.isOnFreshConnection)
    let text = String(decoding: request.body, as: UTF8.self)
    let card = """
        {"msg_type":"interactive","card":{"schema":"2.0","config":{"update_multi":true},\
        "header":{"title":{"tag":"plain_text","content":"测试消息"},"template":"blue"},\
        "body":{"elements":[{"tag":"div","text":{"tag":"plain_text",\
        "content":"收到这条消息，说明通知可以送达。"}},{"tag":"div","text":{"tag":"plain_text",\
        "content":"时间：2026-03-18 08:30:15 UTC"}},{"tag":"div","text":{"tag":"plain_text",\
        "content":"Copyhook"}}]}}}
        """
    #expect(text == card)
}

@Test func aFeishuRequestIsSignedForItsOwnMomentWithTheNewestSecret() throws {
    let secret = Secret("Xm2pQ7vT9aLk3ZcR8yWd1f")
    let endpoint = Endpoint.feishu(secrets: [secret, Secret("the one before")])
    let request = try channel.request(Sample.notification(.ping), to: endpoint)
    let body = try JSONValue(parsing: request.body)

    // The vector printed in contracts/notifications.md section 6.
    #expect(body["timestamp"] == "1773822615")
    #expect(body["sign"] == "o7zOIGrWAuY4N0nvx9GTYOX9xvPUN82JWuxsVefTJ7A=")
    let later = try channel.request(
        Sample.notification(.ping), to: endpoint, at: start + .hours(2))
    let second = try JSONValue(parsing: later.body)
    #expect(
        FeishuSignature.accepts(
            timestamp: try #require(second["timestamp"]?.string),
            sign: try #require(second["sign"]?.string), secret: secret, at: start + .hours(2)))
    #expect(second["card"] == body["card"])
}

@Test func everySharedFeishuRequestIsSignedAsItsVectorSays() throws {
    guard let cases = try SharedFiles.cases("feishu-bot.json") else { return }
    var count = 0
    for vector in cases where vector["kind"] == "request" {
        let seconds = try #require(vector.value(at: "/input/timestamp")?.number?.int64)
        var endpoint = Endpoint.feishu()
        endpoint.url = Secret(try #require(vector.value(at: "/input/webhook")?.string))
        endpoint.secrets = vector.value(at: "/input/secret")?.string.map { [Secret($0)] } ?? []
        let request = try channel.request(
            Sample.notification(.ping), to: endpoint,
            at: Timestamp(milliseconds: seconds * 1_000))
        let body = try JSONValue(parsing: request.body)
        #expect(request.url == vector.value(at: "/expected/url")?.string)
        #expect(
            request.headers.first("content-type")
                == vector.value(at: "/expected/headers/content-type")?.string)
        for key in ["timestamp", "sign"] {
            #expect(body[key] == vector.value(at: "/expected/json/\(key)"), "\(vector["id"]!)")
        }
        count += 1
    }
    print("feishu requests: \(count)")
    #expect(count == 6)
}

@Test func aPayloadThatIsNotOursIsRejectedAndTheEndpointIsNotBlamed() {
    for payload in [
        "", "[]", "{\"type\":\"ping\"}", "{\"data\":null}", "{\"data\":{},\"data\":{}}",
    ] {
        let notification = CompletionNotification(
            id: "ntf_1", type: .ping, taskID: nil, eventID: nil, createdAt: start,
            payload: Array(payload.utf8))
        let refusal = #expect(throws: MessageRefusal.self, "\(payload)") {
            try channel.request(notification, to: .feishu())
        }
        #expect(refusal?.code == .payloadUnreadable)
        guard case .rejected(let reason)? = refusal?.outcome else {
            Issue.record("\(payload)")
            continue
        }
        #expect(reason.word == "payload_unreadable")
    }
}

// What a task writes about itself is what the message reads.
@Test func aTaskOfOursIsReadByItsOwnNotificationData() throws {
    let event = EventSummary(
        id: "evt_9", source: "coze-main", type: "bot.published", key: "k", time: start)
    let plan = CopyTask.Plan(
        event: event, rule: "backup", action: 0, run: 0, connection: "coze-prod", provider: .coze,
        entity: EntityReference(type: "workflow", id: "735", name: "每日报表"),
        toWorkspace: "749", onUncertain: .hold, notify: nil, createdAt: start)
    let failure = Failure(.notFound, code: "4200", message: "gone", logID: "L1")
    for (state, type, title, line) in [
        (
            CopyTask.State.succeeded(copy: "751"), NotificationType.copySucceeded,
            "Workflow copied: 每日报表", "Copy: 751"
        ),
        (.failed(failure), .copyFailed, "Workflow copy failed: 每日报表", "Reason: gone (code 4200)"),
    ] {
        let task = CopyTask(id: "tsk_9", plan: plan, state: state)
        let message = try ChatMessage(
            Sample.notification(type, data: task.notificationData), in: .en)
        #expect(message.title == title)
        #expect(message.facts.map(\.line).contains(line))
        #expect(message.footer == "Copyhook · tsk_9 · evt_9")
    }
}

@Test func anUnknownTypeOfEventIsNamedAsItIs() throws {
    let data: JSONValue = ["rule": "r", "event": Sample.event("plugin.scaled")]
    let message = try ChatMessage(Sample.notification(.eventAnnounced, data: data), in: .en)
    #expect(message.title == "Event: plugin.scaled")
    #expect(message.summary == "The sender does not say what it is about.")
}

@Test func aSecondSubmissionAndAnUnconfirmedStatusAreNotHidden() throws {
    let data = Sample.task(["possible_duplicate": true, "status_verified": false])
    let message = try ChatMessage(Sample.notification(.copySucceeded, data: data), in: .en)
    #expect(
        message.advice
            == "It was submitted again, so two copies may exist. "
            + "The meaning of the platform's status is not confirmed.")
    let plain = try ChatMessage(
        Sample.notification(.copySucceeded, data: Sample.task([:])), in: .en)
    #expect(plain.advice == nil)
}
