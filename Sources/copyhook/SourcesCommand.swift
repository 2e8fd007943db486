import ArgumentParser
import Domain
import StrictJSON
import Transport

struct SourcesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sources",
        abstract: "Looks after the senders whose events are taken in.",
        discussion: """
            Examples:
              copyhook sources
              copyhook sources put ci --definition ci.json
              copyhook sources disable ci
              copyhook sources rotate ci
              copyhook sources test ci --request captured.json
            """,
        subcommands: [
            List.self, Show.self, Put.self, Delete.self, Disable.self, Enable.self, Test.self,
            SourceRotateCommand.self,
        ], defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the senders whose events are taken in.",
            discussion: """
                Example:
                  copyhook sources list
                """)

        @OptionGroup var api: APIOptions

        func run() async throws {
            try await DestinationList.show(api, "sources", headings: ["NAME", "SCHEME", "PATH"]) {
                [$0.cell("name"), $0.cell("scheme"), $0.cell("path")]
            }
        }
    }

    struct Name: ParsableArguments {
        @OptionGroup var api: APIOptions

        @Argument(help: "The source's name.")
        var name: String

        var path: String { "/api/v1/sources/\(APIClient.segment(name))" }

        func switching(_ word: String, _ said: String) async throws {
            let source = try await APIClient(api).call(.post, "\(path)/\(word)")
            print(api.json ? source.prettyText() : "\(name.onOneLine) is \(said)")
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows one source as it was put in, without its secrets.",
            discussion: """
                Example:
                  copyhook sources show ci
                """)

        @OptionGroup var source: Name

        func run() async throws {
            print(try await APIClient(source.api).call(.get, source.path).prettyText())
        }
    }

    struct Put: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Puts a source in, or another definition in its place.",
            discussion: """
                The definition is what stands under the name in the configuration, as JSON.

                Example:
                  echo '{"scheme": "bearer", "secret": "…"}' | \\
                    copyhook sources put ci --definition -
                """)

        @OptionGroup var source: Name

        @Option(help: "File with the definition; - is standard input.")
        var definition: String

        func run() async throws {
            let bytes = try InputFile.read(definition)
            let put = try await APIClient(source.api).call(.put, source.path, body: bytes)
            print(
                source.api.json
                    ? put.prettyText()
                    : "\(source.name.onOneLine) is in force at \(put.cell("path"))")
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Takes a source out that was put in.",
            discussion: """
                What it sends from then on is refused, and most senders do not keep it.

                Example:
                  copyhook sources delete ci --yes
                """)

        @OptionGroup var source: Name

        @Flag(help: "Do not ask.")
        var yes = false

        func run() async throws {
            try Consent.ask("Delete the source \(source.name.onOneLine)?", isGiven: yes)
            _ = try await APIClient(source.api).call(.delete, source.path)
            print("\(source.name.onOneLine) is gone")
        }
    }

    struct Disable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Has a source answered 503, so that its sender keeps its events.",
            discussion: """
                Example:
                  copyhook sources disable ci
                """)

        @OptionGroup var source: Name

        func run() async throws { try await source.switching("disable", "disabled") }
    }

    struct Enable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Has a source's events taken in again.",
            discussion: """
                Example:
                  copyhook sources enable ci
                """)

        @OptionGroup var source: Name

        func run() async throws { try await source.switching("enable", "enabled") }
    }

    struct Test: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Says what would become of a captured request; nothing is stored.",
            discussion: """
                The request is JSON: method, headers and query as lists of pairs, body or
                body_base64, and path_secret where the address has one.

                Example:
                  copyhook sources test ci --request captured.json
                """)

        @OptionGroup var source: Name

        @Option(help: "File with the request; - is standard input.")
        var request: String

        func run() async throws {
            let bytes = try InputFile.read(request)
            let told = try await APIClient(source.api).call(
                .post, source.path + "/test", body: bytes)
            guard !source.api.json else { return print(told.prettyText()) }
            let parts = [told["verdict"], told["status"], told["reason"], told["detail"]]
            print(
                parts.compactMap { $0?.text }.filter { !$0.isEmpty }.joined(separator: " ")
                    .onOneLine)
            for event in told["events"]?.elements ?? [] {
                print("  \(event.cell("type")) \(event.cell("key"))".onOneLine)
            }
        }
    }
}
