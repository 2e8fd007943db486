import Administration
import App
import Domain
import Foundation
import Pipeline
import Simulation
import StrictJSON
import Transport
import TransportCurl

/// Plays the scenes one after the other and judges how each ends.
struct DemoCourse {
    /// How long the next scene waits for one that does not end.
    private static let patience: Duration = .seconds(5)
    private static let glance: Duration = .milliseconds(40)

    let service: Service.Started
    let world: DemoWorld
    let time: TimeSource
    let within: Duration

    /// - Returns: Whether every event reached the end it should.
    func run(until stop: StopSignal) async throws -> Bool {
        let deadline = time.elapsed() + within
        let transport = try CurlTransport(policy: .anywhere, userAgent: Product.userAgent())
        let scenes = DemoScene.all(in: .standard, at: time.now())
        var acts: [DemoAct] = []
        standardOutput(
            "The service listens on \(service.url), the platforms are played on this machine.")
        for (place, scene) in scenes.enumerated() where !stop.isRaised {
            standardOutput(
                "\n" + Paint.standardOutput(.bold, "\(place + 1)/\(scenes.count) \(scene.title)"))
            var act = DemoAct(scene: scene)
            act.status = await post(scene.callback, over: transport)
            let patience = min(deadline, time.elapsed() + Self.patience)
            try await watch(&act, until: patience, or: stop)
            if let reason = act.reason { standardOutput("   Because    \(reason.onOneLine)") }
            acts.append(act)
        }
        for place in acts.indices { try await watch(&acts[place], until: deadline, or: stop) }
        await transport.shutdown()
        return show(acts)
    }

    private func post(
        _ callback: SampleEvents.Callback, over transport: CurlTransport
    ) async -> Int? {
        let request = HTTPRequest(
            .post, service.url + "/in/coze-main",
            headers: callback.headers.map { HTTPField($0.name, $0.value) }, body: callback.body)
        return try? await transport.send(request).status
    }

    private func watch(
        _ act: inout DemoAct, until deadline: Duration, or stop: StopSignal
    ) async throws {
        while true {
            try await look(at: &act)
            if act.isAtItsEnd || stop.isRaised || time.elapsed() >= deadline { return }
            try await time.sleep(Self.glance)
        }
    }

    private func look(at act: inout DemoAct) async throws {
        let all: Selection = ["limit": "\(Selection.limitMax)"]
        let events = try await service.administration.events(all)["events"]?.elements ?? []
        act.events = events.filter { $0.cell("key") == act.scene.callback.eventID }
        guard let id = act.events.first?["id"]?.text else { return }
        let event = try await service.administration.event(id)
        act.tasks = event["tasks"]?.elements ?? []
        let announced = event["verdicts"]?.elements.compactMap { $0["notification_id"]?.text } ?? []
        var deliveries: [JSONValue] = []
        for task in act.tasks {
            let ofTask = all.with("task", task.cell("id"))
            deliveries +=
                try await service.administration.deliveries(ofTask)["deliveries"]?.elements ?? []
        }
        if !announced.isEmpty {
            let rows = try await service.administration.deliveries(all)["deliveries"]?.elements
            deliveries += (rows ?? []).filter { announced.contains($0.cell("notification_id")) }
        }
        act.deliveries = deliveries
    }
}

// MARK: - The end

extension DemoCourse {
    private func show(_ acts: [DemoAct]) -> Bool {
        var table = Table("", "EVENT", "COPY", "WHO WAS TOLD", "AS IT SHOULD")
        for (place, act) in acts.enumerated() {
            table.add([
                "\(place + 1)", act.eventCell, act.copyCell, act.toldCell,
                act.isAtItsEnd ? "yes" : "NO",
            ])
        }
        let paint = Paint.standardOutput
        standardOutput(
            "\n"
                + table.text { column, text in
                    column == 4 ? paint(text == "yes" ? .green : .red, text) : text
                })
        let undelivered = acts.flatMap(\.undelivered)
        for line in Set(undelivered).sorted() { standardOutput(paint(.red, line)) }
        return showEvidence() && acts.allSatisfy(\.isAtItsEnd)
    }

    /// What the simulators themselves saw, since we would say that all is well.
    private func showEvidence() -> Bool {
        let now = time.now()
        let copies = world.coze.copies(at: now) + world.keyue.copies(at: now)
        let deliveries = world.endpoint.deliveries
        let forged = deliveries.filter { $0.isVerified == false }
        let twice = Dictionary(grouping: copies) { $0.entityID }.filter { $0.value.count > 1 }
        standardOutput(
            "\nSeen by the simulators: \(copies.count) copies, none twice: "
                + "\(twice.isEmpty ? "yes" : "NO"); \(deliveries.count) deliveries, "
                + "every signature right: \(forged.isEmpty ? "yes" : "NO").")
        return twice.isEmpty && forged.isEmpty
    }
}
