import Foundation
import StrictJSON
import Testing
import Transport

/// Senders that are put in, closed and tried while the service runs.
@Suite(.timeLimit(.minutes(2))) struct SourceTests {
    private let scratch: ScratchDirectory
    private let file: String

    private static let token = "TEST-ONLY-token-of-a-sender-0001"
    private static let other = "TEST-ONLY-token-of-a-sender-0002"

    init() throws {
        scratch = try ScratchDirectory()
        file = try scratch.write(
            """
            server: { listen: "127.0.0.1:0", admin_key: "\(APIService.key)" }
            sources:
              ci: { scheme: bearer, secret: "\(Self.token)" }

            """, to: "copyhook.yaml")
    }

    private struct Shell {
        let service: APIService

        func callAsFunction(
            _ arguments: String..., input: String = ""
        ) async throws -> (status: Int32, output: String, errors: String) {
            try await BuiltBinary.run(
                ["sources"] + arguments,
                environment: ["COPYHOOK_URL": service.url, "COPYHOOK_API_KEY": APIService.key],
                input: Array(input.utf8))
        }

        static func events(_ service: APIService) async throws -> Int? {
            try await service.api("GET", "/api/v1/events").json["events"]?.array?.count
        }

        func post(_ number: Int, to source: String, as token: String) async throws
            -> Caller.Answer
        {
            try await Caller.shared.call(
                "POST", service.url + "/in/\(source)",
                headers: [
                    ("Authorization", "Bearer \(token)"), ("Content-Type", "application/json"),
                ], body: Array(#"{"type":"build.done","number":\#(number)}"#.utf8))
        }
    }

    @Test func aSourceComesAndGoesWhileTheServiceRuns() async throws {
        let service = try await APIService.start(configuration: file)
        let shell = Shell(service: service)
        #expect(try await shell.post(1, to: "build", as: Self.other).status == 404)
        let definition = #"{"scheme":"bearer","secret":"\#(Self.other)"}"#
        let put = try await shell("put", "build", "--file", "-", input: definition)
        #expect(
            put.status == 0 && put.output == "build is in force at /in/build\n", "\(put.errors)")
        #expect(try await shell.post(1, to: "build", as: Self.other).status == 200)
        #expect(try await shell.post(1, to: "build", as: Self.token).status == 401)
        let shown = try await shell("show", "build")
        #expect(shown.output.contains("<secret>") && !shown.output.contains(Self.other))
        let list = try await shell()
        #expect(list.output.contains("/in/build") && list.output.contains("/in/ci"))

        let refused = try await shell("put", "build", "--file", "-", input: "{}")
        #expect(refused.status == 2 && refused.errors.contains("scheme"), "\(refused.errors)")
        let inFile = try await shell("put", "ci", "--file", "-", input: definition)
        #expect(inFile.status == 1 && inFile.errors.contains("copyhook.yaml"), "\(inFile.errors)")
        #expect(try await shell("delete", "ci", "--yes").status == 1)
        #expect(try await shell("delete", "build").status == 2, "nobody is here to say yes")
        #expect(try await shell("delete", "build", "--yes").status == 0)
        #expect(try await shell.post(2, to: "build", as: Self.other).status == 404)
        let verbs = try await service.api("GET", "/api/v1/audit").json["entries"]?.array ?? []
        #expect(verbs.compactMap { $0["verb"]?.string } == ["source.deleted", "source.put"])
        #expect(await service.stop() == 0)
    }

    /// The sender goes on all the while, with the former secret and then with the new one.
    @Test func aSecretIsChangedAndNoEventRefused() async throws {
        let service = try await APIService.start(configuration: file)
        let shell = Shell(service: service)
        func put(_ secrets: String...) async throws {
            let list = secrets.map { "\"\($0)\"" }.joined(separator: ",")
            let put = try await shell(
                "put", "build", "--file", "-",
                input: #"{"scheme":"bearer","secrets":[\#(list)]}"#)
            #expect(put.status == 0, "\(put.errors)")
        }
        try await put(Self.token)
        // As soon as the new one is taken the sender changes over, and goes on for a while.
        let (hasBegun, begin) = AsyncStream.makeStream(of: Never.self)
        func send() async throws -> (refused: Int, before: Int, after: Int) {
            var (refused, before, after) = (0, 0, 0)
            while after < 20, before < 5_000 {
                var isNew = after > 0
                if !isNew {
                    isNew = try await shell.post(0, to: "build", as: Self.other).status == 200
                }
                let answer = try await shell.post(
                    1 + before + after, to: "build", as: isNew ? Self.other : Self.token)
                if answer.status != 200 { refused += 1 }
                if isNew { after += 1 } else { before += 1 }
                begin.finish()
            }
            return (refused, before, after)
        }
        async let sent = send()
        for await _ in hasBegun {}
        try await put(Self.other, Self.token)
        let (refused, before, after) = try await sent
        #expect(refused == 0 && before > 0 && after == 20, "\(refused) of \(before + after)")
        try await put(Self.other)
        #expect(try await shell.post(-1, to: "build", as: Self.token).status == 401)
        #expect(try await shell.post(-2, to: "build", as: Self.other).status == 200)
        #expect(await service.stop() == 0)
    }

    /// A source of the configuration; nobody ends the overlap but time.
    @Test func aRotatedSecretAndTheFormerAreTakenUntilTheOverlapIsOver() async throws {
        let service = try await APIService.start(configuration: file)
        let shell = Shell(service: service)
        #expect(try await shell.post(1, to: "ci", as: Self.token).status == 200)
        let said = try await shell("rotate", "ci", "--overlap", "2h")
        #expect(said.status == 0 && said.errors.contains("ci takes events in with it now"))
        let made = String(said.output.dropLast())
        #expect(made.count == 64 && !said.errors.contains(made))
        #expect(try await shell.post(2, to: "ci", as: Self.token).status == 200)
        #expect(try await shell.post(3, to: "ci", as: made).status == 200)
        let shown = try await shell("show", "ci")
        #expect(shown.output.contains(#""secrets": 2"#) && shown.output.contains(#""key""#))
        #expect(!shown.output.contains(made) && !shown.output.contains(Self.token))
        #expect(await service.stop() == 0)

        // Over a restart, too.
        let next = try await APIService.start(configuration: file)
        let again = Shell(service: next)
        #expect(try await again.post(4, to: "ci", as: Self.token).status == 200)
        #expect(try await again.post(5, to: "ci", as: made).status == 200)
        let given = try await again(
            "rotate", "ci", "--given", "--overlap", "1s", input: Self.other + "\n")
        #expect(given.status == 0 && given.output.isEmpty, "\(given.errors)")
        let ended = try await next.until { _ -> Bool? in
            let status = try await again.post(6, to: "ci", as: made).status
            #expect([200, 401].contains(status))
            return status == 401 ? true : nil
        }
        #expect(ended == true)
        // The first one was promised two hours, which a later second is no end of.
        #expect(try await again.post(7, to: "ci", as: Self.token).status == 200)
        #expect(try await again.post(8, to: "ci", as: Self.other).status == 200)
        #expect(try await again("rotate", "nobody").status == 1)
        // All that was answered with 200 is there; the sixth may have come before the end.
        #expect([7, 8].contains(try await Shell.events(next)))
        let verbs = try await next.api("GET", "/api/v1/audit").json["entries"]?.array ?? []
        #expect(verbs.compactMap { $0["verb"]?.string } == ["source.rotated", "source.rotated"])
        for secret in [made, Self.other] {
            #expect(!service.process.errors.text.contains(secret))
            #expect(!next.process.errors.text.contains(secret))
        }
        #expect(await next.stop() == 0)
    }

    private static let off = "ci is switched off; what it sends is answered with 503\n"

    /// As for connections and endpoints: YAML, with secrets taken from where the command runs.
    @Test func aDefinitionIsReadWhereTheCommandRuns() async throws {
        let service = try await APIService.start(configuration: file)
        let shell = Shell(service: service)
        _ = try scratch.write(Self.other + "\n", to: "build.secret")
        let definition = try scratch.write(
            "# The builds.\nscheme: bearer\nsecret: ${file:build.secret}\n", to: "build.yaml")
        let put = try await shell("put", "build", "--file", definition)
        #expect(put.output == "build is in force at /in/build\n", "\(put.errors)")
        #expect(try await shell.post(1, to: "build", as: Self.other).status == 200)
        let absent = try await shell(
            "put", "build", "--file", "-", input: #"{scheme: bearer, secret: "${NOT_SET}"}"#)
        #expect(absent.status == 2 && absent.errors.contains("NOT_SET"), "\(absent.errors)")
        #expect(absent.errors.hasPrefix("stdin:1: secret"), "\(absent.errors)")

        // Put in or listed, one that is switched off is not said to be in force.
        #expect(try await shell("disable", "build").status == 0)
        let again = try await shell("put", "build", "--file", definition)
        #expect(
            again.output == "build is put in at /in/build, but disabled; to have it in force: "
                + "copyhook sources enable build\n", "\(again)")
        let list = try await shell("list").output.split(separator: "\n").map {
            $0.split(separator: " ").joined(separator: " ")
        }
        #expect(
            list.dropFirst() == [
                "ci file bearer /in/ci on -", "build api bearer /in/build switched off -",
            ], "\(list)")
        #expect(await service.stop() == 0)
    }

    @Test func whatIsDisabledIsSentAgainByWhoKeptIt() async throws {
        let service = try await APIService.start(configuration: file)
        let shell = Shell(service: service)
        #expect(try await shell.post(1, to: "ci", as: Self.token).status == 200)
        #expect(try await shell("disable", "ci").output == Self.off)
        #expect(try await shell("disable", "ci").output == Self.off)
        let held = try await shell.post(2, to: "ci", as: Self.token)
        #expect(held.status == 503 && held.headers.first("retry-after") == "60")
        #expect(await service.stop() == 0)

        // Over a restart, too.
        let next = try await APIService.start(configuration: file)
        let again = Shell(service: next)
        #expect(try await again.post(2, to: "ci", as: Self.token).status == 503)
        #expect(try await Shell.events(next) == 1)
        #expect(try await again("enable", "ci").output == "ci is switched on\n")
        #expect(try await again.post(2, to: "ci", as: Self.token).status == 200)
        #expect(try await Shell.events(next) == 2)
        let verbs = try await next.api("GET", "/api/v1/audit").json["entries"]?.array ?? []
        #expect(verbs.compactMap { $0["verb"]?.string } == ["source.enabled", "source.disabled"])
        #expect(await next.stop() == 0)
    }

    @Test func aCapturedRequestIsTriedAndNotStored() async throws {
        let service = try await APIService.start(configuration: file)
        let shell = Shell(service: service)
        func tried(_ token: String) async throws -> (status: Int32, output: String, errors: String)
        {
            let request = """
                {"headers": [["Authorization", "Bearer \(token)"]],
                 "body": "{\\"type\\": \\"build.done\\", \\"id\\": 7}"}
                """
            return try await shell("test", "ci", "--request", "-", input: request)
        }
        let right = try await tried(Self.token)
        #expect(right.status == 0)
        #expect(right.output.hasPrefix("stored\n  build.done "), "\(right.output)\(right.errors)")
        let wrong = try await tried(Self.other)
        #expect(wrong.status == 1 && wrong.errors.hasPrefix("refused 401 "), "\(wrong)")
        #expect(try await shell("test", "nobody", "--request", "-", input: "{}").status == 1)
        let odd = try await shell("test", "ci", "--request", "-", input: #"{"headers": ["a"]}"#)
        #expect(odd.status == 2 && odd.errors.contains("/headers"), "\(odd.errors)")
        #expect(try await Shell.events(service) == 0)
        #expect(await service.stop() == 0)
    }
}
