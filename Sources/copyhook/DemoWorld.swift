import App
import Domain
import Foundation
import Settings
import Simulation
import SimulationServer
import Synchronization

/// The machines of the demonstration: three simulators, and a directory for one service.
struct DemoWorld: Sendable {
    let coze: CozeSimulator
    let keyue: KeyueSimulator
    let endpoint: EndpointSimulator
    private let servers: [SimulatorServer]
    private let directory: URL

    static func start(faults: [(platform: String, plan: FaultPlan)]) async throws -> DemoWorld {
        let coze = CozeSimulator(SimulatedCoze())
        let keyue = KeyueSimulator(SimulatedKeyue())
        let endpoint = EndpointSimulator(SimulatedEndpoint())
        for (platform, plan) in faults {
            switch platform {
            case "coze": coze.plan(plan)
            case "keyue": keyue.plan(plan)
            default: endpoint.plan(plan)
            }
        }
        let now = TimeSource.system.now
        var servers: [SimulatorServer] = []
        servers.append(try await SimulatorServer.start(coze, now: now))
        servers.append(try await SimulatorServer.start(keyue, now: now))
        servers.append(try await SimulatorServer.start(endpoint, now: now))
        let directory = FileManager.default.temporaryDirectory
            .appending(path: "copyhook-demo-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            at: directory, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
        return DemoWorld(
            coze: coze, keyue: keyue, endpoint: endpoint, servers: servers, directory: directory)
    }

    func end() async {
        for server in servers { try? await server.stop() }
        try? FileManager.default.removeItem(at: directory)
    }

    /// Written as a file and read as anybody's, so that the demonstration shows the real thing.
    func configuration(port: UInt16) throws -> (Configuration, [String: String]) {
        let file = directory.appending(path: "copyhook.yaml")
        try Data(yaml(port: port).utf8).write(to: file)
        let environment = secrets
        do throws(ConfigurationRefusal) {
            return (
                try Configuration.load(path: file.path, environment: environment), environment
            )
        } catch {
            throw CommandFailure.failed(error.description)
        }
    }

    func showWhereToLook(_ service: Service.Started) {
        let key = service.newAdminKey.map { "export COPYHOOK_API_KEY=\($0.exposed)" }
        standardOutput(
            """

            Still serving. In another terminal:
              export COPYHOOK_URL=\(service.url)
              \(key ?? "")
              copyhook tasks list
              copyhook deliveries list
              curl \(servers[0].url)/_sim/copies        what Coze really copied
              curl \(servers[2].url)/_sim/deliveries    what the endpoint got
            The configuration: \(directory.path)/copyhook.yaml
            Ctrl-C ends it and clears everything away.
            """)
    }

    private var secrets: [String: String] {
        let apps = CozeWorld.standard.callbackApps
        return [
            "COZE_VERIFY_TOKEN": apps.first?.verifyToken.exposed ?? "",
            "COZE_TOKEN": CozeWorld.standard.tokens.first?.token.exposed ?? "",
            "KEYUE_TOKEN": KeyueWorld.standard.credentials.first?.token.exposed ?? "",
            "AUDIT_SECRET": EndpointHook.standard.first?.secret?.exposed ?? "",
            "FEISHU_SECRET": EndpointHook.standard.last?.secret?.exposed ?? "",
        ]
    }
}

/// Whether all went well, told from one task to another.
final class Answer: Sendable {
    private let state = Mutex(false)

    var value: Bool { state.withLock { $0 } }
    func set(_ value: Bool) { state.withLock { $0 = value } }
}

// MARK: - The configuration

extension DemoWorld {
    private func yaml(port: UInt16) -> String {
        let world = CozeWorld.standard
        let bots = world.bots
        let agent = KeyueWorld.standard.agents.last?.id ?? ""
        let credential = KeyueWorld.standard.credentials.first
        return """
            server: { listen: "127.0.0.1:\(port)" }
            sources:
              coze-main:
                scheme: coze
                apps:
                  - api_app_id: "\(world.callbackApps.first?.apiAppID ?? "")"
                    verify_token: "${COZE_VERIFY_TOKEN}"
            connections:
              coze:
                provider: coze
                base_url: \(servers[0].url)
                auth: { token: "${COZE_TOKEN}" }
              keyue:
                provider: keyue
                base_url: \(servers[1].url)
                auth:
                  token: "${KEYUE_TOKEN}"
                  uid: "\(credential?.uid ?? "")"
                  username: "\(credential?.username ?? "")"
            endpoints:
              callback:
                url: \(servers[2].url)/hooks/copyhook
                secret: "${AUDIT_SECRET}"
              team-chat:
                channel: feishu
                url: \(servers[2].url)/open-apis/bot/v2/hook/simulated
                secret: "${FEISHU_SECRET}"
                language: zh
            rules:
              - name: keep-a-copy-beside-it
                match: { type: [bot.published], entity: { id: ["\(bots[0].id)"] } }
                copy: [{ connection: coze }]
              - name: back-up-elsewhere
                match: { type: [bot.published], entity: { id: ["\(bots[1].id)", "\(bots[3].id)"] } }
                copy: [{ connection: coze, to_workspace: "\(world.workspaces[1].id)" }]
              - name: back-up-on-keyue
                match: { type: [bot.published], entity: { id: ["\(bots[2].id)"] } }
                copy: [{ connection: keyue, entity_id: "\(agent)", entity_type: agent }]
                notify: [callback]
              - name: tell-when-it-is-taken-down
                match: { type: [bot.unpublished, bot.deleted] }
                notify: [team-chat]
            # The simulators are on this machine.
            egress: { allow: [127.0.0.0/8] }
            """
    }
}
