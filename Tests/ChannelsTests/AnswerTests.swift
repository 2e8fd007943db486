import Channels
import Domain
import StrictJSON
import Testing
import Transport

private func answer(
    _ status: Int, _ body: String = "", _ headers: [HTTPField] = []
) -> Result<HTTPAnswer, TransportFailure> {
    .success(HTTPAnswer(status: status, headers: headers, body: Array(body.utf8)))
}

/// An outcome in one line: its word, the reason, the wait, and whether the endpoint is slowed.
private func line(_ outcome: DeliveryOutcome) -> String {
    var line = "\(outcome.word) \(outcome.reason.word)"
    if case .retry(let after, let slowsEndpoint, _) = outcome {
        if let after { line += " \(after.wholeMilliseconds / 1_000)s" }
        if slowsEndpoint { line += " slow" }
    }
    return line
}

@Test(arguments: [
    (200, "accepted "), (204, "accepted "), (299, "accepted "), (199, "retry unexpected_status"),
    (300, "retry redirect"), (304, "retry redirect"), (400, "retry http_4xx"),
    (401, "retry http_4xx"), (404, "retry http_4xx"), (409, "retry http_4xx"),
    (410, "channel_broken gone"), (411, "retry http_4xx"), (429, "retry rate_limited slow"),
    (500, "retry http_5xx"), (502, "retry http_5xx slow"), (503, "retry http_5xx"),
    (504, "retry http_5xx slow"), (599, "retry http_5xx"), (600, "retry unexpected_status"),
])
func aWebhookAnswerIsReadByItsStatus(_ status: Int, _ due: String) {
    #expect(line(WebhookChannel().read(answer(status, "{\"code\":19001}"), at: start)) == due)
}

