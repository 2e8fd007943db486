import Domain
import Foundation
import Signing

// Senders with one way to prove who they are.

extension SenderRow {
    static var platforms: [SenderRow] {
        [
            gitHub, gitHubForm, gitLab, gitLabSigned, stripe, slack, slackChecks, svix, telegram,
            keyue,
        ]
    }

    private static func row(
        _ source: String, _ settings: [String], _ proof: HeaderProof,
        more: @escaping @Sendable (Timestamp) throws -> [SenderCase] = { _ in [] }
    ) -> SenderRow {
        SenderRow(
            source: source, settings: settings,
            cases: { try proof.cases($0) + more($0) })
    }

    private static let gitHub = row(
        "hub", ["scheme: github"] + HeaderProof.secrets,
        HeaderProof(
            headers: { [("X-GitHub-Event", "push"), ("X-GitHub-Delivery", $0)] },
            prove: { secret, now, body, _ in
                try HMACProof.Form.gitHub.headers(secret: secret, at: now, body: body)
            }),
        more: { now in
            let body = Array("Hello, World!".utf8)
            func sign(_ body: [UInt8]) throws -> HeaderProof.Headers {
                try HMACProof.Form.gitHub.headers(
                    secret: HeaderProof.secret, at: now, body: body)
            }
            let event = [(name: "X-GitHub-Event", value: "push")]
            let delivery = [(name: "X-GitHub-Delivery", value: "text")]
            return [
                SenderCase(
                    name: "signed, but no JSON", headers: try sign(body) + event + delivery,
                    body: body, status: 400),
                SenderCase(
                    name: "signed, but without an id",
                    headers: try sign(Array("{}".utf8)) + event, body: Array("{}".utf8),
                    status: 400),
                SenderCase(
                    name: "by the older hash alone",
                    headers: [("X-Hub-Signature", "sha1=00")] + event + delivery, body: body,
                    status: 401),
                SenderCase(
                    name: "another method", method: "GET", status: 405, answers: ["Allow: POST"]),
            ]
        })

    private static let gitHubForm = row(
        "hub-form", ["scheme: github"] + HeaderProof.secrets,
        HeaderProof(
            headers: {
                [
                    ("X-GitHub-Event", "ping"), ("X-GitHub-Delivery", $0),
                    ("Content-Type", "application/x-www-form-urlencoded"),
                ]
            },
            body: { "payload=%7B%22id%22%3A%22\($0)%22%7D&note\":\"a" },
            prove: { secret, now, body, _ in
                try HMACProof.Form.gitHub.headers(secret: secret, at: now, body: body)
            }))

    private static let gitLab = row(
        "lab", ["scheme: gitlab"] + HeaderProof.secrets,
        HeaderProof(
            headers: { [("X-Gitlab-Event", "Push Hook"), ("Idempotency-Key", $0)] },
            prove: { secret, _, _, _ in [("X-Gitlab-Token", secret.exposed)] },
            isSigned: false))

    /// `whsec_` and the bytes of a secret that is none.
    static func signingKey(_ secret: Secret) -> Secret {
        Secret("whsec_" + Base64.encode(Array(secret.exposed.utf8)))
    }

    static var signingKeys: String {
        let keys = [HeaderProof.secret, HeaderProof.older].map { signingKey($0).exposed }
        return "secrets: [\"\(keys[0])\", \"\(keys[1])\"]"
    }

    private static let gitLabSigned = row(
        "lab-signed", ["scheme: gitlab", "proof: signing_token", signingKeys],
        HeaderProof(
            headers: { [("X-Gitlab-Event", "Push Hook"), ("Idempotency-Key", $0)] },
            prove: { secret, now, body, id in
                try StandardWebhooksSigner(secrets: [signingKey(secret)])
                    .headers(id: id, at: now, body: body)
            }, isTimed: true),
        more: { _ in
            [
                SenderCase(
                    name: "a plain token alone",
                    headers: [
                        ("X-Gitlab-Event", "Push Hook"),
                        ("X-Gitlab-Token", HeaderProof.secret.exposed),
                    ], body: Array("{}".utf8), status: 401)
            ]
        })

