import Foundation
import Simulation
import StrictJSON
import Testing

/// The API asked by a stranger who knows nothing of it but its description.
///
/// Examples, edges of every schema, chance and sequences of calls; judged are statuses, bodies,
/// headers and methods, and that what the description forbids is refused.
@Suite struct DescriptionJudgeTests {
    private static let rules = """
        - name: backup
          match: { type: [bot.published] }
          copy: [{ connection: coze, to_workspace: "7498204883280000002" }]
        """

    private static let isFull = ProcessInfo.processInfo.environment["COPYHOOK_TEST_FULL"] != nil
    /// Calls made up for each operation by chance; the edges of its schema come on top.
    private static let examples = isFull ? 500 : 25

    @Test(.timeLimit(.minutes(30)))
    func aStrangerFindsTheAPIAsItIsDescribed() async throws {
        guard Verifiers.areThere else {
            return try Verifiers.skip("the API and its description")
        }
        let scratch = try ScratchDirectory()
        let coze = try await SimulatorProcess.start(.coze)
        let endpoint = try await SimulatorProcess.start(.endpoint)
        let plan = ServicePlan(coze: coze.url, endpoint: endpoint.url, rules: Self.rules)
        let file = try scratch.write(
            plan.yaml.replacing(ServicePlan.adminKey, with: APIService.key), to: "copyhook.yaml")
        let service = try await APIService.start(configuration: file)
        for number in 1...3 { try await publish(number, to: service) }
        _ = try await service.until { service in
            let told = try await service.api("GET", "/api/v1/deliveries?state=delivered")
            return told.json["deliveries"]?.array?.isEmpty == false ? true : nil
        }
        try await judge(service, as: APIService.key, in: scratch)
        try await judge(service, as: nil, in: scratch)
        #expect(await service.stop() == 0)
    }

    private func publish(_ number: Int, to service: APIService) async throws {
        let callback = try sampleCallback(number)
        let said = try await Caller.shared.call(
            "POST", service.url + "/in/coze-main", headers: callback.headers,
            body: callback.body)
        #expect(said.status == 200)
    }

    private func judge(
        _ service: APIService, as key: String?, in scratch: ScratchDirectory
    ) async throws {
        // The short tier asks the same of every change; the full one something new each time.
        let seed = Self.isFull ? Int.random(in: 0..<1_000_000) : 1
        var command = [
            Verifiers.place.appending(path: "bin/st").path(),
            "--config-file", Verifiers.file("schemathesis.toml"), "run",
            service.url + "/openapi.yaml", "--max-examples", "\(Self.examples)",
            "--seed", "\(seed)", "--no-color", "--warnings", "off",
        ]
        if let key { command += ["--header", "Authorization: Bearer \(key)"] }
        let process = try ChildProcess(command, directory: scratch.url.path())
        let code = await process.exit(within: .seconds(1_500))
        if code == nil { await process.kill() }
        await process.output.end()
        await process.errors.end()
        let who = key == nil ? "without a key" : "with the admin key"
        let said = process.output.text
        #expect(code == 0, "\(who), seed \(seed):\n\(said)\n\(process.errors.text)")
        let count = said.split(separator: "\n").first { $0.contains(" generated") } ?? "nothing"
        print("the API, asked \(who), seed \(seed):\(count)")
    }
}