@Test(arguments: [
    // The code in the body, whatever the status.
    (200, #"{"code":0}"#, "accepted "), (200, #"{"code":"0"}"#, "accepted "),
    (200, #"{"StatusCode":0}"#, "accepted "),
    (200, #"{"code":19001,"StatusCode":0}"#, "channel_broken 19001"),
    (200, #"{"code":19021}"#, "channel_broken 19021"),
    (200, #"{"code":19022}"#, "channel_broken 19022"),
    (500, #"{"code":19021}"#, "channel_broken 19021"),
    (200, #"{"code":19002}"#, "rejected 19002"), (200, #"{"code":19024}"#, "rejected 19024"),
    (200, #"{"code":19036}"#, "rejected 19036"), (429, #"{"code":19002}"#, "rejected 19002"),
    (200, #"{"code":11232}"#, "retry 11232 slow"), (400, #"{"code":11232}"#, "retry 11232 slow"),
    (200, #"{"code":9499,"msg":"Bad Request"}"#, "rejected 9499"),
    (200, #"{"code":9499,"msg":"Too Many request"}"#, "retry 9499 slow"),
    // A zero under somebody else's error page is not a delivered message.
    (502, #"{"code":0}"#, "retry http_5xx slow"), (404, #"{"code":0}"#, "channel_broken http_404"),
    // A code that no table lists: the status speaks first, where it says anything.
    (200, #"{"code":99999}"#, "rejected 99999"), (400, #"{"code":99999}"#, "rejected 99999"),
    (503, #"{"code":99999}"#, "retry http_5xx"),
    (429, #"{"code":99999}"#, "retry rate_limited slow"),
    (401, #"{"code":99999}"#, "channel_broken http_401"),
    // No code at all.
    (200, "", "retry unreadable_response"), (200, "<html>", "retry unreadable_response"),
    (200, "{}", "retry unreadable_response"), (200, "[0]", "retry unreadable_response"),
    (200, #"{"code":0,"code":0}"#, "retry unreadable_response"),
    (200, #"{"code":0.5}"#, "retry unreadable_response"),
    (200, #"{"code":null}"#, "retry unreadable_response"),
    (204, "", "retry unreadable_response"), (301, "", "retry redirect"),
    (408, "", "retry http_408"), (425, "", "retry http_425"), (410, "", "channel_broken gone"),
    (401, "", "channel_broken http_401"), (403, "", "channel_broken http_403"),
    (404, "", "channel_broken http_404"), (400, "", "rejected http_4xx"),
    (429, "", "retry rate_limited slow"), (500, "", "retry http_5xx"),
])
func aFeishuAnswerIsReadByItsCodeAndThenByItsStatus(_ status: Int, _ body: String, _ due: String) {
    #expect(line(FeishuChannel().read(answer(status, body), at: start)) == due, "\(body)")
}

@Test func anAnswerLargerThanIsLookedAtProvesNothing() {
    let body = #"{"code":0,"pad":""# + String(repeating: "x", count: 64 << 10) + #""}"#
    #expect(line(FeishuChannel().read(answer(200, body), at: start)) == "retry unreadable_response")
}

@Test(arguments: Endpoint.Channel.allCases)
func noAnswerIsTriedAgainUnlessWeForbadeItToAChat(_ channel: Endpoint.Channel) {
    let due: [TransportFailure.Code: String] = [
        .refused: channel.isCallback
            ? "retry forbidden_target" : "channel_broken forbidden_target",
        .couldNotResolve: "retry dns",
        .couldNotConnect: "retry connect", .handshakeFailed: "retry tls",
        .timedOut: "retry timeout", .cutOff: "retry connection_reset",
        .malformedAnswer: "retry unreadable_response", .cancelled: "retry cancelled",
    ]
    for code in TransportFailure.Code.allCases {
        for isSent in [true, false] {
            let failure = TransportFailure(code, isSent: isSent, detail: "d")
            #expect(line(channel.messages.read(.failure(failure), at: start)) == due[code])
        }
    }
}

@Test func whatTheOtherSideSaidIsKeptShortAndOnOneLine() {
    let long = "no\n\u{202E}" + String(repeating: "文", count: 1_000)
    let outcome = WebhookChannel().read(answer(500, long), at: start)
    #expect(outcome.reason.detail.utf8.count <= 1_024)
    #expect(outcome.reason.detail.hasPrefix("no 文"))
    #expect(outcome.reason.status == 500)
    let refused = FeishuChannel().read(
        answer(200, #"{"code":19024,"msg":"Key Words Not Found"}"#), at: start)
    #expect(refused.reason.detail == "Key Words Not Found")
    #expect(refused.reason.code == "19024")
}

@Test func aRepeatedRetryAfterIsIgnored() {
    let two = [HTTPField("Retry-After", "5"), HTTPField("retry-after", "5")]
    #expect(line(WebhookChannel().read(answer(503, "", two), at: start)) == "retry http_5xx")
    let one = [HTTPField("RETRY-AFTER", "5")]
    #expect(line(WebhookChannel().read(answer(503, "", one), at: start)) == "retry http_5xx 5s")
    #expect(
        line(FeishuChannel().read(answer(200, #"{"code":11232}"#, one), at: start))
            == "retry 11232 5s slow")
}

@Test func everySharedAnswerIsJudgedAsItsVectorSays() throws {
    guard let cases = try SharedFiles.cases("responses.json") else { return }
    let words = ["delivered": "accepted", "reject_message": "rejected"]
    let errors: [String: TransportFailure.Code] = [
        "dns": .couldNotResolve, "connect": .couldNotConnect, "timeout": .timedOut,
        "connection_reset": .cutOff, "tls": .handshakeFailed,
    ]
    let channels = Dictionary(
        uniqueKeysWithValues: Endpoint.Channel.allCases.map { ($0.vectorName, $0.messages) })
    var counts: [String: Int] = [:]
    for vector in cases {
        let id = try #require(vector["id"]?.string)
        let kind = try #require(vector["kind"]?.string)
        let expected = try #require(vector["expected"])
        let seconds = expected["retry_after_seconds"]?.number?.int64
        if kind == "retry-after" {
            let wait = vector.value(at: "/input/retry-after")?.string.flatMap {
                RetryAfter.duration($0, at: start)
            }
            let due = expected["seconds"]?.number?.int64.map { Duration.seconds($0) }
            #expect(wait == due, "\(id)")
            counts[kind, default: 0] += 1
            continue
        }
        let name = try #require(vector["channel"]?.string)
        for (key, channel) in channels.sorted(by: { $0.key < $1.key }) {
            guard name == key || name == "*" else { continue }
            let result: Result<HTTPAnswer, TransportFailure>
            if let error = vector["error"]?.string {
                let code = try #require(errors[error])
                result = .failure(TransportFailure(code, isSent: true, detail: ""))
            } else {
                let headers = vector.value(at: "/response/headers")?.object?.members ?? []
                result = answer(
                    Int(try #require(vector.value(at: "/response/status")?.number?.int64)),
                    try #require(vector.value(at: "/response/body")?.string),
                    headers.map { HTTPField($0.key, $0.value.string ?? "") })
            }
            let outcome = channel.read(result, at: start)
            let due = try #require(expected["outcome"]?.string)
            #expect(outcome.word == words[due, default: due], "\(id)")
            if let reason = expected["reason"]?.string {
                #expect(outcome.reason.word == reason, "\(id)")
            }
            if case .retry(let after, _, _) = outcome {
                #expect(after == seconds.map { .seconds($0) }, "\(id)")
            }
            counts[key, default: 0] += 1
        }
    }
    print("answer vectors: \(counts.sorted { $0.key < $1.key })")
    // Each with the five ways in which no answer comes.
    let due = [
        "standard-webhook": 26, "cloudevents": 5, "feishu-bot": 19, "dingtalk-robot": 27,
        "wecom-robot": 11, "slack-webhook": 19, "discord-webhook": 12, "teams-workflows": 12,
        "telegram-bot": 11, "infoflow-robot": 7, "mattermost": 6, "google-chat": 7,
    ].mapValues { $0 + 5 }
    #expect(counts == due.merging(["retry-after": 15]) { $1 })
}

@Test func noPartOfACredentialComesBack() {
    var endpoint = Endpoint.feishu(secrets: [Secret("Xm2pQ7vT9aLk3ZcR8yWd1f")])
    endpoint.headers = [Endpoint.Header("authorization", Secret("Bearer abcdefghijkl"))]
    let redaction = Redaction(of: endpoint)
    for text in [
        endpoint.url.exposed, "00000000-1111-2222", "Xm2pQ7vT9aLk3ZcR8yWd1f", "abcdefghijkl",
        "Bearer abcdefghijkl",
    ] {
        #expect(redaction.redact("said \(text)!") == "said <secret>!")
    }
    #expect(redaction.redact("open.feishu.cn said no 文") == "open.feishu.cn said no 文")
    endpoint.url = Secret(
        "https://api.telegram.org/bot123456:AAHxyzSECRET/sendMessage?k=ab%2Bcdefgh")
    endpoint.headers = [Endpoint.Header("x-api-key", Secret("Sh0rt"))]
    let robot = Redaction(of: endpoint)
    for text in [
        "bot123456:AAHxyzSECRET", "123456:AAHxyzSECRET", "AAHxyzSECRET", "ab%2Bcdefgh",
        "ab+cdefgh", "Sh0rt",
    ] {
        #expect(robot.redact("said \(text)!") == "said <secret>!")
    }
    #expect(robot.redact("the bot said no") == "the bot said no")
    let webhook = Redaction(of: .webhook([Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]))
    #expect(webhook.redact("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw") == "<secret>")
}

@Test(arguments: [
    (#"no: "Bearer aGVsbG8\/d29ybGQrZm9v""#, #"no: "<secret>""#),
    (#"no: Bearer aGVsbG8/d29ybGQrZm9v"#, "no: <secret>"),
    ("no: aGVsbG8%2Fd29ybGQrZm9v!", "no: <secret>!"),
    (#"no: p\u0026ss<w\"rd%41!"#, "no: <secret>!"), ("p&amp;ss&lt;w&quot;rd%2541", "<secret>"),
    (#"no: p\u0027ss<w"rd"#, #"no: p\u0027ss<w"rd"#),
    ("one two  blanks here", "<secret> here"), ("one two blanks", "<secret>"),
    ("sid=S3CRETX90; a=b", "<secret>"), ("S3CRETX90", "<secret>"),
    // Cut in its middle.
    ("xxx aGVsbG8/d29\u{2026}", "xxx <secret>\u{2026}"), ("xxx aGV\u{2026}", "xxx aGV\u{2026}"),
    ("\u{2068}xxx aGVsbG8%2Fd29\u{2026}\u{2069}", "\u{2068}xxx <secret>\u{2026}\u{2069}"),
])
func aSecretIsSeenHoweverItIsWritten(_ said: String, _ shown: String) {
    var endpoint = Endpoint.webhook([])
    endpoint.headers = [
        "Bearer aGVsbG8/d29ybGQrZm9v", #"p&ss<w"rd%41"#, "one  two blanks", "sid=S3CRETX90; a=b",
    ].map { Endpoint.Header("x", Secret($0)) }
    #expect(Redaction(of: endpoint).redact(said) == shown)
}

@Test func whatABasicHeaderStandsForDoesNotComeBack() {
    var endpoint = Endpoint.webhook([])
    // hook:s3cret:pass, and a key that stands where the name does.
    for (header, said) in [
        ("Basic aG9vazpzM2NyZXQ6cGFzcw==", ["hook:s3cret:pass", "s3cret:pass", "hook"]),
        ("basic  aG9vazpzM2NyZXQ6cGFzcw", ["hook:s3cret:pass", "s3cret:pass"]),
        ("Basic c2tfbGl2ZV84eTo=", ["sk_live_8y:", "sk_live_8y", "c2tfbGl2ZV84eTo="]),
    ] {
        endpoint.headers = [Endpoint.Header("Authorization", Secret(header))]
        let redaction = Redaction(of: endpoint)
        for text in said { #expect(redaction.redact("no \(text)!") == "no <secret>!", "\(text)") }
        #expect(redaction.redact("a basic no") == "a basic no")
    }
}
