import App
import ArgumentParser
import Domain
import Pipeline
import Settings
import Simulation
import SimulationServer

struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Plays one platform, as its documents say, to try against.",
        discussion: """
            Checks what the real one checks: tokens, fields, ids, workspace rules,
            signatures. On the same port: GET and PUT /_sim/world, GET /_sim/copies, GET
            and PUT /_sim/faults, GET /_sim/deliveries, DELETE /_sim.

            Examples:
              copyhook simulate coze --listen 127.0.0.1:9001
              curl http://127.0.0.1:9001/_sim/world
              curl -X PUT http://127.0.0.1:9001/_sim/faults \\
                  -d '{"next": [{"route": "copy", "fault": "cut_after_acting"}]}'
            """)

    enum Platform: String, ExpressibleByArgument, CaseIterable {
        case coze, keyue, endpoint

        var simulator: any Simulator {
            switch self {
            case .coze: CozeSimulator(SimulatedCoze())
            case .keyue: KeyueSimulator(SimulatedKeyue())
            case .endpoint: EndpointSimulator(SimulatedEndpoint())
            }
        }
    }

    @Argument(help: "coze, keyue or endpoint.")
    var platform: Platform

    @Option(help: "HOST:PORT; port 0 takes any that is free.")
    var listen = "127.0.0.1:0"

    func run() async throws {
        guard let address = ListenAddress(text: listen) else {
            throw CommandFailure.badUsage(
                "\(listen.onOneLine) is no address to listen on",
                "Write HOST:PORT, as in 127.0.0.1:9001.")
        }
        let stop = StopSignal()
        let platform = platform
        try await StopRequests.raising(stop) {
            let server: SimulatorServer
            do {
                server = try await SimulatorServer.start(
                    platform.simulator, host: address.host, port: address.port,
                    now: TimeSource.system.now)
            } catch {
                throw CommandFailure.failed(
                    "Cannot listen on \(address.text): \(error)", "Choose another port.")
            }
            standardOutput("\(platform.rawValue) simulator on \(server.url)")
            await stop.wait()
            try? await server.stop()
        }
    }
}