    private static let stripe = row(
        "stripe", ["scheme: stripe"] + HeaderProof.secrets,
        HeaderProof(
            prove: { secret, now, body, _ in
                try StripeProof.headers(secrets: [secret], at: now, body: body)
            }, isTimed: true),
        more: { now in
            let body = Array(#"{"id":"unreadable","type":"t"}"#.utf8)
            return ["t=x,v1=00", "v1=00"].map { text in
                SenderCase(
                    name: "an unreadable time", headers: [("Stripe-Signature", text)], body: body,
                    status: 400)
            }
        })

    private static let slack = row(
        "slack", ["scheme: slack"] + HeaderProof.secrets,
        HeaderProof(
            body: {
                #"{"type":"event_callback","event_id":"\#($0)","event":{"type":"t"},"note":"a"}"#
            },
            prove: { secret, now, body, _ in
                try HMACProof.Form.slack.headers(secret: secret, at: now, body: body)
            }, isTimed: true, answers: ["Content-Length: 0"]))

    private static let slackChecks = SenderRow(
        source: "slack-checks", settings: ["scheme: slack"] + HeaderProof.secrets,
        cases: { now in
            func make(
                _ name: String, _ body: String, type: String, _ status: Int,
                answers: [String] = [], by secret: Secret = HeaderProof.secret,
                stores: [String] = []
            ) throws -> SenderCase {
                let body = Array(body.utf8)
                let proof = try HMACProof.Form.slack.headers(secret: secret, at: now, body: body)
                return SenderCase(
                    name: name, headers: proof + [("Content-Type", type)], body: body,
                    status: status, answers: answers, stores: stores)
            }
            let check = #"{"type":"url_verification","challenge":"3eZbrw1a"}"#
            let form = "application/x-www-form-urlencoded"
            return [
                try make(
                    "the check of the address", check, type: "application/json", 200,
                    answers: [#"{"challenge":"3eZbrw1a"}"#]),
                try make(
                    "the check by a stranger", check, type: "application/json", 401,
                    by: HeaderProof.stranger),
                try make(
                    "a slash command", "command=%2Fcopy&trigger_id=13.37", type: form, 200,
                    answers: ["Content-Length: 0"], stores: ["13.37"]),
                try make(
                    "an interaction",
                    "payload=%7B%22type%22%3A%22shortcut%22%2C%22trigger_id%22%3A%2242%22%7D",
                    type: form, 200, stores: ["42"]),
                try make("a check of the certificate", "ssl_check=1", type: form, 200),
            ]
        })

    private static let svix = row(
        "svix", ["scheme: svix", signingKeys],
        HeaderProof(
            prove: { secret, now, body, id in
                try StandardWebhooksSigner(secrets: [signingKey(secret)])
                    .headers(id: id, at: now, body: body).map {
                        ($0.name.replacing("webhook", with: "svix"), $0.value)
                    }
            }, isTimed: true),
        more: { now in
            let body = Array(#"{"type":"t"}"#.utf8)
            let proof = try StandardWebhooksSigner(secrets: [signingKey(HeaderProof.secret)])
                .headers(id: "sister", at: now, body: body)
            return [
                SenderCase(name: "names of a sister", headers: proof, body: body, status: 401)
            ]
        })

    private static let telegram = row(
        "telegram", ["scheme: telegram"] + HeaderProof.secrets,
        HeaderProof(
            body: { #"{"update_id":"\#($0)","message":{},"note":"a"}"# },
            prove: { secret, _, _, _ in
                [("X-Telegram-Bot-Api-Secret-Token", secret.exposed)]
            }, isSigned: false))

    private static let keyue = SenderRow(
        source: "calls", settings: ["scheme: keyue"] + HeaderProof.secrets,
        cases: { _ in
            let body = Array(#"{"callbackType":0,"data":{"sessionId":"s1"}}"#.utf8)
            let other = Array(#"{"callbackType":0,"data":{"sessionId":"s1","n":1}}"#.utf8)
            let path = "/" + HeaderProof.secret.exposed
            let taken = [#"{"code":200,"msg":"success"}"#]
            return [
                SenderCase(
                    name: "a callback", address: path, body: body, status: 200, answers: taken,
                    stores: ["0:s1"]),
                SenderCase(
                    name: "the same again", address: path, body: body, status: 200, answers: taken),
                SenderCase(
                    name: "the same with another body", address: path, body: other, status: 200,
                    answers: taken),
                SenderCase(
                    name: "by the older secret", address: "/" + HeaderProof.older.exposed,
                    body: body, status: 200, answers: taken),
                SenderCase(
                    name: "what is none", address: path, body: Array("{}".utf8), status: 400,
                    answers: [#"{"code":400,"msg":"malformed request"}"#]),
                SenderCase(name: "no secret", body: body, status: 404),
                SenderCase(name: "an empty secret", address: "/", body: body, status: 404),
                SenderCase(
                    name: "another secret", address: "/" + HeaderProof.stranger.exposed,
                    body: body, status: 404, lacks: ["\"code\""]),
                SenderCase(name: "a path beyond", address: path + "/x", body: body, status: 404),
            ]
        })
}
