import Foundation

/// The command as it was built beside these tests.
///
/// How to run it from outside:
///
/// ```swift
/// let scratch = try ScratchDirectory()                       // removed at the end
/// let (status, output, errors) = try await BuiltBinary.run(   // a command that ends by itself
///     ["check", "--config", scratch.path("copyhook.yaml")])
///
/// let coze = try await SimulatorProcess.start(.coze)        // coze.url, coze.copies()
/// let endpoint = try await SimulatorProcess.start(.endpoint)
/// let plan = ServicePlan(coze: coze.url, endpoint: endpoint.url, rules: "- name: …")
/// let service = try await ServiceProcess.start(plan, in: scratch)   // returns when it listens
/// let answer = try await service.api("GET", "/api/v1/stats")       // .status, .json
/// let status = try await service.post(callback)                   // a signed event, to /in/…
/// await service.process.kill()                                   // SIGKILL, and wait
/// let next = try await ServiceProcess.start(plan, in: scratch)     // same database, same port
/// next.process.signal(SIGTERM)
/// let code = await next.process.exit(within: .seconds(25))         // nil: it still runs
/// ```
///
/// A ``ChildProcess`` never outlives the tests: it is killed when its object goes away, and by a
/// watchdog should the tests themselves be killed. Waiting is for something that happens, with a
/// bound: a line, the end.
enum BuiltBinary {
    static var path: String { path(of: "copyhook") }

    /// Where the build has put a program.
    static func path(of program: String) -> String {
        URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
            .appending(path: program).path()
    }

    /// Runs a command to its end; one that does not end within `limit` is killed.
    ///
    /// - Returns: Status 128 and the signal's number for a command that was killed by one.
    static func run(
        _ arguments: [String], program: String = "copyhook", environment: [String: String] = [:],
        input: [UInt8] = [], directory: String? = nil, limit: Duration = .seconds(30)
    ) async throws -> (status: Int32, output: String, errors: String) {
        let process = try ChildProcess(
            [path(of: program)] + arguments, environment: environment, input: input,
            directory: directory)
        if await process.exit(within: limit) == nil { await process.kill() }
        let status = await process.exit(within: .seconds(5)) ?? -1
        // The end of a process may be known before the last of its words was read.
        await process.output.end()
        await process.errors.end()
        return (status, process.output.text, process.errors.text)
    }
}
