import Domain
import Gateway
import Rules
import Storage
import StorageMemory
import StrictJSON
import Testing
import Transport
import TransportCurl

extension HTTPAnswer {
    fileprivate var json: JSONValue? { try? JSONValue(parsing: body) }
    fileprivate var code: String? { json?["code"]?.string }
}

/// Runs `work` with our client against a gateway.
private func withAPI(
    _ fixture: GatewayFixture = GatewayFixture(),
    _ work: @escaping @Sendable (CurlTransport, String) async throws -> Void
) async throws {
    try await fixture.run { gateway in
        let transport = try client()
        do {
            try await work(transport, gateway.url + "/api/v1")
        } catch {
            await transport.shutdown()
            throw error
        }
        await transport.shutdown()
    }
}

private let rule = #"{"match":{"type":["bot.published"]},"notify":["audit"]}"#

@Suite(.timeLimit(.minutes(1))) struct APITests {
    @Test func withoutTheKeyEverythingIsAnsweredAlike() async throws {
        try await GatewayFixture().run { gateway in
            let key = GatewayFixture.key
            var answers: Set<String> = []
            for (path, lines) in [
                ("events", ""), ("events", "Authorization: Bearer wrong\r\n"),
                ("events", "Authorization: Bearer \(key)x\r\n"),
                ("events", "Authorization: Basic \(key)\r\n"),
                ("events", "Authorization: \(key)\r\n"),
                ("events", "Authorization: Bearer \(key)\r\nAuthorization: Bearer \(key)\r\n"),
                ("rules/any", ""), ("no/such/thing", ""), ("events?bad=1", ""),
                ("../v2/secret", ""),
            ] {
                let client = try await RawClient.connect(to: gateway.port)
                try await client.send(
                    "GET /api/v1/\(path) HTTP/1.1\r\nHost: x\r\n\(lines)\r\n")
                answers.insert(try await client.readAnswer())
            }
            #expect(answers.count == 1)
            #expect(answers.first?.hasPrefix("HTTP/1.1 401 ") == true)
            #expect(answers.first?.contains("\r\nWWW-Authenticate: Bearer") == true)
            let client = try await RawClient.connect(to: gateway.port)
            try await client.send(
                "GET /api/v1/stats HTTP/1.1\r\nHost: x\r\nauthorization: bearer \(key)\r\n\r\n")
            #expect(try await client.readAnswer().hasPrefix("HTTP/1.1 200 "))
        }
    }

    @Test(
        arguments: [
            ("/events", 200, nil), ("/events?limit=200&state=received", 200, nil),
            ("/tasks?event=evt_1&state=queued", 200, nil),
            ("/events?source=coze&type=bot.published&entity=7&since=2h&until=1m&text=a", 200, nil),
            ("/tasks?rule=a&connection=b&entity=c&workspace=d&since=2h&until=1m&text=a", 200, nil),
            ("/deliveries?event=a&endpoint=b&type=ping&since=1d&until=1m&text=a", 200, nil),
            ("/events/count", 200, nil), ("/tasks/count?text=%E5%AE%A2", 200, nil),
            ("/deliveries/count?state=pending", 200, nil), ("/stats?hours=168", 200, nil),
            ("/events/count?limit=5", 400, "parameter_invalid"),
            ("/deliveries?type=ping.pong", 400, "parameter_invalid"),
            ("/events?since=soon", 400, "parameter_invalid"),
            ("/events?since=1h&until=2h", 422, "parameter_refused"),
            ("/tasks?cursor=e.1.1.1", 422, "parameter_refused"),
            ("/stats?hours=0", 400, "parameter_invalid"),
            ("/deliveries?task=tsk_1", 200, nil),
            ("/stats", 200, nil), ("/rules", 200, nil),
            ("/events?limit=201", 400, "parameter_invalid"),
            ("/events?limit=", 400, "parameter_invalid"),
            ("/events?state=queued", 400, "parameter_invalid"),
            ("/events?rule=a", 400, "parameter_invalid"),
            ("/tasks?state=queued&state=queued", 400, "parameter_invalid"),
            ("/tasks?State=queued", 400, "parameter_invalid"),
            ("/tasks?cursor=nonsense", 400, "parameter_invalid"),
            ("/stats?all=1", 400, "parameter_invalid"), ("/audit/verify", 200, nil),
            ("/audit/verify?expect=0:\(String(repeating: "0", count: 64))", 200, nil),
            ("/audit/verify?expect=5", 400, "parameter_invalid"),
            ("/audit?cursor=5", 200, nil), ("/audit?cursor=999999999999999999", 200, nil),
            ("/audit?cursor=-5", 400, "parameter_invalid"),
            ("/audit?cursor=%2B5", 400, "parameter_invalid"),
            ("/audit?cursor=", 400, "parameter_invalid"),
            ("/audit?cursor=1000000000000000000", 400, "parameter_invalid"),
            ("/events/evt_0", 404, "not_found"), ("/tasks/tsk_0", 404, "not_found"),
            ("/deliveries/msg_0", 404, "not_found"), ("/rules/none", 404, "not_found"),
            ("/tasks/tsk_0/resolve", 405, "method_not_allowed"),
            ("/events/evt_0/more", 404, "not_found"), ("/events/", 404, "not_found"),
            ("/nothing", 404, "not_found"), ("", 404, "not_found"),
        ] as [(String, Int, String?)])
    func aQuestionHasOneAnswer(path: String, status: Int, code: String?) async throws {
        try await withAPI { transport, url in
            let answer = try await transport.ask(.get, url + path)
            #expect(answer.status == status)
            #expect(answer.code == code)
            #expect(
                answer.headers.first("content-type")
                    == (code == nil ? "application/json" : "application/problem+json"))
            #expect(answer.headers.first("cache-control") == "no-store")
        }
    }

    @Test func aRuleThatIsPutIsInForceWhenThisIsAnswered() async throws {
        let fixture = GatewayFixture()
        try await withAPI(fixture) { transport, url in
            let blank = try await transport.ask(.put, url + "/rules/a%20b", body: rule)
            #expect(blank.code == "rule_invalid")
            let put = try await transport.ask(.put, url + "/rules/%E5%A4%87%E4%BB%BD", body: rule)
            #expect(put.status == 201)
            #expect(fixture.book.current.rules.map(\.name) == ["备份"])
            let again = try await transport.ask(
                .put, url + "/rules/%E5%A4%87%E4%BB%BD", body: rule)
            #expect(again.status == 200)
            let list = try await transport.ask(.get, url + "/rules")
            #expect(list.json?["rules"]?[0] == put.json)
            let gone = try await transport.ask(.delete, url + "/rules/%E5%A4%87%E4%BB%BD")
            #expect(gone.status == 204)
            #expect(gone.body.isEmpty)
            #expect(fixture.book.current.rules.isEmpty)
        }
    }

    @Test func aRuleIsChangedOnlyWhileItIsAsItWasRead() async throws {
        try await withAPI { transport, url in
            func ask(
                _ method: Transport.HTTPRequest.Method, _ condition: String, _ body: String = "",
                to verb: String = "", by header: String = "If-Match"
            ) async throws -> HTTPAnswer {
                var request = Transport.HTTPRequest(
                    method, url + "/rules/backup" + verb,
                    headers: [
                        Transport.HTTPField("Authorization", "Bearer \(GatewayFixture.key)"),
                        Transport.HTTPField(header, condition),
                    ], body: Array(body.utf8))
                request.isOnFreshConnection = true
                return try await transport.send(request)
            }
            let other = #"{"match":{"type":["bot.deleted"]}}"#
            #expect(try await ask(.put, "*", rule).code == "changed_meanwhile")
            let put = try await ask(.put, "*", rule, by: "If-None-Match")
            let tag = try #require(put.headers.first("etag"))
            #expect(put.status == 201)
            #expect(put.json?["etag"]?.string == tag && tag.hasPrefix("\""))
            let read = try await transport.ask(.get, url + "/rules/backup")
            #expect(read.headers.first("etag") == tag)

            #expect(try await ask(.put, "*", other, by: "If-None-Match").status == 412)
            let missed = try await ask(.put, "\"other\"", other)
            #expect(missed.status == 412 && missed.code == "changed_meanwhile")
            #expect(try await ask(.put, "W/\(tag)", other).status == 412)
            let changed = try await ask(.put, "\"other\", \(tag)", other)
            #expect(changed.status == 200 && changed.headers.first("etag") != tag)
            #expect(try await ask(.delete, tag).status == 412)
            #expect(try await ask(.put, "*", rule).headers.first("etag") == tag)
            for strange in ["", "other", "\"", "*, \"a\"", String(tag.dropFirst().dropLast())] {
                #expect(try await ask(.put, strange, other).status == 412, "\(strange)")
            }

            #expect(try await ask(.post, "\"other\"", to: "/disable").status == 412)
            let off = try await ask(.post, tag, to: "/disable")
            #expect(off.status == 200 && off.headers.first("etag") != tag)
            #expect(try await ask(.post, tag, to: "/enable").status == 412)
            let on = try await ask(.post, "*", to: "/enable")
            #expect(on.headers.first("etag") == tag)
            #expect(try await ask(.delete, tag).status == 204)
        }
    }

    @Test func aBrokenRuleIsRefusedWithPlaceAndRemedy() async throws {
        let fixture = GatewayFixture()
        try await withAPI(fixture) { transport, url in
            _ = try await transport.ask(.put, url + "/rules/backup", body: rule)
            let broken = try await transport.ask(
                .put, url + "/rules/backup",
                body: #"{"match":{"type":["a"]},"copy":[{"connection":"coze-prd"}]}"#)
            #expect(broken.status == 422)
            #expect(broken.json?["pointer"] == "/copy/0/connection")
            #expect(broken.json?["remedy"]?.string?.contains("coze-prod") == true)
            let torn = try await transport.ask(.put, url + "/rules/backup", body: "{")
            #expect(torn.status == 400)
            #expect(torn.code == "body_invalid")
            let kept = try await transport.ask(.get, url + "/rules/backup")
            #expect(kept.json?["definition"]?["notify"] == ["audit"])
            #expect(fixture.book.current.rules.count == 1)
        }
    }

    @Test func aRuleFromAFileIsReadOnly() async throws {
        var fixture = GatewayFixture()
        fixture.fileRules = [
            try Rule(parsing: try JSONValue(parsing: rule), name: "night", origin: .file("n.yaml"))
        ]
        try await withAPI(fixture) { transport, url in
            for method in [Transport.HTTPRequest.Method.put, .delete] {
                let answer = try await transport.ask(method, url + "/rules/night", body: rule)
                #expect(answer.status == 409)
                #expect(answer.code == "rule_read_only")
            }
        }
    }

    @Test func aPersonDecidesOverHTTP() async throws {
        let fixture = GatewayFixture()
        try await fixture.storeUnresolvedTask()
        try await withAPI(fixture) { transport, url in
            let resolve = url + "/tasks/tsk_1/resolve"
            let odd = try await transport.ask(.post, resolve, body: #"{"decision":"retry"}"#)
            #expect(odd.status == 422)
            #expect(odd.json?["pointer"] == "/decision")
            let done = try await transport.ask(
                .post, resolve, body: #"{"decision":"adopt","copy_id":"7600"}"#)
            #expect(done.status == 200)
            #expect(done.json?["task"]?["state"] == "succeeded")
            let late = try await transport.ask(.post, resolve, body: #"{"decision":"give_up"}"#)
            #expect(late.status == 409)
            #expect(late.code == "task_not_unresolved")
            let event = try await transport.ask(.get, url + "/events/evt_1")
            #expect(event.json?["event"]?["data"]?["n"]?.number?.text == "7505309748215939108")
            let list = try await transport.ask(.get, url + "/tasks?state=succeeded")
            #expect(list.json?["tasks"]?.array?.count == 1)
        }
    }

    @Test func anEncodedBodyIsRefused() async throws {
        try await GatewayFixture().run { gateway in
            let client = try await RawClient.connect(to: gateway.port)
            try await client.send(
                "PUT /api/v1/rules/a HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\n"
                    + "Authorization: Bearer \(GatewayFixture.key)\r\nContent-Length: 2\r\n\r\n{}")
            #expect(try await client.readAnswer().hasPrefix("HTTP/1.1 415 "))
            for (encoding, body) in [("identity", "{}"), ("gzip", "")] {
                let client = try await RawClient.connect(to: gateway.port)
                try await client.send(
                    "POST /api/v1/rules/a/enable HTTP/1.1\r\nHost: x\r\n"
                        + "Content-Encoding: \(encoding)\r\n"
                        + "Authorization: Bearer \(GatewayFixture.key)\r\n"
                        + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
                // Taken, and then there is no such rule.
                #expect(try await client.readAnswer().hasPrefix("HTTP/1.1 404 "))
            }
        }
    }
}

extension GatewayFixture {
    /// One event, and its task `tsk_1` that waits for its turn.
    func storeTask() async throws {
        let now = Self.now
        let event = Event(
            id: "evt_1", identity: .init(source: "s", key: "k"), type: "bot.published", time: nil,
            receivedAt: now, entity: nil, body: Array(#"{"n":7505309748215939108}"#.utf8))
        _ = try await store.admit(event)
        let task = CopyTask(
            id: "tsk_1",
            plan: .init(
                event: EventSummary(event), rule: "r", action: 0, run: 0, connection: "coze-prod",
                provider: .coze, entity: EntityReference(type: "bot", id: "7351"),
                toWorkspace: "7498", onUncertain: .hold, notify: nil, createdAt: now),
            state: .queued(notBefore: now))
        let found = try await store.claimEvents(limit: 1, at: now, lease: .seconds(60))[0]
        try await store.settle(found, as: MatchOutcome(tasks: [task]), at: now)
    }

    /// The same, with its answer lost.
    fileprivate func storeUnresolvedTask() async throws {
        let now = Self.now
        try await storeTask()
        var claim = try await store.takeTask("tsk_1", at: now, lease: .seconds(60))
        _ = try claim.work.apply(.prepared(.init(id: "dsp_1", at: now)))
        try await store.dispatch(claim, at: now)
        _ = try claim.work.apply(.answerLost(lookAt: now))
        _ = try claim.work.apply(.held(lookAt: nil, at: now))
        try await store.settle(claim, with: CopySettlement(), at: now)
    }
}
