import App
import ArgumentParser
import Domain
import Pipeline
import Settings
import Simulation
import SimulationServer

/// What is not the real thing: a platform to try against, or a whole world.
struct SimulateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Plays a platform to try against, or lives through whole worlds.",
        discussion: """
            A platform checks what the real one checks: tokens, fields, ids, workspace
            rules, signatures. On the same port: GET and PUT /_sim/world, GET /_sim/copies,
            GET and PUT /_sim/faults, GET /_sim/deliveries, DELETE /_sim.

            Examples:
              copyhook simulate coze --listen 127.0.0.1:9001
              curl http://127.0.0.1:9001/_sim/world
              curl -X PUT http://127.0.0.1:9001/_sim/faults \\
                  -d '{"next": [{"route": "copy", "fault": "cut_after_acting"}]}'
              copyhook simulate world --seeds 0..1000
            """,
        subcommands: [
            SimulateCozeCommand.self, SimulateKeyueCommand.self, SimulateEndpointCommand.self,
            WorldCommand.self,
        ])

    /// Who is played.
    enum Platform: String, ExpressibleByArgument, CaseIterable {
        case coze, keyue, endpoint

        var simulator: any Simulator {
            switch self {
            case .coze: CozeSimulator(SimulatedCoze())
            case .keyue: KeyueSimulator(SimulatedKeyue())
            case .endpoint: EndpointSimulator(SimulatedEndpoint())
            }
        }

        fileprivate func command(_ abstract: String) -> CommandConfiguration {
            CommandConfiguration(
                commandName: rawValue, abstract: abstract,
                discussion: """
                    Example:
                      copyhook simulate \(rawValue) --listen 127.0.0.1:9001
                    """)
        }
    }
}

struct SimulateCozeCommand: AsyncParsableCommand {
    static let configuration = SimulateCommand.Platform.coze.command(
        "Plays Coze, as its documents say.")

    @OptionGroup var place: SimulatorPlace

    func run() async throws { try await place.play(.coze) }
}

struct SimulateKeyueCommand: AsyncParsableCommand {
    static let configuration = SimulateCommand.Platform.keyue.command(
        "Plays Keyue, as its documents say.")

    @OptionGroup var place: SimulatorPlace

    func run() async throws { try await place.play(.keyue) }
}

struct SimulateEndpointCommand: AsyncParsableCommand {
    static let configuration = SimulateCommand.Platform.endpoint.command(
        "Plays whoever is notified: callback URLs and chats.")

    @OptionGroup var place: SimulatorPlace

    func run() async throws { try await place.play(.endpoint) }
}

/// Where a platform is played.
struct SimulatorPlace: ParsableArguments {
    @Option(help: "HOST:PORT; port 0 takes any that is free.")
    var listen = "127.0.0.1:0"

    /// Answers until the process is asked to stop.
    func play(_ platform: SimulateCommand.Platform) async throws {
        guard let address = ListenAddress(text: listen) else {
            throw CommandFailure.badUsage(
                "\(listen.onOneLine) is no address to listen on",
                "Write HOST:PORT, as in 127.0.0.1:9001.")
        }
        let stop = StopSignal()
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
