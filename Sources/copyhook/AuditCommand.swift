import Administration
import ArgumentParser
import Domain
import Settings
import Storage
import StorageSQLite
import StrictJSON
import Transport

struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Shows who did what, and checks that this is what was written.",
        discussion: """
            The service is found by COPYHOOK_URL or --url, its key comes from
            COPYHOOK_API_KEY and needs the scope admin.

            Examples:
              copyhook audit list --object backup-published-bots
              copyhook audit verify
              copyhook audit verify --config copyhook.yaml
            """,
        subcommands: [List.self, Verify.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists entries, newest first.",
            discussion: """
                Examples:
                  copyhook audit list --since 24h
                  copyhook audit list --who anna --verb rule.put
                """)

        @OptionGroup var api: APIOptions

        @Option(help: "Only what this key did, by its id or its name.")
        var who: String?

        @Option(help: "Only this, as in rule.put.")
        var verb: String?

        @Option(help: "Only what happened to this, by its id or its name.")
        var object: String?

        @Option(help: "Only what happened since: 24h, 7d, or a time as in 2026-03-18T08:30:00Z.")
        var since: String?

        @Option(help: "Rows on the page, 1 to 200.")
        var limit = 50

        @Option(help: "Where the next page starts, as the page before said.")
        var cursor: String?

        func run() async throws {
            let query = [
                ("who", who), ("verb", verb), ("object", object), ("since", since),
                ("limit", "\(limit)"), ("cursor", cursor),
            ].compactMap { name, value in value.map { "\(name)=\(APIClient.segment($0))" } }
            let page = try await APIClient(api).call(
                .get, "/api/v1/audit?" + query.joined(separator: "&"))
            guard !api.json else { return print(page.prettyText()) }
            var table = Table("NUMBER", "AT", "WHO", "VERB", "OBJECT", "DETAILS")
            let entries = page["entries"]?.elements ?? []
            for entry in entries {
                let details = entry["details"] ?? .null
                table.add([
                    entry.cell("number"), entry.cell("at"), entry.cell("who", "name"),
                    entry.cell("verb"), entry.cell("object"),
                    String(decoding: details.bytes(), as: UTF8.self),
                ])
            }
            print(table.text())
            if entries.isEmpty { print("Nothing here yet.") }
            if let next = page["next"]?.text { print("More: --cursor \(next)") }
        }
    }

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Walks the chain of entries, and says where it first does not hold.",
            discussion: """
                With --config it reads the database file by itself, also beside the service or
                without one, and changes nothing. Whoever can write to that file can also write
                a new chain, or empty it: keep the last entry somewhere else, as --last prints
                it, and hold a later chain against it with --expect.

                The exit code is 0 when everything holds, 1 when something does not.

                Examples:
                  copyhook audit verify
                  copyhook audit verify --config copyhook.yaml
                  copyhook audit verify --last > last.audit
                  copyhook audit verify --expect "$(cat last.audit)"
                """)

        @OptionGroup var api: APIOptions

        @Option(help: "The configuration whose store is read, in the place of the service.")
        var config: String?

        @Option(help: "An entry that has to be there, NUMBER:HASH as --last printed it.")
        var expect: String?

        @Flag(help: "Print nothing but the last entry, and that only when everything holds.")
        var last = false

        func validate() throws {
            guard !last || !api.json else {
                throw ValidationError("Choose one of --last and --json.")
            }
        }

        func run() async throws {
            let expected = expect.flatMap { AuditLink(parsing: $0) }
            guard expect == nil || expected != nil else {
                throw CommandFailure.badUsage(
                    "--expect is no entry",
                    "Write the number, a colon and the hash, as --last prints them.")
            }
            let verdict =
                if let config {
                    try await offline(config, expected)
                } else {
                    try await APIClient(api).call(
                        .get,
                        "/api/v1/audit/verify"
                            + (expect.map { "?expect=" + APIClient.segment($0) } ?? ""))
                }
            let head = "\(verdict.cell("head", "number")):\(verdict.cell("head", "hash"))"
            if api.json {
                print(verdict.prettyText())
            } else if !last {
                let count = verdict.cell("entries")
                print("\(count) \(count == "1" ? "entry holds" : "entries hold")")
                if verdict["anchor"]?.cell("number") != "0" {
                    print("they begin behind \(verdict.cell("anchor", "number")), as kept")
                }
                print("last \(head)")
            }
            guard verdict["holds"]?.bool == true else {
                let place = verdict["breach"]?["number"]?.text.map { " at \($0)" } ?? ""
                throw CommandFailure.failed(
                    "the audit is broken\(place): " + verdict.cell("breach", "detail"),
                    "Compare with a backup, and find out who wrote to the database.")
            }
            if last { print(head) }
        }

        private func offline(_ config: String, _ expected: AuditLink?) async throws -> JSONValue {
            var option = ConfigurationOption()
            option.config = config
            let path = try option.load().store.path
            do throws(StorageError) {
                return try await SQLiteAuditFile(path: path).verifyAudit(expecting: expected).json
            } catch {
                throw CommandFailure.failed(
                    "\(path): \(error.detail.onOneLine)",
                    "Check store.url, and that this user may read the file.")
            }
        }
    }
}
