import Domain
import Simulation
import StrictJSON
import Testing

/// A day of somebody who looks after the service from the shell.
@Suite struct ShellDayTests {
    private static let rules = """
        - name: backup
          match: { type: [bot.published] }
          copy: [{ connection: coze, to_workspace: "7498204883280000002" }]
        """
    private static let target = "7498204883280000002"

    private let scratch: ScratchDirectory
    private let coze: SimulatorProcess
    private let endpoint: SimulatorProcess
    private let service: APIService
    private let bot = CozeWorld.standard.bots[0]

    init() async throws {
        scratch = try ScratchDirectory()
        coze = try await SimulatorProcess.start(.coze)
        endpoint = try await SimulatorProcess.start(.endpoint)
        let plan = ServicePlan(
            coze: coze.url, endpoint: endpoint.url, rules: Self.rules,
            connectionKeys: [
                "baseline: off", "settle: { sync: 50ms, async: 50ms }",
                "poll: { first: 100ms, factor: 1, max: 100ms }",
            ])
        let yaml = plan.yaml.replacing(ServicePlan.adminKey, with: APIService.key)
        service = try await APIService.start(
            configuration: scratch.write(yaml, to: "copyhook.yaml"))
        try await coze.put("world", ["copy_ms": 0])
    }

    /// What a command prints that must go well.
    private func said(_ arguments: String...) async throws -> String { try await said(arguments) }

    private func said(_ arguments: [String]) async throws -> String {
        let (status, output, errors) = try await BuiltBinary.run(
            arguments,
            environment: ["COPYHOOK_URL": service.url, "COPYHOOK_API_KEY": APIService.key])
        #expect(status == 0, "\(arguments): \(errors)")
        return output
    }

    private func publish(_ key: String, _ more: String...) async throws -> [String] {
        let (_, output, errors) = try await BuiltBinary.run(
            [
                "events", "publish", "--type", "bot.published", "--entity-type", "bot",
                "--entity-id", bot.id, "--entity-name", bot.name, "--key", key,
            ] + more,
            environment: ["COPYHOOK_URL": service.url, "COPYHOOK_API_KEY": APIService.key])
        #expect(errors == "")
        return output.split(whereSeparator: { $0 == " " || $0 == "\n" }).map(String.init)
    }

    private func tasks(_ query: String) async throws -> [JSONValue] {
        try await service.api("GET", "/api/v1/tasks?\(query)").json["tasks"]?.array ?? []
    }

    /// The id of a task in this state, once there is one.
    private func task(_ state: String, of event: String) async throws -> String {
        let found = try await service.until { _ in
            try await tasks("state=\(state)&event=\(event)").first?["id"]?.string
        }
        return try #require(found, "no task of \(event) is \(state)")
    }

    private func deliveries(_ query: String) async throws -> [JSONValue] {
        try await service.api("GET", "/api/v1/deliveries?\(query)").json["deliveries"]?.array ?? []
    }

