import Domain
import Signing

// Senders that are known by their proof alone.

extension SenderRow {
    static var proofs: [SenderRow] { [hmac, hmacTimed, header, bearer, basic, path, open] }

    private static func row(
        _ source: String, _ settings: [String], _ proof: HeaderProof,
        more: [SenderCase] = []
    ) -> SenderRow {
        SenderRow(
            source: source, settings: settings + ["key: /id"],
            cases: { try proof.cases($0) + more })
    }

    private static let shop = HMACProof.Form(
        algorithm: .sha512, encoding: .base64, header: "X-Shop-Hmac")

    private static let hmac = row(
        "shop",
        [
            "scheme: hmac", "header: X-Shop-Hmac", "algorithm: sha512", "encoding: base64",
        ] + HeaderProof.secrets,
        HeaderProof(
            prove: { secret, now, body, _ in
                try shop.headers(secret: secret, at: now, body: body)
            }))

    private static let grafana = HMACProof.Form(
        header: "X-Grafana-Alerting-Signature", prefix: "v1=",
        timestampHeader: "X-Grafana-Alerting-Timestamp")

    private static let hmacTimed = row(
        "grafana",
        [
            "scheme: hmac", "header: X-Grafana-Alerting-Signature", "prefix: v1=",
            "timestamp_header: X-Grafana-Alerting-Timestamp", "signed: \"{timestamp}:{body}\"",
        ] + HeaderProof.secrets,
        HeaderProof(
            prove: { secret, now, body, _ in
                try grafana.headers(secret: secret, at: now, body: body)
            }, isTimed: true))

    private static let header = row(
        "header", ["scheme: header", "header: X-Key"] + HeaderProof.secrets,
        HeaderProof(
            prove: { secret, _, _, _ in [("X-Key", secret.exposed)] }, isSigned: false))

    private static let bearer = row(
        "bearer", ["scheme: bearer"] + HeaderProof.secrets,
        HeaderProof(
            prove: { secret, _, _, _ in [("Authorization", "Bearer \(secret.exposed)")] },
            isSigned: false, doubled: 400),
        more: [
            SenderCase(
                name: "nothing", status: 401, answers: ["WWW-Authenticate: Bearer\r\n"]),
            SenderCase(
                name: "a wrong token", headers: [("Authorization", "Bearer x")], status: 401,
                answers: [#"WWW-Authenticate: Bearer error="invalid_token""#]),
            SenderCase(
                name: "in the address", address: "?access_token=\(HeaderProof.secret.exposed)",
                status: 401),
        ])

    private static let basic = row(
        "basic",
        ["scheme: basic", "users:"]
            + [HeaderProof.secret, .init("TESTONLY:with:colons"), HeaderProof.older].map {
                "  - { name: hook, password: \"\($0.exposed)\" }"
            },
        HeaderProof(
            prove: { secret, _, _, _ in
                let text = Array("hook:\(secret.exposed)".utf8)
                return [("Authorization", "Basic " + Base64.encode(text))]
            }, isSigned: false, doubled: 400),
        more: [
            SenderCase(
                name: "a password with colons",
                headers: [
                    (
                        "Authorization",
                        "Basic " + Base64.encode(Array("hook:TESTONLY:with:colons".utf8))
                    )
                ], body: Array(#"{"id":"colons"}"#.utf8), status: 200, stores: ["colons"]),
            SenderCase(
                name: "nothing", status: 401,
                answers: [#"WWW-Authenticate: Basic realm="hooks", charset="UTF-8""#]),
            SenderCase(
                name: "no base 64", headers: [("Authorization", "Basic !!!")], status: 400),
        ])

    private static let path = SenderRow(
        source: "path", settings: ["scheme: path", "key: /id"] + HeaderProof.secrets,
        cases: { _ in
            let body = Array(#"{"id":"p1"}"#.utf8)
            let path = "/" + HeaderProof.secret.exposed
            return [
                SenderCase(
                    name: "a call", address: path, body: body, status: 200,
                    answers: [#"{"ok":true}"#], stores: ["p1"]),
                SenderCase(name: "the same again", address: path, body: body, status: 200),
                SenderCase(
                    name: "percent-encoded", address: path.replacing("T", with: "%54"), body: body,
                    status: 200),
                SenderCase(
                    name: "by the older secret", address: "/" + HeaderProof.older.exposed,
                    body: Array(#"{"id":"p2"}"#.utf8), status: 200, stores: ["p2"]),
                SenderCase(
                    name: "one letter changed", address: "\(path.dropLast())2", body: body,
                    status: 404),
                SenderCase(name: "no secret", body: body, status: 404),
                SenderCase(name: "an empty secret", address: "/", body: body, status: 404),
                SenderCase(name: "a prefix", address: "\(path.dropLast())", status: 404),
                SenderCase(name: "the secret twice", address: path + path, status: 404),
                SenderCase(
                    name: "another method", method: "GET", address: path, status: 405),
            ]
        })

    /// Without a key: the bytes of the body are one, and an empty request is an event each time.
    private static let open = SenderRow(
        source: "bell", settings: ["scheme: path"] + HeaderProof.secrets,
        cases: { _ in
            let path = "/" + HeaderProof.secret.exposed
            let body = Array(#"{"a":1}"#.utf8)
            return [
                SenderCase(
                    name: "a body", address: path, body: body, status: 200,
                    stores: ["sha256:" + sha256Hex(body)]),
                SenderCase(name: "the same body", address: path, body: body, status: 200),
                SenderCase(name: "nothing", address: path, status: 200, stores: ["?"]),
                SenderCase(name: "nothing again", address: path, status: 200, stores: ["?"]),
            ]
        })
}
