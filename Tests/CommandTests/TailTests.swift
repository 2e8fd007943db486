import Foundation
import StrictJSON
import Testing

/// `events tail` beside a service that is killed and comes back.
@Suite(.timeLimit(.minutes(3))) struct TailTests {
    private func publish(_ key: String, name: String = "b", to service: APIService) async throws {
        let said = try await service.command(
            "events", "publish", "--type", "tail.tested", "--key", key, "--entity-type", "bot",
            "--entity-id", key, "--entity-name", name)
        #expect(said.status == 0, "\(said.errors)")
    }

    private func tail(_ service: APIService, _ arguments: String...) throws -> ChildProcess {
        try ChildProcess(
            [BuiltBinary.path, "events", "tail"] + arguments,
            environment: [
                "COPYHOOK_URL": service.url, "COPYHOOK_API_KEY": APIService.key, "TZ": "UTC",
            ])
    }

    @Test func noLineIsLeftOutOrDoubledWhileTheServiceIsKilledAndComesBack() async throws {
        let scratch = try ScratchDirectory()
        let plan = ServicePlan(rules: "")
        let yaml = plan.yaml.replacing(ServicePlan.adminKey, with: APIService.key)
        let file = try scratch.write(yaml, to: "copyhook.yaml")
        let first = try await APIService.start(configuration: file)
        let tail = try tail(first, "--json", "--since", "1h", "--kind", "event")
        for number in 1...3 { try await publish("k\(number)", to: first) }
        #expect(await tail.outputLine("event.ignored", "\"k3\"") != nil)

        await first.process.kill()
        #expect(await tail.errorLine("asked again") != nil)
        let second = try await APIService.start(configuration: file)
        for number in 4...6 { try await publish("k\(number)", to: second) }
        #expect(await tail.outputLine("event.ignored", "\"k6\"") != nil)
        tail.signal(SIGINT)
        #expect(await tail.exit(within: .seconds(10)) == 0)
        await tail.output.end()

        let told = tail.output.text.split(separator: "\n").compactMap { line -> String? in
            guard let json = try? JSONValue(parsing: Array(line.utf8)) else { return nil }
            return "\(json["kind"]?.string ?? "") \(json["entity"]?["id"]?.string ?? "")"
        }
        let wanted = (1...6).flatMap { ["event.stored k\($0)", "event.ignored k\($0)"] }
        #expect(told.sorted() == wanted.sorted())
        #expect(!tail.output.text.contains(APIService.key))
        #expect(await second.stop() == 0)
    }

    @Test func linesForPeopleAreAlignedWithWideNamesToo() async throws {
        let scratch = try ScratchDirectory()
        let service = try await APIService.start(
            "store: { url: \"sqlite:copyhook.db\" }\n", in: scratch)
        try await publish("k1", name: "客服助手", to: service)
        try await publish("k2", name: "helper", to: service)
        let tail = try tail(service, "--since", "1h", "--kind", "event.stored")
        let wide = try #require(await tail.outputLine("客服助手"))
        let narrow = try #require(await tail.outputLine("helper"))
        #expect(wide.contains("event.stored"))
        /// Where the source begins, in columns of a terminal.
        func column(_ line: String) -> Int {
            line.prefix(upTo: line.range(of: " api ")?.lowerBound ?? line.startIndex)
                .reduce(0) { $0 + ($1.isASCII ? 1 : 2) }
        }
        #expect(column(wide) == column(narrow) && column(wide) > 0)
        tail.signal(SIGTERM)
        #expect(await tail.exit(within: .seconds(10)) == 0)
        let refused = try await service.command("events", "tail", "--kind", "nothing")
        #expect(refused.status == 2 && refused.errors.contains("Kinds: "))
        #expect(await service.stop() == 0)
    }
}
