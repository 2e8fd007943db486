import Simulation
import StrictJSON
import Testing

/// An answer is lost after the platform acted: the copy is found, and not made again.
@Suite(.timeLimit(.minutes(2))) struct DurabilityReconcileTests {
    enum Way: String, CaseIterable, Sendable {
        case same, cross, keyue

        var event: SignedEvent {
            get throws {
                guard self == .keyue else { return SignedEvent(try sampleCallback()) }
                let agent = KeyueWorld.standard.agents[0]
                return try SignedEvent(
                    partner: "agent.changed", key: "partner-1",
                    entity: [
                        "type": "agent", "id": .string(agent.id), "name": .string(agent.name),
                    ])
            }
        }

        var copy: String {
            switch self {
            case .same: "connection: coze"
            case .cross: "connection: coze, to_workspace: \"7498204883280000002\""
            case .keyue: "connection: keyue"
            }
        }
    }

    @Test(arguments: Way.allCases)
    func aCopyWhoseAnswerWasCutIsFoundAndNotMadeAgain(_ way: Way) async throws {
        let scratch = try ScratchDirectory()
        let coze = try await SimulatorProcess.start(.coze)
        let keyue = try await SimulatorProcess.start(.keyue)
        let endpoint = try await SimulatorProcess.start(.endpoint)
        for platform in [coze, keyue] {
            try await platform.fail(["next": [["route": "copy", "fault": "cut_after_acting"]]])
        }
        let plan = ServicePlan(
            coze: coze.url, keyue: keyue.url, endpoint: endpoint.url,
            rules: """
                - name: backup
                  match: { type: [bot.published, agent.changed] }
                  copy: [{ \(way.copy) }]
                """, connectionKeys: ["settle: { sync: 10s, async: 12s }"])
        let service = try await ServiceProcess.start(plan, in: scratch)

        #expect(try await service.post(way.event) == 200)
        let stats = try await service.rest(within: .seconds(40))

        #expect(stats?["tasks"]?["succeeded"] == 1, "\(stats?.prettyText() ?? "no rest")")
        let tasks = try await service.rows("tasks")
        let id = try #require(tasks.first?["id"]?.string)
        let task = try await service.api("GET", "/api/v1/tasks/\(id)").json
        let history = (task["history"]?.array ?? []).compactMap { $0["state"]?.string }
        #expect(
            history.starts(with: ["queued", "submitting", "reconciling"])
                && history.last == "succeeded" && history.count { $0 == "submitting" } == 1,
            "\(history)")
        let copies = try await coze.copies() + keyue.copies()
        #expect(copies.count == 1)
        if way == .keyue {
            // Keyue tells no id of the copy; the job is what can be told apart.
            #expect(task["task"]?["provider_task_id"] == copies.first?["task_id"])
        } else {
            #expect(task["task"]?["copy_id"] == copies.first?["copied_entity_id"])
        }
        let told = try await endpoint.deliveries()
        #expect(told.map { $0.json["type"]?.string } == ["copy.succeeded"])
        #expect(told.allSatisfy { $0.isVerified == true })
    }
}
