import ArgumentParser
import Domain
import StrictJSON
import Transport

struct SourcesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sources",
        abstract: "Looks after the senders whose events are taken in.",
        discussion: """
            The service is found by COPYHOOK_URL or --url, its key comes from
            COPYHOOK_API_KEY; put, delete and rotate need the scope admin.

            Examples:
              copyhook sources
              copyhook sources put ci --file ci.yaml
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
            abstract: "Lists the senders whose events are taken in, and which of them are.",
            discussion: """
                Example:
                  copyhook sources list
                """)

        @OptionGroup var api: APIOptions

        func run() async throws {
            try await DestinationList.show(
                api, "sources", headings: ["NAME", "FROM", "SCHEME", "PATH", "STATE", "PROBLEM"]
            ) {
                [
                    $0.cell("name"), $0["file"]?.text ?? $0.cell("origin"), $0.cell("scheme"),
                    $0.cell("path"), Self.state($0), $0.cell("problem"),
                ]
            }
        }

        private static func state(_ source: JSONValue) -> String {
            if source.isDisabled { return "switched off" }
            return source["problem"]?.text == nil ? "on" : "broken"
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows one source, its secrets as <secret>.",
            discussion: """
                Example:
                  copyhook sources show ci
                """)

        @OptionGroup var source: DefinitionName

        func run() async throws {
            try await DefinitionCalls.show("sources", source.name, source.api)
        }
    }

    struct Put: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Puts a source in force, or another in its place.",
            discussion: """
                The file holds what would stand under the source's name in the configuration.
                ${NAME} and ${file:PATH} are followed here, where the command runs, so that no
                secret has to stand in the file. A broken definition is refused with the place
                and the remedy, and nothing changes.

                Examples:
                  copyhook sources put ci --file ci.yaml
                  echo '{scheme: bearer, secret: "${CI_SECRET}"}' |
                    copyhook sources put ci --file -
                """)

        @OptionGroup var source: DefinitionOptions

        func run() async throws {
            try await DefinitionCalls.put("sources", source.name, file: source.file, source.api)
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

        @OptionGroup var source: DefinitionName

        @Flag(help: "Do not ask.")
        var yes = false

        func run() async throws {
            try Consent.ask("Delete the source \(source.name.onOneLine)?", isGiven: yes)
            let answer = try await APIClient(source.api).call(
                .delete, DefinitionCalls.path("sources", source.name))
            print(
                source.api.json ? answer.prettyText() : "\(source.name.onOneLine) is gone")
        }
    }

    struct Disable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Has a source answered 503, so that its sender keeps its events.",
            discussion: """
                Example:
                  copyhook sources disable ci
                """)

        @OptionGroup var source: DefinitionName

        func run() async throws {
            try await DefinitionCalls.set(
                "sources", source.name, enabled: false, source.api,
                meanwhile: "what it sends is answered with 503")
        }
    }

    struct Enable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Has a source's events taken in again.",
            discussion: """
                Example:
                  copyhook sources enable ci
                """)

        @OptionGroup var source: DefinitionName

        func run() async throws {
            try await DefinitionCalls.set("sources", source.name, enabled: true, source.api)
        }
    }

    struct Test: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Says what would become of a captured request; nothing is stored.",
            discussion: """
                The request is JSON: method, headers and query as lists of pairs, body or
                body_base64, and path_secret where the address has one. The exit code is 0
                when it would be taken.

                Example:
                  copyhook sources test ci --request captured.json
                """)

        @OptionGroup var source: DefinitionName

        @Option(help: "File with the request; - is standard input.")
        var request: String

        func run() async throws {
            let bytes = try InputFile.read(request)
            let told = try await APIClient(source.api).call(
                .post, DefinitionCalls.path("sources", source.name, "test"), body: bytes)
            if source.api.json { print(told.prettyText()) }
            let parts = [told["verdict"], told["status"], told["reason"], told["detail"]]
            let what = parts.compactMap { $0?.text }.filter { !$0.isEmpty }
                .joined(separator: " ").onOneLine
            guard told["verdict"] != "refused" else { throw CommandFailure.failed(what) }
            guard !source.api.json else { return }
            standardOutput(what)
            for event in told["events"]?.elements ?? [] {
                standardOutput("  \(event.cell("type")) \(event.cell("key"))".onOneLine)
            }
        }
    }
}
