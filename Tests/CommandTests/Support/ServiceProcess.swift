import Domain
import Foundation
import Glibc
import Simulation
import StrictJSON
import Transport

/// `copyhook serve` in a process of its own.
final class ServiceProcess: Sendable {
    let process: ChildProcess
    /// As in `http://127.0.0.1:21234`.
    let url: String

    struct CannotStart: Error, CustomStringConvertible { let description: String }

    private init(_ process: ChildProcess, url: String) {
        self.process = process
        self.url = url
    }

    /// Writes the configuration, starts the service, and returns once it takes connections.
    ///
    /// - Parameter wrapper: A program and its arguments that runs the service, such as `strace`.
    static func start(
        _ plan: ServicePlan, in scratch: ScratchDirectory, wrapper: [String] = [],
        environment: [String: String] = [:], level: String = "info"
    ) async throws -> ServiceProcess {
        let file = try scratch.write(plan.yaml, to: "copyhook.yaml")
        let process = try ChildProcess(
            wrapper + [BuiltBinary.path, "serve", "--config", file, "--log-level", level],
            environment: environment)
        let line = await process.errorLine("service.started url=", within: .seconds(30))
        guard let url = line?.split(separator: "url=").last else {
            await process.kill()
            await process.errors.end()
            throw CannotStart(description: process.errors.text)
        }
        return ServiceProcess(process, url: String(url))
    }

    /// A call to the API with the admin key.
    func api(
        _ method: String, _ path: String, body: JSONValue? = nil
    ) async throws -> Caller.Answer {
        try await Caller.shared.call(
            method, url + path,
            headers: [("Authorization", "Bearer \(ServicePlan.adminKey)")]
                + (body == nil ? [] : [("Content-Type", "application/json")]),
            body: body?.bytes() ?? [])
    }

    /// Every row of a list (`events`, `tasks` or `deliveries`), page after page, newest first.
    func rows(_ table: String, _ filter: String = "") async throws -> [JSONValue] {
        var rows: [JSONValue] = []
        var cursor = ""
        while true {
            let page = try await api("GET", "/api/v1/\(table)?limit=200\(filter)\(cursor)").json
            guard let found = page[table]?.array else {
                throw CannotStart(description: "\(table): \(page.prettyText())")
            }
            rows += found
            guard let next = page["next"]?.string else { return rows }
            cursor = "&cursor=\(next)"
        }
    }

    /// Posts a callback, and returns the status of the answer.
    func post(
        _ callback: SampleEvents.Callback, to source: String = "coze-main"
    ) async throws(TransportFailure) -> Int {
        try await Caller.shared.call(
            "POST", "\(url)/in/\(source)", headers: callback.headers, body: callback.body
        ).status
    }

    /// Posts an event of any source, and returns the status of the answer.
    func post(_ event: SignedEvent) async throws(TransportFailure) -> Int {
        try await Caller.shared.call(
            "POST", "\(url)/in/\(event.source)", headers: event.headers, body: event.body
        ).status
    }

    /// Looks again and again until `wanted` finds something; `nil` after `limit`, or when the
    /// service ends.
    func until<Found>(
        within limit: Duration, _ wanted: (ServiceProcess) async throws -> Found?
    ) async throws -> Found? {
        let deadline = ContinuousClock.now + limit
        while ContinuousClock.now < deadline {
            if let found = try await wanted(self) { return found }
            if await process.exit(within: .milliseconds(50)) != nil { return nil }
        }
        return nil
    }

    /// Waits until nothing is under way: every event matched, every task at an end or held, every
    /// delivery ended.
    ///
    /// - Returns: The counts by then; `nil` when that did not come in time.
    func rest(within limit: Duration) async throws -> JSONValue? {
        try await until(within: limit) { service in
            let stats = try await service.api("GET", "/api/v1/stats").json
            let moving =
                stats.sum("events", except: ["matched"])
                + stats.sum("tasks", except: ["unresolved", "succeeded", "failed", "cancelled"])
                + stats.sum("deliveries", except: ["delivered", "exhausted", "cancelled"])
            return moving == 0 ? stats : nil
        }
    }
}

