import Foundation
import StrictJSON
import Testing

/// A service without a preset key, and what people with several keys do with it.
private struct Office {
    let scratch: ScratchDirectory
    let file: String
    let service: APIService
    /// The one that the first start printed.
    let first: String

    init() async throws {
        scratch = try ScratchDirectory()
        file = try scratch.write(
            """
            server: { listen: "127.0.0.1:0" }
            endpoints:
              ops:
                url: https://ops.example.com/hook
                secret: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw

            """, to: "copyhook.yaml")
        service = try await APIService.start(configuration: file, level: "debug")
        let line = try #require(await service.process.errorLine("Admin key", "chk_"))
        first = try #require(line.split(separator: " ").last.map(String.init))
    }

    func run(
        _ arguments: [String], as key: String, input: String = ""
    ) async throws -> (status: Int32, output: String, errors: String) {
        try await BuiltBinary.run(
            arguments, environment: ["COPYHOOK_URL": service.url, "COPYHOOK_API_KEY": key],
            input: Array(input.utf8))
    }

    /// Makes a key and answers with its text.
    func key(_ name: String, _ scopes: String...) async throws -> String {
        let options = scopes.flatMap { ["--scope", $0] }
        let said = try await run(["keys", "create", name] + options, as: first)
        #expect(said.status == 0, "\(said.errors)")
        return said.output.trimmingCharacters(in: .newlines)
    }

    func rows(_ arguments: String..., in list: String) async throws -> [JSONValue] {
        let said = try await run(arguments + ["--json"], as: first)
        return try JSONValue(parsing: Array(said.output.utf8))[list]?.array ?? []
    }
}

private let rule = #"{"match":{"type":["bot.published"]},"notify":["ops"]}"#

