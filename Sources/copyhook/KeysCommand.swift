import ArgumentParser
import Domain
import StrictJSON
import Transport

struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "Makes, lists and revokes keys to a running service.",
        discussion: """
            The service is found by COPYHOOK_URL or --url, its key comes from
            COPYHOOK_API_KEY and needs the scope admin.

            Examples:
              copyhook keys create ci --scope ingest
              copyhook keys list
              copyhook keys revoke key_01k…
            """,
        subcommands: [Create.self, List.self, Revoke.self])

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a key and prints it, once.",
            discussion: """
                Scopes: ingest publishes events and nothing else, read looks, write changes and
                looks, admin does everything. The key alone goes to standard output, so that
                it can be sent on without being seen; nobody can be told it again.

                Examples:
                  copyhook keys create ci --scope ingest --expires 90d
                  copyhook keys create anna --scope read > anna.key
                """)

        @OptionGroup var api: APIOptions

        @Argument(help: "What it is called in lists and in the audit.")
        var name: String

        @Option(help: "What it allows: ingest, read, write or admin; may be given several times.")
        var scope: [String]

        @Option(help: "When it ends: 90d from now, or a time as in 2027-01-01T00:00:00Z.")
        var expires: String?

        func run() async throws {
            var wish: JSONObject = [
                "name": .string(name), "scopes": .array(scope.map { .string($0) }),
            ]
            if let expires { wish["expires"] = .string(expires) }
            let key = try await APIClient(api).call(
                .post, "/api/v1/keys", body: JSONValue.object(wish).bytes())
            guard !api.json else { return print(key.prettyText()) }
            print(key.cell("secret"))
            standardError("\(key.cell("id")) is in force; its text is shown this once.")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the keys and when each was last used.",
            discussion: """
                Example:
                  copyhook keys list
                """)

        @OptionGroup var api: APIOptions

        func run() async throws {
            let answer = try await APIClient(api).call(.get, "/api/v1/keys")
            guard !api.json else { return print(answer.prettyText()) }
            var table = Table("ID", "NAME", "SCOPES", "CREATED", "LAST USED", "EXPIRES")
            for key in answer["keys"]?.elements ?? [] {
                let isExpired = key["expired"]?.bool == true
                table.add([
                    key.cell("id"), key.cell("name"),
                    (key["scopes"]?.elements ?? []).compactMap(\.text).joined(separator: ", "),
                    key.cell("created_at"), key.cell("used_at"),
                    key.cell("expires_at") + (isExpired ? " (over)" : ""),
                ])
            }
            print(table.text())
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Takes a key out of force, at once.",
            discussion: """
                The last key with the scope admin stays, unless server.admin_key is set; one
                that ends within the hour does not count beside one that lasts.

                Example:
                  copyhook keys revoke key_01k…
                """)

        @OptionGroup var api: APIOptions

        @Argument(help: "The id, as the list shows it.")
        var id: String

        func run() async throws {
            _ = try await APIClient(api).call(
                .delete, "/api/v1/keys/\(APIClient.segment(id))")
            if !api.json { print("\(id.onOneLine) opens nothing any more") }
        }
    }
}
