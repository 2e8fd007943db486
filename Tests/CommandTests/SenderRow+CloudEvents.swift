import Domain
import Signing

// CloudEvents: with a token, signed, and what a sender asks before it delivers.

extension SenderRow {
    static var cloudEvents: [SenderRow] { [structured, signed, modes, handshake] }

    private static let type = (name: "Content-Type", value: "application/cloudevents+json")

    private static func event(_ id: String) -> String {
        #"{"specversion":"1.0","id":"\#(id)","source":"/s","type":"t","note":"a"}"#
    }

    private static let structured = SenderRow(
        source: "events", settings: ["scheme: cloudevents"] + HeaderProof.secrets,
        cases: {
            try HeaderProof(
                headers: { _ in [type] }, body: event,
                prove: { secret, _, _, _ in [("Authorization", "Bearer \(secret.exposed)")] },
                isSigned: false, doubled: 400
            ).cases($0)
        })

    private static let signed = SenderRow(
        source: "events-signed",
        settings: ["scheme: cloudevents", "proof: standard-webhooks", signingKeys],
        cases: {
            try HeaderProof(
                headers: { _ in [type] }, body: event,
                prove: { secret, now, body, _ in
                    try StandardWebhooksSigner(secrets: [signingKey(secret)])
                        .headers(id: "msg_1", at: now, body: body)
                }, isTimed: true
            ).cases($0)
        })

    private static let modes = SenderRow(
        source: "events-modes",
        settings: ["scheme: cloudevents", "query_token: on"] + HeaderProof.secrets,
        cases: { _ in
            let query = "?access_token=\(HeaderProof.secret.exposed)"
            let batch = (name: "Content-Type", value: "application/cloudevents-batch+json")
            let binary: HeaderProof.Headers = [
                ("ce-specversion", "1.0"), ("ce-id", "b1"), ("ce-source", "/s"), ("ce-type", "t"),
                ("Content-Type", "application/json"),
            ]
            func make(
                _ name: String, _ headers: HeaderProof.Headers, _ body: String, _ status: Int,
                stores: [String] = []
            ) -> SenderCase {
                SenderCase(
                    name: name, address: query, headers: headers, body: Array(body.utf8),
                    status: status, answers: status == 200 ? ["Cache-Control: private"] : [],
                    stores: stores)
            }
            let three = "[\(event("a1")),\(event("a2")),\(event("a1"))]"
            return [
                make("a token in the address", [type], event("q1"), 200, stores: ["q1"]),
                make("binary", binary, #"{"n":7350000000000000001}"#, 200, stores: ["b1"]),
                make("binary again", binary, #"{"n":7350000000000000001}"#, 200),
                make("binary, an attribute twice", binary + [("CE-Id", "b2")], "{}", 400),
                make("binary, no id", binary.filter { $0.name != "ce-id" }, "{}", 400),
                make("a batch", [batch], three, 200, stores: ["a1", "a2"]),
                make("a batch again", [batch], three, 200),
                make(
                    "a batch with news", [batch], "[\(event("a2")),\(event("a3"))]", 200,
                    stores: ["a3"]),
                make("an empty batch", [batch], "[]", 200),
                make("a batch with one that is none", [batch], "[\(event("a4")),{}]", 400),
                make(
                    "a format that is not read",
                    [("Content-Type", "application/cloudevents+avro")], "x", 415),
                make("no CloudEvent", [("Content-Type", "application/json")], "{}", 400),
                SenderCase(
                    name: "a token in the address and one in the header", address: query,
                    headers: [type, ("Authorization", "Bearer \(HeaderProof.secret.exposed)")],
                    body: Array(event("q2").utf8), status: 400),
                SenderCase(
                    name: "a wrong token in the address", address: "?access_token=x",
                    headers: [type], body: Array(event("q2").utf8), status: 401),
            ]
        })

    private static let handshake = SenderRow(
        source: "events-asked",
        settings: [
            "scheme: cloudevents", "origins: [events.example.com]", "rate: 10/s",
        ] + HeaderProof.secrets,
        cases: { _ in
            func ask(
                _ name: String, _ headers: HeaderProof.Headers, answers: [String],
                lacks: [String] = []
            ) -> SenderCase {
                SenderCase(
                    name: name, method: "OPTIONS", headers: headers, status: 200,
                    answers: answers + ["Allow: POST"], lacks: lacks)
            }
            let origin = (name: "WebHook-Request-Origin", value: "events.example.com")
            let grant = "WebHook-Allowed-Origin: events.example.com"
            return [
                ask("who is known", [origin], answers: [grant, "WebHook-Allowed-Rate: 600"]),
                ask(
                    "who wants less", [origin, ("WebHook-Request-Rate", "120")],
                    answers: [grant, "WebHook-Allowed-Rate: 120"]),
                ask(
                    "who is not known", [("WebHook-Request-Origin", "evil.example")],
                    answers: [], lacks: ["WebHook-Allowed"]),
                ask("nobody", [], answers: [], lacks: ["WebHook-Allowed"]),
            ]
        })
}
