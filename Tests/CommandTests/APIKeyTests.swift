import Foundation
import StrictJSON
import Testing
import Transport

/// Who may ask, and what those are told who may not.
@Suite struct APIKeyTests {
    @Test func theKeyIsPrintedOnceAndNeverAgain() async throws {
        let scratch = try ScratchDirectory()
        let file = try scratch.write(
            "server: { listen: \"127.0.0.1:0\" }\n", to: "copyhook.yaml")
        let first = try await APIService.start(configuration: file)
        let line = try #require(await first.process.errorLine("Admin key", "chk_"))
        let key = try #require(line.split(separator: " ").last.map(String.init))
        func list(_ service: APIService) async throws -> Int32 {
            try await BuiltBinary.run(
                ["events", "list"],
                environment: ["COPYHOOK_URL": service.url, "COPYHOOK_API_KEY": key]
            ).status
        }
        #expect(try await list(first) == 0)
        #expect(await first.stop() == 0)
        #expect(first.process.errors.lines.count { $0.contains("chk_") } == 1)
        #expect(first.process.output.text == "")

        let second = try await APIService.start(configuration: file, level: "debug")
        #expect(try await list(second) == 0)
        #expect(await second.stop() == 0)
        #expect(!second.process.errors.text.contains("chk_"))
        #expect(!second.process.errors.text.contains("Admin key"))
        #expect(try Planted.found([key], in: scratch).isEmpty)
    }

    @Test func withoutTheKeyNothingIsTold() async throws {
        let scratch = try ScratchDirectory()
        let service = try await APIService.start("", in: scratch)
        func run(_ environment: [String: String]) async throws -> (
            status: Int32, output: String, errors: String
        ) {
            try await BuiltBinary.run(["tasks", "list"], environment: environment)
        }

        let unset = try await run(["COPYHOOK_URL": service.url])
        #expect(unset.status == 2 && unset.output == "")
        #expect(unset.errors.hasPrefix("COPYHOOK_API_KEY is not set\nSet it to the admin key"))
        let wrong = try await run(
            ["COPYHOOK_URL": service.url, "COPYHOOK_API_KEY": "planted-wrong-key"])
        #expect(wrong.status == 1 && wrong.output == "")
        #expect(wrong.errors.hasPrefix("The service does not take this key\nGive one that it made"))
        #expect(!wrong.errors.contains("planted-wrong-key"))

        for headers in [[], [("Authorization", "Bearer wrong")], [("Authorization", "Basic eA==")]]
        {
            let answer = try await Caller.shared.call(
                "GET", service.url + "/api/v1/rules", headers: headers)
            #expect(answer.status == 401)
            #expect(answer.headers.first("WWW-Authenticate")?.hasPrefix("Bearer") == true)
            #expect(answer.headers.first("Content-Type") == "application/problem+json")
        }
        let health = try await Caller.shared.call("GET", service.url + "/healthz")
        #expect(health.status == 200 && health.text == "ok\n")
    }

    @Test func aServiceThatIsAwayIsNamed() async throws {
        let port = FreePort.next()
        let said = try await BuiltBinary.run(
            ["events", "list", "--url", "http://127.0.0.1:\(port)/"],
            environment: ["COPYHOOK_API_KEY": APIService.key])
        #expect(said.status == 1 && said.output == "")
        #expect(
            said.errors.hasPrefix("http://127.0.0.1:\(port) cannot be reached: "), "\(said.errors)")
        #expect(said.errors.contains("\nCheck that the service runs there"), "\(said.errors)")

        let none = try await BuiltBinary.run(
            ["events", "list", "--url", "localhost"],
            environment: ["COPYHOOK_API_KEY": APIService.key])
        #expect(none.status == 2 && none.errors.contains("http://HOST:PORT"), "\(none.errors)")
        // Something that is no Copyhook answers.
        let stranger = try await SimulatorProcess.start(.endpoint)
        let other = try await BuiltBinary.run(
            ["events", "list", "--url", stranger.url],
            environment: ["COPYHOOK_API_KEY": APIService.key])
        #expect(other.status == 1 && other.output == "", "\(other.output)")
        #expect(other.errors.contains("Check that --url names a Copyhook service."))
    }

    @Test func migratingIsDoneOnceAndRefusedWhileTheStoreIsInUse() async throws {
        let scratch = try ScratchDirectory()
        let file = try scratch.write(
            "server: { listen: \"127.0.0.1:0\", admin_key: \"\(APIService.key)\" }\n",
            to: "copyhook.yaml")

        let first = try await BuiltBinary.run(["migrate", "--config", file])
        #expect(first.status == 0 && first.errors == "")
        #expect(first.output.contains("copyhook.db went from version 0 to "), "\(first.output)")
        let second = try await BuiltBinary.run(["migrate", "--config", file])
        #expect(second.status == 0 && second.output.contains("already"), "\(second.output)")

        let service = try await APIService.start(configuration: file)
        let third = try await BuiltBinary.run(["migrate", "--config", file])
        #expect(third.status == 1 && third.output == "")
        #expect(third.errors.contains("in use by process \(service.process.pid)"))
    }
}
