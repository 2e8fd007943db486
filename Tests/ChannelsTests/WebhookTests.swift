import Channels
import Domain
import Signing
import StrictJSON
import Testing
import Transport

private let channel = WebhookChannel()
private let newKey = Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
private let oldKey = Secret("whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")

@Test func aWebhookCarriesThePayloadByteForByteAndProvesIt() throws {
    let notification = Sample.notification(.copySucceeded)
    let endpoint = Endpoint.webhook([newKey, oldKey])
    let request = try channel.request(notification, to: endpoint)

    #expect(request.method == .post)
    #expect(request.url == "https://ops.example.com/hooks?k=1")
    #expect(request.body == notification.payload)
    #expect(request.headers.values(of: "content-type") == ["application/json; charset=utf-8"])
    #expect(request.headers.values(of: "webhook-id") == ["msg_2pQ7xTn4"])
    #expect(request.headers.values(of: "webhook-timestamp") == ["1773822615"])
    #expect(request.headers.values(of: "user-agent") == [])
    let items = try #require(request.headers.first("webhook-signature")).split(separator: " ")
    #expect(items.count == 2)
    for (key, item) in zip([newKey, oldKey], items) {
        // The newest first, and each good by itself.
        #expect(try verdict(of: request, by: key, signature: String(item)))
        #expect(try verdict(of: request, by: key))
    }
    var forged = request
    forged.body[10] ^= 1
    #expect(try !verdict(of: forged, by: newKey))
    #expect(try !verdict(of: request, by: newKey, signature: String(items[1])))
}

// The example that the specification's own libraries publish.
@Test func theExampleOfTheSpecificationIsSignedAsPublished() throws {
    let notification = CompletionNotification(
        id: "ntf_1", type: .ping, taskID: nil, eventID: nil, createdAt: start,
        payload: Array(#"{"test": 2432232314}"#.utf8))
    let request = try channel.request(
        for: notification,
        as: Sample.delivery(notification, id: "msg_p5jXN8AQM9LWM0D4loKWxJek"),
        to: .webhook([newKey]), at: Timestamp(milliseconds: 1_614_265_330_000))
    #expect(
        request.headers.first("webhook-signature")
            == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
}

@Test func eachAttemptIsSignedAnewUnderTheSameId() throws {
    let notification = Sample.notification(.ping)
    let first = try channel.request(notification, to: .webhook([newKey]))
    let later = try channel.request(notification, to: .webhook([newKey]), at: start + .days(3))
    #expect(first.headers.first("webhook-id") == later.headers.first("webhook-id"))
    #expect(later.headers.first("webhook-timestamp") == "1774081815")
    #expect(
        first.headers.first("webhook-signature") != later.headers.first("webhook-signature"))
    #expect(try verdict(of: later, by: newKey, at: start + .days(3)))
}

@Test func ownHeadersGoAlongButNeverInPlaceOfOurs() throws {
    var endpoint = Endpoint.webhook([newKey])
    let reserved = ["Webhook-Id", "WEBHOOK-SIGNATURE", "Content-Type", "host", "Content-Length"]
    endpoint.headers =
        [Endpoint.Header("X-Tenant", Secret("a")), Endpoint.Header("Authorization", Secret("b"))]
        + reserved.map { Endpoint.Header($0, Secret("forged")) }
    let request = try channel.request(Sample.notification(.ping), to: endpoint)
    #expect(
        request.headers.suffix(2) == [HTTPField("X-Tenant", "a"), HTTPField("Authorization", "b")])
    #expect(!request.headers.contains { $0.value == "forged" })
}

@Test(arguments: [
    ([], MessageRefusal.Code.secretMissing), ([Secret("")], .secretUnusable),
    ([Secret("whsec_short")], .secretUnusable),
    ([Secret("whpk_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")], .secretUnusable),
])
func anEndpointThatCannotSignIsRefusedAndNothingIsSent(
    _ secrets: [Secret], _ code: MessageRefusal.Code
) throws {
    let refusal = #expect(throws: MessageRefusal.self) {
        try channel.request(Sample.notification(.ping), to: .webhook(secrets))
    }
    #expect(refusal?.code == code)
    guard case .channelBroken? = refusal?.outcome else {
        Issue.record("\(String(describing: refusal))")
        return
    }
}

@Test func anIdThatWouldBlurTheSignatureIsRefused() {
    let notification = Sample.notification(.ping)
    let refusal = #expect(throws: MessageRefusal.self) {
        try channel.request(
            for: notification, as: Sample.delivery(notification, id: "msg_a.b"),
            to: .webhook([newKey]), at: start)
    }
    #expect(refusal?.code == .badIdentifier)
}

/// Whether our own verifier takes the request, with its own signature or another in its place.
private func verdict(
    of request: HTTPRequest, by key: Secret, signature: String? = nil, at now: Timestamp = start
) throws -> Bool {
    let scheme = try StandardWebhooksScheme(keys: [StandardWebhooksKey(parsing: key)])
    let headers = request.headers.map { field in
        let isSignature = field.name == "webhook-signature"
        return (name: field.name, value: isSignature ? signature ?? field.value : field.value)
    }
    let incoming = IncomingRequest(headers: HeaderFields(headers), body: request.body)
    if case .event = scheme.verify(incoming, at: now) { return true }
    return false
}

// Contract of notifications, section 4: any 2xx is delivered, its body is ignored.
@Test(arguments: [
    (TransportFailure.Code.malformedAnswer, 200 as Int?, true), (.timedOut, 204, true),
    (.cutOff, 299, true), (.malformedAnswer, 500, false), (.cutOff, 302, false),
    (.timedOut, nil, false),
])
func aBodyThatFailsTakesNothingBack(
    _ code: TransportFailure.Code, _ status: Int?, _ isDelivered: Bool
) {
    let failure = TransportFailure(code, isSent: true, detail: "the body", status: status)
    let outcome = channel.read(.failure(failure), at: Timestamp(milliseconds: 0))
    #expect(outcome.isAccepted == isDelivered, "\(outcome)")
}
