import Foundation
import StrictJSON
import Testing

/// A service whose every secret is a marker, and platforms that misbehave.
final class MarkerStage {
    static let control = "ControlMarker4711OnPurpose"
    static let grantsPlanned = 20

    let scratch: ScratchDirectory
    let file: String
    let hay = SecretHay()
    private let coze: SimulatorProcess
    private let echo: SimulatorProcess
    private let keyue: SimulatorProcess
    let endpoint: SimulatorProcess

    init() async throws {
        scratch = try ScratchDirectory()
        coze = try await SimulatorProcess.start(.coze)
        echo = try await SimulatorProcess.start(.coze)
        keyue = try await SimulatorProcess.start(.keyue)
        endpoint = try await SimulatorProcess.start(.endpoint)
        try SecretMarkers.write(to: scratch)
        try FileManager.default.createDirectory(
            at: scratch.url.appending(path: "rules"), withIntermediateDirectories: true)
        var addresses = SecretMarkers.Addresses()
        addresses.coze = coze.url
        addresses.echo = echo.url
        addresses.keyue = keyue.url
        addresses.endpoint = endpoint.url
        file = try scratch.write(SecretMarkers.yaml(addresses), to: "copyhook.yaml")
        try await misbehave()
    }

    private func misbehave() async throws {
        func text(_ key: String) -> JSONValue { .string(SecretMarkers.text(key)) }
        let end = Int64(Date().timeIntervalSince1970) + 3_600
        try await coze.put(
            "world",
            ["tokens": [text("connections.good.auth.token"), .string(SecretMarkers.granted)]])
        try await coze.fail([
            "next": [
                // The first grant is refused when it is used, the ones behind it are good.
                [
                    "route": "token", "status": 200,
                    "body": [
                        "access_token": .string(SecretMarkers.refusedToken),
                        "expires_in": .number(JSONNumber(end)),
                    ],
                ],
                [
                    "route": "token", "status": 200,
                    "body": [
                        "access_token": .string(SecretMarkers.granted),
                        "expires_in": .number(JSONNumber(end)),
                    ], "times": .number(JSONNumber(Int64(Self.grantsPlanned))),
                ],
            ]
        ])
        let said =
            "invalid \(SecretMarkers.text("connections.echo.auth.token")) and "
            + PlantedSecrets.privateKey.prefix(200)
        try await echo.fail([
            "next": [
                [
                    "route": "token", "status": 401, "times": 1_000,
                    "body": ["error_code": "invalid_client", "error_message": .string(said)],
                ],
                [
                    "status": 401, "times": 1_000,
                    "body": ["code": 700_012_006, "msg": .string(said)],
                ],
            ]
        ])
        try await keyue.put(
            "world",
            [
                "credentials": [
                    [
                        "token": text("connections.agents.auth.token"),
                        "uid": text("connections.agents.auth.uid"),
                        "username": text("connections.agents.auth.username"),
                    ]
                ]
            ])
        let keys = ["endpoints.refuses.secrets", "endpoints.refuses.secrets[1]"]
            .map(SecretMarkers.signingKey)
        try await endpoint.put(
            "world",
            [
                "hooks": [
                    [
                        "path": .string("/" + SecretMarkers.text("endpoints.audit.url")),
                        "scheme": "webhook",
                        "secret": .string(SecretMarkers.signingKey("endpoints.audit.secret")),
                    ],
                    [
                        "path": .string("/" + SecretMarkers.text("endpoints.chat.url")),
                        "scheme": "feishu", "secret": text("endpoints.chat.secret"),
                    ],
                    // Refuses, and says all that it was told and more.
                    [
                        "path": .string("/wrong/" + SecretMarkers.text("endpoints.refuses.url")),
                        "scheme": "webhook",
                        "answer": [
                            "status": 400, "type": "text/plain",
                            "body": .string(
                                "no \(keys.joined(separator: " ")) at "
                                    + "/wrong/\(SecretMarkers.text("endpoints.refuses.url"))"),
                        ],
                    ],
                ]
            ])
    }

    func serve() async throws -> APIService {
        try await APIService.start(
            configuration: file, environment: SecretMarkers.environment, level: "debug")
    }

    /// Grants that nobody asked for yet.
    func grantsLeft() async throws -> Int {
        let plan = try await Caller.shared.call("GET", "\(coze.url)/_sim/faults").json
        return plan["next"]?.array?.first?["times"]?.count ?? 1
    }
}

// MARK: - What was written

extension MarkerStage {
    func note(_ service: APIService) {
        hay.add("log", service.process.errors.text)
        hay.add("output", service.process.output.text)
    }

    func collectFiles(_ when: String) throws {
        for file in try SecretHaystack.files(in: scratch, but: SecretMarkers.isMeant) {
            hay.add(SecretHaystack("\(when): \(file.name)", file.bytes))
        }
    }

    /// Every list and every record that the API has.
    func collect(from service: APIService, _ when: String) async throws {
        func get(_ path: String) async throws -> JSONValue {
            let answer = try await Caller.shared.call(
                "GET", service.url + path,
                headers: [("Authorization", "Bearer \(SecretMarkers.adminKey)")])
            #expect(answer.status == 200, "\(path)")
            hay.add("\(when): GET \(path)", answer.text)
            return answer.json
        }
        for path in ["rules", "stats"] { _ = try await get("/api/v1/" + path) }
        for table in ["events", "tasks", "deliveries"] {
            for row in try await get("/api/v1/\(table)?limit=200")[table]?.array ?? [] {
                _ = try await get("/api/v1/\(table)/\(row["id"]?.string ?? "")")
            }
        }
        var page = try await get("/api/v1/stream?limit=200&since=1d")
        while page["more"] == true, let next = page["next"]?.string {
            page = try await get("/api/v1/stream?limit=200&after=\(next)")
        }
    }

    func collectPayloads() async throws {
        for delivery in try await endpoint.deliveries() {
            hay.add(SecretHaystack("payload", delivery.json.bytes()))
        }
    }
}

/// Everything that was written, as it comes.
final class SecretHay {
    private(set) var snapshot: [SecretHaystack] = []

    func add(_ name: String, _ text: String) { add(SecretHaystack(name, text)) }
    func add(_ haystack: SecretHaystack) { snapshot.append(haystack) }
}
