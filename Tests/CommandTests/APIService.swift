import Foundation
import StrictJSON
import Transport

/// A running service whose configuration is the test's own, and the commands that ask it.
struct APIService: Sendable {
    /// Long enough for `server.admin_key`.
    static let key = "TEST-ONLY-admin-key-of-the-commands-0123456789"

    let process: ChildProcess
    /// As in `http://127.0.0.1:41234`.
    let url: String

    /// Returns once it takes connections.
    ///
    /// - Parameter sections: The configuration but for `server`, which this sets.
    static func start(
        _ sections: String, in scratch: ScratchDirectory, environment: [String: String] = [:],
        level: String = "info"
    ) async throws -> APIService {
        let server = "server: { listen: \"127.0.0.1:0\", admin_key: \"\(key)\" }\n"
        let file = try scratch.write(server + sections, to: "copyhook.yaml")
        return try await start(
            configuration: file, environment: environment, level: level)
    }

    static func start(
        configuration file: String, environment: [String: String] = [:], level: String = "info"
    ) async throws -> APIService {
        let process = try ChildProcess(
            [BuiltBinary.path, "serve", "--config", file, "--log-level", level],
            environment: environment)
        let line = await process.errorLine("service.started url=", within: .seconds(30))
        guard let url = line?.split(separator: "url=").last else {
            await process.kill()
            await process.errors.end()
            throw ServiceProcess.CannotStart(description: process.errors.text)
        }
        return APIService(process: process, url: String(url))
    }

    /// Soft stop; what was written is in the ledgers then.
    ///
    /// - Returns: The exit code.
    func stop() async -> Int32? {
        process.signal(SIGTERM)
        let code = await process.exit(within: .seconds(30))
        await process.output.end()
        await process.errors.end()
        return code
    }

    /// A call to the API as a program makes it.
    func api(
        _ method: String, _ path: String, body: String = ""
    ) async throws -> Caller.Answer {
        try await Caller.shared.call(
            method, url + path,
            headers: [
                ("Authorization", "Bearer \(Self.key)"), ("Content-Type", "application/json"),
            ], body: Array(body.utf8))
    }

    /// A command as a person types it.
    func command(
        _ arguments: String..., input: String = ""
    ) async throws -> (status: Int32, output: String, errors: String) {
        try await BuiltBinary.run(
            arguments, environment: ["COPYHOOK_URL": url, "COPYHOOK_API_KEY": Self.key],
            input: Array(input.utf8))
    }

    /// What a command with `--json` prints.
    func json(_ arguments: String...) async throws -> JSONValue {
        let said = try await BuiltBinary.run(
            arguments + ["--json"],
            environment: ["COPYHOOK_URL": url, "COPYHOOK_API_KEY": Self.key])
        guard said.status == 0 else {
            throw ServiceProcess.CannotStart(description: said.errors)
        }
        return try JSONValue(parsing: Array(said.output.utf8), limits: .match)
    }

    /// Asks again and again until `wanted` finds something; `nil` after `limit`, or when the
    /// service ends.
    func until<Found>(
        within limit: Duration = .seconds(20), _ wanted: (APIService) async throws -> Found?
    ) async throws -> Found? {
        let deadline = ContinuousClock.now + limit
        while ContinuousClock.now < deadline {
            if let found = try await wanted(self) { return found }
            if await process.exit(within: .milliseconds(30)) != nil { return nil }
        }
        return nil
    }
}

extension JSONValue {
    /// The number as an `Int`, absent for anything else.
    var count: Int? { number?.int64.map(Int.init) }
}
