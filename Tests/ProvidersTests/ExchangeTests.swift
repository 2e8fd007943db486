import Domain
import Providers
import Signing
import StrictJSON
import Testing
import Transport

/// What people see of a request and its answer.
@Suite struct ExchangeTests {
    private let submitting = CopyTask.sample().sent

    @Test func aSubmissionIsShownAsItWentAndWasAnswered() throws {
        let platform = try CozePlatform(.coze())
        let reply = Reply.coze(
            ["copied_entity_id": "7512", "name": "客服\u{202E}助手"],
            headers: [HTTPField("content-type", "application/json; charset=utf-8")])
        let exchange = platform.exchange(
            platform.submission(of: submitting, with: grant), reply)
        #expect(exchange.method == "POST")
        #expect(exchange.url == "https://api.coze.cn/v1/entities/copy_tasks")
        #expect(exchange.requestBody.contains(#""7512041635401000001""#))
        #expect(exchange.status == 200)
        #expect(exchange.contentType == "application/json; charset=utf-8")
        let body = try #require(exchange.answerBody)
        #expect(body.contains(#""copied_entity_id":"7512""#) && body.contains("客服助手"))
    }

    /// A grant is newer than the platform's own list of secrets, and short ones are no long runs.
    @Test func noCredentialIsShownWhereverItIsRepeated() throws {
        let key = try RSAPrivateKey.make()
        let coze = try CozePlatform(
            .coze(.jwt(appID: "1", keyID: "k", privateKey: key.pem, accountID: nil)))
        let short = Grant(token: Secret("gr/nt-short"))
        let keyueSecrets = ["TEST-ROBOT-API-KEY", "TEST-UID", "test-user"]
        let secrets = ["gr/nt-short", #"gr\/nt-short"#, "gr%2Fnt-short"]
        for (platform, grant, hidden) in [
            (coze as any CopyPlatform, short, secrets),
            (try keyue(), Grant(token: Secret(keyueSecrets[0])), keyueSecrets),
        ] {
            let echo = "you sent " + hidden.joined(separator: ", ") + ", and that is all"
            let request = platform.submission(of: submitting, with: grant)
            let exchange = platform.exchange(
                request, .text(400, echo, headers: [HTTPField("Content-Type", echo)]))
            let shown = [exchange.url, exchange.requestBody, exchange.contentType ?? ""]
            for text in shown + [exchange.answerBody ?? ""] {
                for secret in hidden { #expect(!text.contains(secret), "\(secret) in \(text)") }
            }
            #expect(exchange.answerBody?.contains("that is all") == true)
        }
    }

    @Test func longBodiesAreCutAndAnAbsentAnswerIsNone() throws {
        let platform = try CozePlatform(.coze())
        let request = platform.probe(with: grant)
        let long = platform.exchange(
            request, .text(502, String(repeating: "proxy error, ", count: 10_000)))
        #expect(long.answerBody?.count == Exchange.bodyMax)
        #expect(long.requestBody.isEmpty)
        let none = platform.exchange(request, .failure(.timedOut, isSent: true))
        #expect(none.status == nil && none.answerBody == nil && none.contentType == nil)
        #expect(none.url == "https://api.coze.cn/v1/workspaces?page_num=1&page_size=1")
    }
}
