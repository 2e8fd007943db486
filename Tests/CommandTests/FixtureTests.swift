import StrictJSON
import Testing
import Transport

private let configuration = """
    sources:
      coze-main:
        scheme: coze
        apps:
          - { api_app_id: "7509745929591717899", verify_token: "\(FixtureFiles.token)" }
          - { api_app_id: "7546444412004335643", verify_token: "\(FixtureFiles.token)" }
          - { api_app_id: "7545743825545740332", verify_token: "\(FixtureFiles.token)" }
          - { api_app_id: "7509745929591717900", verify_token: "\(FixtureFiles.channelToken)" }
    """

/// Processes at a time: each file has a service and a store of its own.
private let width = 3

@Test(.timeLimit(.minutes(5)))
func everyContractFileOfCozeGetsItsVerdictFromTheRunningService() async throws {
    guard FixtureFiles.areThere else {
        print("skipped, no ../shared: contracts/coze/signature_*.json and event_*.json")
        return
    }
    let files = try FixtureFiles.callbacks("signature_", "event_")
    try await withThrowingTaskGroup(of: Void.self) { group in
        for (place, file) in files.enumerated() {
            if place >= width { try await group.next() }
            group.addTask { try await Trial(file).run() }
        }
        try await group.waitForAll()
    }
    let stored = files.count { $0.stored != nil }
    let refused = files.count { $0.answer == nil }
    print(
        "contract files of Coze through the running service: \(files.count), of which ",
        "\(stored) stored, \(refused) refused", separator: "")
    #expect(files.count == 28)
    #expect(stored == 19 && refused == 7)
}

/// One file against a service that knows nothing yet.
private struct Trial {
    let file: FixtureCallback

    init(_ file: FixtureCallback) {
        self.file = file
    }

    func run() async throws {
        let scratch = try ScratchDirectory()
        let service = try await APIService.start(configuration, in: scratch)
        let answer = try await post(file, to: service)
        #expect(answer.status == file.status, "\(file.name)")
        #expect(answer.headers.first("Content-Type") == "application/json", "\(file.name)")
        if let due = file.answer { #expect(answer.json == due, "\(file.name)") }

        let events = try await listed(by: service)
        #expect(events.count == (file.stored == nil ? 0 : 1), "\(file.name)")
        if let due = file.stored, let event = events.first {
            try await compare(event, with: due, at: service)
            try await repeatIt(answer, at: service)
            try await contradictIt(event, at: service)
        }
        if file.answer == nil {
            #expect(answer.json["error"]?.string != nil, "\(file.name)")
            #expect(
                await service.process.errorLine("event.refused", "status=\(file.status)") != nil,
                "\(file.name)")
        }
        #expect(await service.stop() == 0, "\(file.name)")
    }

    private func post(
        _ callback: FixtureCallback, to service: APIService
    ) async throws -> Caller.Answer {
        try await Caller.shared.call(
            "POST", service.url + "/in/coze-main", headers: callback.headers,
            body: callback.body)
    }

    /// Asked without waiting: what was answered 200 is on disk.
    private func listed(by service: APIService) async throws -> [JSONValue] {
        try await service.api("GET", "/api/v1/events").json["events"]?.array ?? []
    }

    private func compare(
        _ event: JSONValue, with due: FixtureCallback.Stored, at service: APIService
    ) async throws {
        #expect(event["source"]?.string == "coze-main", "\(file.name)")
        #expect(event["type"]?.string == due.type, "\(file.name)")
        #expect(event["key"]?.string == due.key, "\(file.name)")
        let entity = event["entity"]
        #expect(entity?["id"]?.string == due.entityID, "\(file.name)")
        #expect(entity?["type"]?.string == due.entityID.map { _ in "bot" }, "\(file.name)")
        #expect(entity?["name"]?.string == due.entityName, "\(file.name)")
        #expect(entity?["workspace_id"]?.string == due.workspaceID, "\(file.name)")
        let whole = try await service.api("GET", "/api/v1/events/\(event["id"]?.text ?? "")")
        // The text of every number included, which is why it is compared as bytes.
        #expect(
            whole.json["event"]?["data"]?.bytes() == (try JSONValue(parsing: file.body)).bytes(),
            "\(file.name)")
    }

    private func repeatIt(_ first: Caller.Answer, at service: APIService) async throws {
        let answer = try await post(file, to: service)
        #expect(answer.status == 200 && answer.body == first.body, "\(file.name)")
        #expect(try await listed(by: service).count == 1, "\(file.name)")
        #expect(await service.process.errorLine("event.repeated") != nil, "\(file.name)")
    }

    private func contradictIt(_ event: JSONValue, at service: APIService) async throws {
        let changed = file.changed
        #expect(try await post(changed, to: service).status == 200, "\(file.name)")
        #expect(try await listed(by: service).count == 1, "\(file.name)")
        let said = try await service.json("events", "show", event["id"]?.text ?? "")
        let conflicts = said["conflicts"]?.array ?? []
        #expect(conflicts.count == 1, "\(file.name)")
        #expect(
            conflicts.first?["body"]?.string == String(decoding: changed.body, as: UTF8.self),
            "\(file.name)")
        #expect(
            said["event"]?["data"]?["changed"] == nil, "\(file.name): the first body was replaced")
    }
}
