import Domain
import StrictJSON
import Testing

/// Templates against the built binary.
@Suite struct OwnWordsTests {
    /// Own words, from the mistake that `check` shows to the message that a chat gets.
    @Test func ownWordsAreCheckedAndThenSent() async throws {
        let sink = try OutgoingSink { _ in
            OutgoingSink.Answer.json(#"{"code":0,"msg":"success","data":{}}"#)
        }
        let scratch = try ScratchDirectory()
        func configuration(_ template: String) -> String {
            """
            sources:
              partner: { scheme: standard-webhooks, secret: "\(SignedEvent.partnerSecret.exposed)" }
            endpoints:
              chat:
                channel: feishu
                url: http://127.0.0.1:\(sink.port)/open-apis/bot/v2/hook/simulated
                secret: Xm2pQ7vT9aLk3ZcR8yWd1f
                limits: { concurrent: 1 }
                template: |
                  {{mark}} {{#ping}}a test{{/ping}}
                  \(template)
            rules:
              - { name: tell, match: { type: [words.told] } }
              - { name: say, match: { type: [words.said] }, template: "rule {{rule}}, {{name}}" }
            egress: { allow: [127.0.0.0/8] }

            """
        }
        let file = try scratch.write(configuration("{{nmae}}"), to: "copyhook.yaml")
        for command in ["check", "serve"] {
            let said = try await BuiltBinary.run([command, "--config", file])
            #expect(said.status == 2, "\(said)")
            #expect(said.errors.contains(":9: endpoints.chat.template: in line 2 of the template"))
            #expect(said.errors.contains("Did you mean \"name\"?"), "\(said)")
        }
        _ = try scratch.write(configuration("{{event}}: {{name}}"), to: "copyhook.yaml")
        let checked = try await BuiltBinary.run(["check", "--config", file])
        #expect(checked.status == 0, "\(checked)")
        let trial = try await BuiltBinary.run(["endpoints", "test", "chat", "--config", file])
        #expect(trial.status == 0, "\(trial)")

        let service = try await APIService.start(configuration("{{event}}: {{name}}"), in: scratch)
        for (number, type) in ["words.told", "words.said"].enumerated() {
            let event = try SignedEvent(
                partner: type, key: "k\(number)",
                entity: ["type": "bot", "id": "1", "name": "客服 <at user_id=\"all\"></at>"])
            let answer = try await Caller.shared.call(
                "POST", "\(service.url)/in/partner", headers: event.headers, body: event.body)
            #expect(answer.status == 200)
        }
        let seen = await sink.requests(3, within: .seconds(20))
        let texts = try #require(seen, "\(sink.counts.requests.count) of 3 came").compactMap {
            try CapturedRequest($0).map { try JSONValue(parsing: $0.body) }?
                .value(at: "/content/text")?.string
        }
        let due = ["ℹ️ a test", "words.\u{200B}told: 客服 ＜at user＿id=", "rule say, 客服 ＜at user＿id="]
        for words in due {
            #expect(texts.contains { $0.contains(words) }, "\(words) is not in \(texts)")
        }
        #expect(texts.count == 3 && texts.allSatisfy { $0.contains("\nCopyhook") }, "\(texts)")
    }
}