extension JSONValue {
    /// How many rows of a table of `/api/v1/stats` stand in other states than these.
    fileprivate func sum(_ table: String, except states: [String]) -> Int {
        guard let members = self[table]?.object?.members else { return 1 }
        return members.filter { !states.contains($0.key) }
            .reduce(0) { $0 + Int($1.value.number?.int64 ?? 1) }
    }
}

/// What a service is told: a configuration for the simulated platforms on this machine.
struct ServicePlan: Sendable {
    static let adminKey = "TEST-ONLY-admin-key-0123456789-abcdefghij"

    /// Outside the range that outgoing connections take their ports from, so that it is still free
    /// when the service comes back.
    var port = FreePort.next()
    var coze: String?
    var keyue: String?
    var endpoint: String?
    /// Items of a YAML list, each line indented by what it needs below `- `.
    var rules: String
    /// Members of each connection, as YAML on one line: `"settle: { sync: 2s, async: 3s }"`.
    var connectionKeys: [String] = []
    /// Members of `keyue` alone.
    var keyueKeys: [String] = []
    /// More lines of the section `sources`, each indented by what it needs below it.
    var sources: [String] = []
    /// Whole sections, appended as they are.
    var more = ""
    var database = "copyhook.db"

    init(
        coze: String? = nil, keyue: String? = nil, endpoint: String? = nil, rules: String,
        connectionKeys: [String] = []
    ) {
        self.coze = coze
        self.keyue = keyue
        self.endpoint = endpoint
        self.rules = rules
        self.connectionKeys = connectionKeys
    }

    /// The names: sources `coze-main` and `partner`, connections `coze` and `keyue`, endpoint
    /// `audit`.
    var yaml: String {
        var lines = [
            "server:", "  listen: 127.0.0.1:\(port)", "  admin_key: \(Self.adminKey)",
            "store:", "  url: sqlite:\(database)",
            "egress:", "  allow: [127.0.0.0/8]",
            "sources:", "  coze-main:", "    scheme: coze", "    apps:",
        ]
        for app in CozeWorld.standard.callbackApps {
            lines.append(
                "      - { api_app_id: \"\(app.apiAppID)\", verify_token: "
                    + "\"\(app.verifyToken.exposed)\" }")
        }
        lines += ["  partner:", "    scheme: standard-webhooks"]
        lines.append("    secret: \"\(SignedEvent.partnerSecret.exposed)\"")
        lines += sources.map { "  " + $0 }
        if coze != nil || keyue != nil { lines.append("connections:") }
        if let coze, let token = CozeWorld.standard.tokens.first?.token.exposed {
            lines += ["  coze:", "    provider: coze", "    base_url: \(coze)"]
            lines.append("    auth: { token: \"\(token)\" }")
            lines += connectionKeys.map { "    " + $0 }
        }
        if let keyue, let credential = KeyueWorld.standard.credentials.first {
            lines += ["  keyue:", "    provider: keyue", "    base_url: \(keyue)"]
            lines.append(
                "    auth: { token: \"\(credential.token.exposed)\", uid: \"\(credential.uid)\", "
                    + "username: \"\(credential.username)\" }")
            lines += (connectionKeys + keyueKeys).map { "    " + $0 }
        }
        if let endpoint, let hook = EndpointHook.standard.first {
            lines += ["endpoints:", "  audit:", "    url: \(endpoint)\(hook.path)"]
            lines.append("    secret: \"\(hook.secret?.exposed ?? "")\"")
        }
        if !rules.isEmpty {
            lines.append("rules:")
            lines += rules.split(separator: "\n").map { "  " + $0 }
        }
        return lines.joined(separator: "\n") + "\n" + more
    }
}

/// Ports that are free now, and that nobody is given by chance.
enum FreePort {
    static func next() -> Int {
        while true {
            let port = Int.random(in: 20_000..<30_000)
            let test = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(test) }
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = UInt16(port).bigEndian
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            let isFree = withUnsafeBytes(of: &address) { bytes in
                bytes.baseAddress.map {
                    bind(
                        test, $0.assumingMemoryBound(to: sockaddr.self),
                        socklen_t(bytes.count)) == 0
                } ?? false
            }
            if isFree { return port }
        }
    }
}