    @Test func anEventIsPublishedFoundExplainedAndReplayed() async throws {
        let published = try await publish("k1")
        let event = try #require(published.first)
        #expect(published == [event, "stored"])
        #expect(try await publish("k1") == [event, "repeated"])
        #expect(try await publish("k1", "--time", "2026-03-18T08:30:15Z") == [event, "conflict"])
        let first = try await task("succeeded", of: event)

        #expect(try await said("events", "list").contains(event))
        let explained = try await said("events", "explain", event)
        #expect(explained.hasPrefix("backup: match\n"), "\(explained)")
        #expect(explained.contains("passed  type"), "\(explained)")
        #expect(explained.contains("then: planned \(first)"), "\(explained)")

        let replayed = try await said("events", "replay", event)
        #expect(replayed == "\(event) meets the rules again, as run 1\n")
        let both = try await service.until { _ in
            let done = try await tasks("state=succeeded&event=\(event)")
            return done.count == 2 ? done : nil
        }
        #expect(both?.compactMap { $0["run"]?.count } == [1])
        #expect(try await coze.copies().count == 2)

        // Many are counted, and nobody is here to say yes.
        let counted = try await said("events", "replay", "--since", "1h", "--dry-run")
        #expect(counted == "1 event\n")
        let refused = try await service.command("events", "replay", "--source", "api")
        #expect(refused.status == 2)
        #expect(refused.errors.hasPrefix("Replay 1 event? Nobody is here to say yes\n"))
        #expect(
            try await said("events", "replay", "--source", "api", "--yes")
                == "1 event put to the rules again\n")
        let three = try await service.until { _ in
            try await tasks("state=succeeded&event=\(event)").count == 3 ? true : nil
        }
        #expect(three == true)
        #expect(try await coze.copies().count == 3)
    }

    @Test func tasksAreCopiedByHandResolvedCancelledAndRetried() async throws {
        let byHand = [
            "tasks", "copy", "--connection", "coze", "--entity-type", "bot", "--entity-id",
            bot.id, "--name", bot.name, "--to-workspace", Self.target, "--key", "monday", "--json",
        ]
        let environment = [
            "COPYHOOK_URL": service.url, "COPYHOOK_API_KEY": APIService.key,
        ]
        var ids: Set<String> = []
        for _ in 0..<2 {
            let (status, output, errors) = try await BuiltBinary.run(
                byHand, environment: environment)
            #expect(status == 0, "\(errors)")
            let json = try JSONValue(parsing: Array(output.utf8))
            ids.insert(json["task"]?["id"]?.string ?? "")
        }
        #expect(ids.count == 1)
        let copied = try await service.until { _ in
            try await tasks("state=succeeded").first?["id"]?.string
        }
        #expect(copied == ids.first)

        // An answer is lost, and a person names the copy.
        try await coze.fail(["next": [["route": "copy", "fault": "cut_after_acting"]]])
        let lost = try await task("unresolved", of: publish("k1")[0])
        let made = try #require(try await coze.copies().last?["copied_entity_id"]?.string)
        #expect(
            try await said("tasks", "resolve", lost, "--adopt", made)
                == "\(lost) is now succeeded\n")

        // The platform is too busy for now, so that a task waits.
        try await coze.fail([
            "next": [
                [
                    "route": "copy", "status": 429, "headers": ["Retry-After": "600"],
                    "body": [:],
                ]
            ]
        ])
        let event = try await publish("k2")[0]
        let waiting = try await service.until { _ in
            try await tasks("state=queued&event=\(event)").first {
                $0["attempts"]?.count == 1
            }?["id"]?.string
        }
        let task = try #require(waiting)
        #expect(try await said("tasks", "cancel", task) == "\(task) is now cancelled\n")
        #expect(try await said("tasks", "cancel", task) == "\(task) is now cancelled\n")
        let again = try await said("tasks", "retry", task)
        #expect(again.hasPrefix("\(task) is done again by tsk_"), "\(again)")
        #expect(again.hasSuffix(", which is queued\n"), "\(again)")
        #expect(try await said("tasks", "retry", task) == again)
        let refused = try await service.command("tasks", "retry", lost)
        #expect(refused.status == 1)
        #expect(refused.errors.hasPrefix("Not to be done again: the task is succeeded\n"))

        // Many: counted, asked about, and the one that was done again is left out.
        let rule = ["--rule", "backup"]
        #expect(
            try await said(["tasks", "cancel", "--queued", "--dry-run"] + rule)
                == "1 queued task\n")
        let unsure = try await service.command("tasks", "cancel", "--queued")
        #expect(unsure.status == 2)
        #expect(unsure.errors.hasPrefix("Cancel 1 queued task? Nobody is here to say yes\n"))
        #expect(
            try await said(["tasks", "cancel", "--queued", "--yes"] + rule)
                == "1 queued task cancelled\n")
        #expect(
            try await said(["tasks", "retry", "--cancelled", "--since", "1h", "--yes"] + rule)
                == "1 cancelled task retried\n")
        #expect(try await said(["tasks", "retry", "--failed"] + rule) == "0 failed tasks\n")
    }

    @Test func deliveriesGoOutAgainAndRulesAreSwitched() async throws {
        let event = try await publish("k1")[0]
        let task = try await task("succeeded", of: event)
        let delivered = try await service.until { _ in
            try await deliveries("task=\(task)&state=delivered").first?["id"]?.string
        }
        let delivery = try #require(delivered)
        // Its room may have taken it up by the time it is shown.
        let resent = try await said("deliveries", "resend", delivery)
        #expect(resent.hasPrefix("\(delivery) is now "), "\(resent)")
        let twice = try await service.until { _ in
            let ids = try await endpoint.deliveries().map(\.webhookID)
            return ids.count { $0 == delivery } == 2 ? true : nil
        }
        #expect(twice == true)

        // The endpoint is away, so that a delivery waits, is given up by a person and asked for.
        try await endpoint.fail(["http_500": 1])
        let other = try await publish("k2")[0]
        let missed = try await service.until { _ in
            let ended = try await tasks("state=succeeded&event=\(other)").first?["id"]?.string
            guard let ended else { return String?.none }
            return try await deliveries("task=\(ended)&state=pending").first {
                $0["attempts"]?.count == 1
            }?["id"]?.string
        }
        let waiting = try #require(missed)
        #expect(
            try await said("deliveries", "cancel", waiting) == "\(waiting) is now cancelled\n")
        try await endpoint.fail([:])
        let refused = try await service.command("endpoints", "recover", "audit", "--since", "1h")
        #expect(refused.status == 2)
        #expect(refused.errors.contains("Send 1 delivery again?"), "\(refused.errors)")
        #expect(
            try await said("endpoints", "recover", "audit", "--since", "1h", "--yes")
                == "1 delivery queued again\n")
        let heard = try await service.until { _ in
            try await deliveries("state=delivered").contains { $0["id"]?.string == waiting }
                ? true : nil
        }
        #expect(heard == true)

        let file = try scratch.write(
            "match: { type: [build.done] }\nnotify: [audit]\n", to: "builds.yaml")
        _ = try await said("rules", "put", file, "--name", "builds")
        #expect(try await said("rules", "disable", "builds") == "builds is off\n")
        let given = try scratch.write(#"{"type":"build.done"}"#, to: "event.json")
        let tried = try await said("rules", "dry-run", "builds", "--event", given)
        #expect(tried.hasPrefix("builds: match (disabled)\n"), "\(tried)")
        #expect(tried.contains("would: announced and tells audit"), "\(tried)")
        #expect(try await said("rules", "enable", "builds") == "builds is on\n")
        let readOnly = try await service.command("rules", "disable", "backup")
        #expect(readOnly.status == 1 && readOnly.errors.hasPrefix("Rule is read-only: "))
        let stored = try await said("rules", "dry-run", "backup", "--event-id", event)
        #expect(stored.contains("would: planned copies bot \(bot.id) over coze"), "\(stored)")
    }

    @Test func aCloudEventIsPublishedInEachOfItsForms() async throws {
        func post(
            _ headers: [(String, String)], _ body: String, _ query: String = ""
        ) async throws -> Caller.Answer {
            try await Caller.shared.call(
                "POST", service.url + "/api/v1/events" + query,
                headers: [("Authorization", "Bearer \(APIService.key)")] + headers,
                body: Array(body.utf8))
        }
        let event = #"{"specversion":"1.0","id":"1","source":"/ci","type":"build.done"}"#
        let structured = [("Content-Type", "application/cloudevents+json")]
        let first = try await post(structured, event, "?source=ci")
        #expect(first.status == 201 && first.json["admission"] == "stored")
        let again = try await post(structured, event, "?source=ci")
        #expect(again.status == 200 && again.json["admission"] == "repeated")
        #expect(again.json["id"] == first.json["id"])
        let elsewhere = try await post(structured, event)
        #expect(elsewhere.json["admission"] == "stored")

        let batch = try await post(
            [("Content-Type", "application/cloudevents-batch+json")],
            "[\(event),\(event.replacing("\"1\"", with: "\"2\""))]", "?source=ci")
        #expect(
            batch.json["events"]?.array?.compactMap { $0["admission"]?.string }
                == ["repeated", "stored"])
        let binary = try await post(
            [
                ("ce-specversion", "1.0"), ("ce-id", "3"), ("ce-source", "/ci"),
                ("ce-type", "build.done"), ("Content-Type", "application/json"),
            ], #"{"n":1}"#, "?source=ci")
        #expect(binary.status == 201)
        let list = try await service.api("GET", "/api/v1/events").json["events"]?.array ?? []
        #expect(list.compactMap { $0["source"]?.string } == ["ci", "ci", "api", "ci"])

        for (headers, body, query, status, code) in [
            (structured, "{}", "", 422, "request_invalid"),
            (structured, "{", "", 400, "body_invalid"),
            ([("Content-Type", "application/cloudevents+avro")], "{}", "", 415, "content_type"),
            ([("Content-Type", "text/plain")], event, "", 415, "content_type"),
            ([("Content-Type", "application/json")], "{}", "", 422, "request_invalid"),
            ([("Content-Type", "application/json")], "{", "", 400, "body_invalid"),
            (
                [("Content-Type", "application/json")], #"{"type":"a","kind":1}"#, "", 422,
                "request_invalid"
            ),
            (
                [("Content-Type", "application/json")], #"{"type":"a"}"#, "?source=coze-main", 409,
                "source_taken"
            ),
            (
                [("Content-Type", "application/json")], #"{"type":"a"}"#, "?source=a/b", 400,
                "parameter_invalid"
            ),
        ] {
            let answer = try await post(headers, body, query)
            #expect(answer.status == status, "\(headers) \(body) \(query): \(answer.text)")
            #expect(answer.json["code"]?.string == code, "\(answer.text)")
        }
    }
}
