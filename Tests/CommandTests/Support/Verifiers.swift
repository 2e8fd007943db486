import Foundation
import StrictJSON

/// Other people's libraries, in the Python environment that `deploy/verifiers` makes.
enum Verifiers {
    private static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    static let place = root.appending(path: ".build-verifiers")
    private static let script = file("verifiers.py")

    /// The path of a file that stands beside the programs which ask the libraries.
    static func file(_ name: String) -> String {
        root.appending(path: "Tests/CommandTests/Verifiers/\(name)").path()
    }

    /// Whether the environment is there and made of what `deploy/verifiers.txt` says today.
    static var areThere: Bool {
        let made = try? Data(contentsOf: place.appending(path: "made-of.txt"))
        return made != nil
            && made == (try? Data(contentsOf: root.appending(path: "deploy/verifiers.txt")))
    }

    struct Missing: Error, CustomStringConvertible {
        let description = "deploy/verifiers has made no environment, and it is required"
    }

    /// Says that nobody was asked, so that a skipped test is seen; fails where `deploy/test` has
    /// just made the environment.
    static func skip(_ what: String) throws {
        guard ProcessInfo.processInfo.environment["COPYHOOK_VERIFIERS"] != "required" else {
            throw Missing()
        }
        print("SKIPPED, run deploy/verifiers first: \(what)")
    }

    /// What became of each job; see the head of `verifiers.py`.
    static func ask(_ jobs: [JSONValue]) async throws -> [JSONValue] {
        let process = try ChildProcess(
            [place.appending(path: "bin/python").path(), "-E", "-s", "-B", script],
            input: JSONValue.array(jobs).bytes())
        if await process.exit(within: .seconds(120)) == nil { await process.kill() }
        await process.output.end()
        await process.errors.end()
        let answers = try? JSONValue(parsing: Array(process.output.text.utf8), limits: .match)
        guard let answers = answers?.array, answers.count == jobs.count else {
            throw ServiceProcess.CannotStart(description: process.errors.text)
        }
        return answers
    }
}
