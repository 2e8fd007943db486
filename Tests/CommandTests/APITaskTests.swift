import Domain
import Simulation
import StrictJSON
import Testing

/// Events, tasks and deliveries from the shell, and what only a person can decide.
@Suite struct APITaskTests {
    private static let rules = """
        - name: backup
          match: { type: [bot.published] }
          copy: [{ connection: coze, to_workspace: "7498204883280000002" }]
        """

    private let scratch: ScratchDirectory
    private let coze: SimulatorProcess
    private let endpoint: SimulatorProcess
    private let service: APIService
    private let samples = SampleEvents()

    init() async throws {
        scratch = try ScratchDirectory()
        coze = try await SimulatorProcess.start(.coze)
        endpoint = try await SimulatorProcess.start(.endpoint)
        // Without a baseline nothing can be told to be ours, so that a lost answer is held.
        let plan = ServicePlan(
            coze: coze.url, endpoint: endpoint.url, rules: Self.rules,
            connectionKeys: [
                "baseline: off", "settle: { sync: 50ms, async: 50ms }",
                "poll: { first: 100ms, factor: 1, max: 100ms }",
            ])
        let yaml = plan.yaml.replacing(ServicePlan.adminKey, with: APIService.key)
        let file = try scratch.write(yaml, to: "copyhook.yaml")
        service = try await APIService.start(configuration: file)
    }