@Suite(.timeLimit(.minutes(2))) struct KeysCommandTests {
    @Test func keysAreMadeUsedListedAndRevoked() async throws {
        let office = try await Office()
        let said = try await office.run(
            ["keys", "create", "客服", "--scope", "read", "--expires", "90d"], as: office.first)
        #expect(said.status == 0)
        let reader = said.output.trimmingCharacters(in: .newlines)
        #expect(reader.hasPrefix("chk_") && reader.utf8.count == 62, "the text alone")
        #expect(!said.errors.contains("chk_"))
        let writer = try await office.key("writer", "write", "ingest")

        #expect(try await office.run(["events", "list"], as: reader).status == 0)
        let refused = try await office.run(
            ["rules", "put", "--name", "r", "-"], as: reader, input: rule)
        #expect(refused.status == 1)
        #expect(
            refused.errors
                == "Not allowed: The key does not allow this.\nUse a key with the scope `write`.\n")
        #expect(
            try await office.run(["rules", "put", "--name", "r", "-"], as: writer, input: rule)
                .status == 0)
        #expect(try await office.run(["keys", "list"], as: writer).status == 1)

        let keys = try await office.rows("keys", "list", in: "keys")
        #expect(keys.map { $0["name"]?.string } == ["first", "客服", "writer"])
        #expect(keys.map { $0["used_at"]?.isNull } == [false, false, false])
        #expect(keys.map { $0["expires_at"]?.isNull } == [true, false, true])
        let table = try await office.run(["keys", "list"], as: office.first)
        #expect(table.output.contains("ingest, write") && !table.output.contains("chk_"))

        let id = try #require(keys[2]["id"]?.string)
        #expect(try await office.run(["keys", "revoke", id], as: office.first).status == 0)
        let gone = try await office.run(["events", "list"], as: writer)
        #expect(gone.status == 1 && gone.errors.hasPrefix("The service does not take this key"))
        let last = try await office.run(
            ["keys", "revoke", keys[0]["id"]?.string ?? ""], as: office.first)
        #expect(last.status == 1 && last.errors.contains("server.admin_key"), "\(last.errors)")

        #expect(await office.service.stop() == 0)
        let log = office.service.process.errors.text
        for secret in [reader, writer] {
            #expect(!log.contains(secret))
            #expect(try Planted.found([secret], in: office.scratch) == [])
        }
        #expect(log.contains("key.created") && log.contains("key.revoked"))
    }

    @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/full")))
    func aKeyThatCouldNotBePrintedIsNoSuccess() async throws {
        let office = try await Office()
        for command in ["keys create lost --scope read", "keys list", "schema"] {
            let process = try ChildProcess(
                ["/bin/sh", "-c", #""$0" \#(command) > /dev/full"#, BuiltBinary.path],
                environment: ["COPYHOOK_URL": office.service.url, "COPYHOOK_API_KEY": office.first])
            #expect(await process.exit(within: .seconds(30)) == 1, "\(command)")
            await process.errors.end()
            #expect(process.errors.text.contains("make a new one"), "\(process.errors.text)")
        }
        #expect(try await office.rows("keys", "list", in: "keys").count == 2)
    }

    @Test func whoDidWhatIsListedAndWalkedBesideTheServiceAndWithoutIt() async throws {
        let office = try await Office()
        let writer = try await office.key("writer", "write")
        _ = try await office.run(["rules", "put", "--name", "r", "-"], as: writer, input: rule)
        _ = try await office.run(["rules", "delete", "r"], as: writer)
        let entries = try await office.rows("audit", "list", in: "entries")
        #expect(
            entries.map { "\($0["who"]?["name"]?.string ?? "") \($0["verb"]?.string ?? "")" } == [
                "writer rule.deleted", "writer rule.put", "first key.created",
                "system key.created",
            ])
        let narrowed = try await office.rows(
            "audit", "list", "--who", "writer", "--verb", "rule.put", "--object", "r",
            "--since", "1h", in: "entries")
        #expect(narrowed.map { $0["number"]?.count } == [3])
        let table = try await office.run(["audit", "list", "--limit", "1"], as: office.first)
        #expect(table.output.contains("More: --cursor 4"), "\(table.output)")

        let online = try await office.run(["audit", "verify"], as: office.first)
        let offline = try await office.run(
            ["audit", "verify", "--config", office.file], as: "none")
        #expect(online.status == 0 && offline.status == 0, "\(offline.errors)")
        #expect(online.output.hasPrefix("4 entries hold\nlast 4:"), "\(online.output)")
        #expect(offline.output == online.output)
        let last = try #require(online.output.split(whereSeparator: \.isWhitespace).last)
        for place in [[], ["--config", office.file]] {
            let kept = try await office.run(
                ["audit", "verify", "--last"] + place, as: office.first)
            #expect(kept.status == 0 && kept.output == "\(last)\n", "\(kept)")
        }
        let zeros = "4:" + String(repeating: "0", count: 64)
        for place in [[], ["--config", office.file]] {
            for (expected, status) in [(String(last), Int32(0)), (zeros, 1), ("4", 2)] {
                let said = try await office.run(
                    ["audit", "verify", "--expect", expected] + place, as: office.first)
                #expect(said.status == status, "\(expected) \(place): \(said)")
                if status == 1 {
                    #expect(said.errors.contains("broken at 4: entry 4 is not the one"), "\(said)")
                }
            }
        }
        #expect(await office.service.stop() == 0)

        let path = office.scratch.url.appending(path: "copyhook.db")
        var bytes = try Data(contentsOf: path)
        let place = try #require(bytes.firstRange(of: Data("rule.put".utf8)))
        bytes[place.lowerBound] ^= 1
        try bytes.write(to: path)
        let broken = try await office.run(
            ["audit", "verify", "--config", office.file], as: "none")
        #expect(broken.status == 1)
        #expect(broken.output.hasPrefix("2 entries hold\n"), "\(broken.output)")
        #expect(broken.errors.hasPrefix("the audit is broken at 3: "), "\(broken.errors)")
        let kept = try await office.run(
            ["audit", "verify", "--last", "--config", office.file], as: "none")
        #expect(kept.status == 1 && kept.output.isEmpty && !kept.errors.isEmpty, "\(kept)")
    }
}
