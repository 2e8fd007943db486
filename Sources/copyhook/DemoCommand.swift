import App
import ArgumentParser
import Domain
import Foundation
import Logging
import Pipeline
import Settings
import Simulation
import StrictJSON

struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Shows the whole flow on this machine, without credentials.",
        discussion: """
            Starts the simulators of Coze, Keyue and an endpoint, and the service on a
            store of its own; sends signed sample events and shows each one becoming a copy
            and a verified notification. Goes on serving until Ctrl-C, unless --once is
            given: then the exit code is 0 only if every event reached the end it should.

            Examples:
              copyhook demo
              copyhook demo --once
              copyhook demo --once --within 15s --faults endpoint=plan.json
            where plan.json is {"refuse": 1}
            """)

    @Flag(help: "End after the sample events.")
    var once = false

    @Option(help: "Port of the service on 127.0.0.1; 0 takes any that is free.")
    var port: UInt16 = 0

    @Option(help: "How long the events may take to reach their ends: 15s, 2m.")
    var within = "60s"

    @Option(help: "A plan of faults for one simulator: coze=FILE, keyue=FILE or endpoint=FILE.")
    var faults: [String] = []

    func run() async throws {
        guard let within = Duration(text: within), within > .zero else {
            throw CommandFailure.badUsage(
                "--within \(self.within.onOneLine) is no time",
                "Write a number and a unit: 15s, 2m.")
        }
        let world = try await DemoWorld.start(faults: faults.map(Self.plan))
        let stop = StopSignal()
        let result: Result<Bool, any Error>
        do {
            result = .success(
                try await StopRequests.raising(stop) {
                    try await perform(in: world, within: within, until: stop)
                })
        } catch {
            result = .failure(error)
        }
        await world.end()
        do {
            guard try result.get() || !once else { throw ExitCode(1) }
        } catch let error as ServiceError {
            throw CommandFailure.failed(error.what, error.remedy)
        }
    }

    /// - Returns: Whether every event reached the end it should.
    private func perform(
        in world: DemoWorld, within: Duration, until stop: StopSignal
    ) async throws -> Bool {
        let (configuration, environment) = try world.configuration(port: port)
        let log = Logger(label: "copyhook") { _ in DemoNarrator() }
        let service = Service(configuration, environment: environment, log: log)
        let isDone = Answer()
        try await withThrowingTaskGroup(of: Void.self) { group in
            let (starts, started) = AsyncStream<Service.Started>.makeStream()
            group.addTask {
                defer { started.finish() }
                try await service.run(until: stop) { started.yield($0) }
            }
            group.addTask {
                for await service in starts {
                    let course = DemoCourse(
                        service: service, world: world, time: .system, within: within)
                    isDone.set(try await course.run(until: stop))
                    if once { stop.raise() } else { world.showWhereToLook(service) }
                }
            }
            try await group.waitForAll()
        }
        return isDone.value
    }

    private static func plan(_ text: String) throws -> (platform: String, plan: FaultPlan) {
        let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
        guard parts.count == 2, SimulateCommand.Platform(rawValue: parts[0]) != nil else {
            throw CommandFailure.badUsage(
                "--faults \(text.onOneLine) names no simulator",
                "Write coze=FILE, keyue=FILE or endpoint=FILE.")
        }
        let bytes = try InputFile.read(parts[1])
        do {
            return (parts[0], try FaultPlan(JSONValue(parsing: bytes)))
        } catch {
            throw CommandFailure.badUsage(
                "\(InputFile.name(of: parts[1])): \(error)".onOneLine,
                #"Write a plan, such as {"refuse": 1} or {"next": [{"route": "copy", "#
                    + #""fault": "cut_after_acting"}]}."#)
        }
    }
}