    /// Tells the service that a bot was published.
    private func publish(_ number: Int) async throws {
        let callback = try #require(
            samples.published(number: number, at: Timestamp(milliseconds: 1_749_038_258_245)))
        let answer = try await Caller.shared.call(
            "POST", service.url + "/in/coze-main", headers: callback.headers, body: callback.body)
        #expect(answer.status == 200)
    }

    private func tasks(_ state: String) async throws -> [JSONValue] {
        try await service.api("GET", "/api/v1/tasks?state=\(state)").json["tasks"]?.array ?? []
    }

    /// The id of the only task in this state, once there is one.
    private func taskID(in state: String) async throws -> String {
        let task = try await service.until { _ in try await tasks(state).first }
        return try #require(task?["id"]?.string, "no task is \(state)")
    }

    /// Publishes a bot and has Coze copy it and say nothing.
    private func heldTask(_ number: Int = 1) async throws -> String {
        // At once, so that it can be seen when the service looks.
        try await coze.put("world", ["copy_ms": 0])
        try await coze.fail(["next": [["route": "copy", "fault": "cut_after_acting"]]])
        try await publish(number)
        return try await taskID(in: "unresolved")
    }

    private func resolve(
        _ id: String, _ decision: String...
    ) async throws -> (status: Int32, output: String, errors: String) {
        try await BuiltBinary.run(
            ["tasks", "resolve", id] + decision,
            environment: ["COPYHOOK_URL": service.url, "COPYHOOK_API_KEY": APIService.key])
    }

    /// The types of the notifications about a task, in order, once the last of them is there.
    private func told(of id: String, last: String) async throws -> [String] {
        let found = try await service.until { _ -> [String]? in
            let types = try await endpoint.deliveries()
                .filter { $0.json["data"]?["task"]?["id"]?.string == id }
                .compactMap { $0.json["type"]?.string }
            return types.last == last ? types : nil
        }
        return found ?? []
    }

    @Test func listsAndRecordsAreTablesForPeopleAndJSONForScripts() async throws {
        try await publish(1)
        let task = try await taskID(in: "succeeded")
        #expect(try await told(of: task, last: "copy.succeeded") == ["copy.succeeded"])
        // From now on nothing moves, and two looks see the same.
        let delivered = try await service.until {
            try await $0.api("GET", "/api/v1/deliveries?state=delivered").json["deliveries"]?[0]
        }
        #expect(delivered != nil)
        let copies = try await coze.copies()
        let copy = try #require(copies.first?["copied_entity_id"]?.string)

        for (table, headings, words) in [
            ("events", "ID RECEIVED SOURCE TYPE ENTITY STATE", ["bot.published", "matched"]),
            ("tasks", "ID CREATED RULE ENTITY TO COPY STATE", ["backup", copy, "succeeded"]),
            ("deliveries", "ID CREATED ENDPOINT TYPE TRIES STATE", ["audit", "copy.succeeded"]),
        ] {
            let people = try await service.command(table, "list")
            #expect(people.status == 0 && people.errors == "")
            let lines = people.output.split(separator: "\n")
            #expect(lines.count == 2, "\(people.output)")
            #expect(lines[0].split(separator: " ").joined(separator: " ") == headings)
            for word in words { #expect(lines[1].contains(word), "\(people.output)") }
            #expect(!people.output.contains("\u{1B}"))

            let scripts = try await service.json(table, "list")
            #expect(scripts == (try await service.api("GET", "/api/v1/\(table)").json))
            let id = try #require(scripts[table]?[0]?["id"]?.string)
            #expect(lines[1].hasPrefix(id))
            let shown = try await service.json(table, "show", id)
            #expect(shown == (try await service.api("GET", "/api/v1/\(table)/\(id)").json))
            let plain = try await service.command(table, "show", id)
            #expect(plain.output.contains(id) && plain.errors == "")
            let none = try await service.command(table, "show", "nobody/here")
            #expect(none.status == 1 && none.output == "")
            #expect(none.errors.hasPrefix("Not found: there is no "), "\(none.errors)")
        }
        let record = try await service.json("tasks", "show", task)
        #expect(
            record["history"]?.array?.compactMap { $0["state"]?.string }
                == ["queued", "submitting", "copying", "succeeded"])
        #expect(record["attempts"]?.array?.first?["kind"]?.string == "submit")
        #expect(record["deliveries"]?.array?.count == 1)
    }

    @Test func listsAreFilteredAndPaged() async throws {
        for number in 1...3 { try await publish(number) }
        let first = try await service.json("events", "list", "--limit", "2")
        #expect(first["events"]?.array?.count == 2)
        let cursor = try #require(first["next"]?.string)
        let people = try await service.command("events", "list", "--limit", "2")
        #expect(people.output.hasSuffix("More: --cursor \(cursor)\n"), "\(people.output)")
        let second = try await service.json("events", "list", "--cursor", cursor)
        #expect(second["events"]?.array?.count == 1 && second["next"]?.isNull == true)

        let none = try await service.command("tasks", "list", "--state", "cancelled")
        #expect(none.status == 0 && none.output.hasSuffix("\nNothing is like that.\n"))
        for (arguments, words) in [
            (["--state", "done"], "States: queued, submitting"), (["--limit", "0"], "1 to 200"),
            (["--cursor", "x"], "Take `next` of the page before"),
            (["--cursor", cursor], "Take `next` of the page before"),
            (["--since", "soon"], "2026-03-18T08:30:00Z"), (["--text", ""], "leave `text` out"),
            (["--watch"], "a terminal"), (["--watch", "--count"], "--watch goes with neither"),
            (["--count", "--cursor", cursor], "leave --cursor out"),
        ] {
            let said = try await BuiltBinary.run(
                ["tasks", "list"] + arguments,
                environment: ["COPYHOOK_URL": service.url, "COPYHOOK_API_KEY": APIService.key])
            #expect(said.status == 2 && said.output == "", "\(arguments)")
            #expect(said.errors.contains(words), "\(said.errors)")
        }
    }

    @Test func listsFindAndCount() async throws {
        for number in 1...3 { try await publish(number) }
        let done = try await service.until { service in
            let tally = try await service.json("deliveries", "list", "--count")
            return tally["count"]?.count == 3 ? tally : nil
        }
        #expect(done == ["count": 3, "more": false])
        let name = CozeWorld.standard.bots[0].name
        let about = try await service.command("events", "list", "--text", String(name.prefix(2)))
        #expect(about.output.split(separator: "\n").count == 4, "\(about.output)")
        #expect(about.output.contains(name))
        for (arguments, words) in [
            (["events", "--type", "bot.published", "--since", "1h", "--source", "coze-main"], 3),
            (["events", "--until", "1h"], 0), (["events", "--text", "nowhere at all"], 0),
            (["tasks", "--rule", "backup", "--connection", "coze"], 3),
            (["tasks", "--workspace", "7498204883280000002"], 3), (["tasks", "--rule", "no"], 0),
            (["deliveries", "--endpoint", "audit", "--type", "copy.succeeded"], 3),
        ] {
            let said = try await BuiltBinary.run(
                [arguments[0], "list", "--count"] + arguments.dropFirst(),
                environment: ["COPYHOOK_URL": service.url, "COPYHOOK_API_KEY": APIService.key])
            #expect(said.output == "\(words) \(arguments[0])\n", "\(arguments)\(said.errors)")
        }
        let id = try #require(
            try await service.json("tasks", "list")["tasks"]?[1]?["id"]?.string)
        let found = try await service.json("tasks", "list", "--text", String(id.suffix(7)))
        #expect(found["tasks"]?.array?.compactMap { $0["id"]?.string } == [id])
        let told = try await service.json("deliveries", "list", "--text", id)
        #expect(told["deliveries"]?.array?.count == 1)
    }

    @Test func aHeldTaskIsAdoptedByAPerson() async throws {
        let task = try await heldTask()
        let evidence = try await service.json("tasks", "show", task)["evidence"]
        let made = try #require(try await coze.copies().first?["copied_entity_id"]?.string)
        #expect(evidence?["candidates"]?.array?.compactMap { $0["id"]?.string } == [made])
        #expect(evidence?["has_baseline"]?.bool == false)

        let original = try await resolve(task, "--adopt", CozeWorld.standard.bots[0].id)
        #expect(original.status == 2 && original.errors.contains("this is the original"))
        #expect(original.errors.contains("\ncopyhook tasks show \(task) lists candidates"))
        let without = try await resolve(task, "--adopt-without-id")
        #expect(without.status == 2 && without.errors.contains("the id of the copy is missing"))
        #expect(try await tasks("unresolved").count == 1)

        let adopted = try await resolve(task, "--adopt", made)
        #expect(adopted.status == 0 && adopted.output == "\(task) is now succeeded\n")
        let record = try await service.json("tasks", "show", task)
        #expect(record["task"]?["copy_id"]?.string == made)
        #expect(
            record["history"]?.array?.compactMap { $0["state"]?.string }
                == ["queued", "submitting", "reconciling", "unresolved", "succeeded"])
        #expect(
            try await told(of: task, last: "copy.succeeded")
                == ["copy.unresolved", "copy.succeeded"])
        let again = try await resolve(task, "--give-up")
        #expect(again.status == 1 && again.errors.hasPrefix("Nothing to decide: "))
        #expect(try await coze.copies().count == 1)
    }

    @Test func aHeldTaskIsGivenUpByAPerson() async throws {
        let task = try await heldTask()

        let said = try await resolve(task, "--give-up", "--json")

        #expect(said.status == 0)
        let json = try JSONValue(parsing: Array(said.output.utf8))
        #expect(json["task"]?["state"]?.string == "failed")
        #expect(json["task"]?["failure"]?["kind"]?.string == "abandoned")
        #expect(
            try await told(of: task, last: "copy.failed") == ["copy.unresolved", "copy.failed"])
        #expect(try await coze.copies().count == 1)
    }

    @Test func aHeldTaskIsSentAgainByAPerson() async throws {
        let task = try await heldTask()

        let said = try await resolve(task, "--send-again")

        #expect(said.status == 0 && said.output == "\(task) is now queued\n", "\(said.errors)")
        #expect(try await taskID(in: "succeeded") == task)
        #expect(
            try await told(of: task, last: "copy.succeeded")
                == ["copy.unresolved", "copy.succeeded"])
        #expect(try await coze.copies().count == 2)
    }

    @Test func aTaskThatDoesNotExistIsNotDecided() async throws {
        let said = try await resolve("tsk_none", "--give-up")
        #expect(said.status == 1 && said.errors.hasPrefix("Not found: there is no task"))
    }

    /// Four texts as long as a text may be come near to the largest event that is let in; with
    /// another that contradicts it, there is twice as much to show.
    @Test func theLargestEventCanBeShown() async throws {
        let long = JSONValue.string(String(repeating: "x", count: 250 << 10))
        for id in ["1", "2"] {
            let event = try SignedEvent(
                partner: "bot.published", key: "large",
                entity: ["type": "bot", "id": .string(id), "notes": [long, long, long, long]])
            let answer = try await Caller.shared.call(
                "POST", service.url + "/in/partner", headers: event.headers, body: event.body)
            #expect(answer.status == 200)
        }
        let rows = try await service.api("GET", "/api/v1/events").json["events"]?.array ?? []
        let id = try #require(rows.first?["id"]?.string)
        let (status, output, errors) = try await BuiltBinary.run(
            ["events", "show", id, "--json"],
            environment: ["COPYHOOK_URL": service.url, "COPYHOOK_API_KEY": APIService.key])
        #expect(status == 0, "\(errors)")
        #expect(output.utf8.count > 2_000 << 10)
    }
}
