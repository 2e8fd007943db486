import Testing

@Suite struct HelpTests {
    /// Every command there is, as it is typed.
    static let commands = [
        "demo", "serve", "check", "schema", "migrate", "simulate", "simulate coze",
        "simulate keyue", "simulate endpoint", "simulate world", "send", "match", "rules",
        "apply", "export", "rules versions", "rules restore", "rules test", "rules status",
        "rules backtest", "rules list", "rules show", "rules put",
        "rules delete", "rules enable", "rules disable", "rules dry-run",
        "events",
        "events list", "events tail",
        "events show", "events explain", "events publish", "events replay", "tasks", "tasks list",
        "tasks show", "tasks resolve", "tasks cancel", "tasks retry", "tasks copy", "deliveries",
        "deliveries list", "deliveries show", "deliveries resend", "deliveries cancel", "endpoints",
        "endpoints test", "endpoints list", "endpoints rotate", "endpoints recover",
        "endpoints show", "endpoints put", "endpoints delete", "endpoints disable",
        "endpoints enable",
        "connections", "connections list", "connections show", "connections put",
        "connections delete", "connections disable", "connections enable", "connections test",
        "sources", "sources list", "sources show", "sources put",
        "sources delete", "sources disable", "sources enable", "sources test", "sources rotate",
        "secrets", "secrets rewrap", "keys", "keys create", "keys list", "keys revoke", "audit",
        "audit list", "audit verify",
    ]

    @Test(arguments: commands)
    func aCommandShowsAnExampleOfItself(_ command: String) async throws {
        let words = command.split(separator: " ").map(String.init)

        let (status, output, errors) = try await BuiltBinary.run(words + ["--help"])

        #expect(status == 0 && errors == "")
        let lines = output.split(separator: "\n")
        #expect(lines.contains { $0 == "Example:" || $0 == "Examples:" }, "\(output)")
        #expect(
            lines.contains {
                $0.contains("  copyhook \(command)") || $0.contains(" copyhook \(command) ")
            }, "\(output)")
    }

    /// A line that a terminal of 80 columns breaks is an example that cannot be copied.
    @Test(arguments: commands)
    func aCommandExplainsItselfInLinesThatAreNotBroken(_ command: String) async throws {
        let words = command.split(separator: " ").map(String.init) + ["--help"]
        func overview(columns: Int) async throws -> [Substring] {
            let environment = ["COLUMNS": "\(columns)"]
            let output = try await BuiltBinary.run(words, environment: environment).output
            let overview = output.prefix(upTo: output.firstRange(of: "\nUSAGE:")!.lowerBound)
            // The abstract is of one line, and may be long.
            let lines = overview.split(separator: "\n", omittingEmptySubsequences: false)
            return Array(lines.drop { !$0.isEmpty })
        }

        let wide = try await overview(columns: 500)
        #expect(try await overview(columns: 80) == wide)
    }

    @Test(arguments: ["bash", "zsh", "fish"])
    func aShellLearnsToCompleteEveryCommand(shell: String) async throws {
        let (status, output, _) = try await BuiltBinary.run([
            "--generate-completion-script", shell,
        ])
        #expect(status == 0)
        for word in Set(Self.commands.flatMap { $0.split(separator: " ") }) {
            #expect(output.contains(word), "\(word)")
        }
    }

    @Test func everyCommandThatIsOfferedIsInThisList() async throws {
        for parent in [
            "", "simulate", "rules", "events", "tasks", "deliveries", "endpoints", "connections",
            "sources", "secrets", "keys", "audit",
        ] {
            let words = parent.isEmpty ? [] : [parent]
            let (status, output, _) = try await BuiltBinary.run(words + ["--help"])
            #expect(status == 0)
            let offered = output.split(separator: "\n")
                .drop { !$0.hasPrefix("SUBCOMMANDS:") }.dropFirst()
                .filter { $0.hasPrefix("  ") && !$0.hasPrefix("   ") && !$0.hasPrefix("  See ") }
                .compactMap { $0.split(separator: " ").first.map { (words + [String($0)]) } }
                .map { $0.joined(separator: " ") }
            let known = Self.commands.filter { command in
                let parts = command.split(separator: " ").map(String.init)
                return parts.dropLast() == words[...]
            }
            #expect(Set(offered) == Set(known), "\(parent): \(offered)")
        }
    }

    @Test(arguments: [
        ["--bogus"], ["bogus"], ["check"], ["check", "--bogus"], ["serve"],
        ["serve", "--config", "/nonexistent/copyhook.yaml"], ["simulate", "slack"],
        ["simulate", "coze", "--listen", "nowhere"],
        ["simulate", "world"], ["simulate", "world", "--seeds", "10..10"],
        ["simulate", "world", "--seeds", "0..10", "--log"],
        ["simulate", "world", "--seed", "1", "--jobs", "0"], ["match", "--pattern", "p"],
        ["rules", "put"], ["rules", "test", "--config", "/nonexistent/x", "--event", "-"],
        ["tasks", "resolve", "tsk_1"], ["events", "replay"], ["tasks", "retry"],
        ["tasks", "retry", "tsk_1", "--failed"], ["tasks", "cancel", "--rule", "a"],
        ["tasks", "retry", "--failed", "--cancelled"], ["tasks", "cancel", "tsk_1", "--yes"],
        ["events", "replay", "evt_1", "--since", "1h"],
        ["events", "replay", "evt_1", "--dry-run"], ["rules", "dry-run", "a"],
        ["events", "publish", "--type", "a", "--entity-id", "1"], ["endpoints", "recover", "a"],
        ["endpoints", "put", "a"], ["connections", "put", "a"], ["sources", "put", "a"],
        ["endpoints", "put", "a", "--file", "/nonexistent/x"],
        ["endpoints", "test", "a", "--config", "/nonexistent/x"],
        ["tasks", "resolve", "tsk_1", "--give-up", "--send-again"],
        ["keys", "create", "ci"], ["keys", "revoke"], ["audit", "list", "--limit", "many"],
        ["audit", "verify", "--config", "/nonexistent/x"], ["audit", "verify", "--last", "--json"],
        ["events", "list", "--limit", "many"], ["events", "show"], ["deliveries", "bogus"],
        ["send", "--to", "http://127.0.0.1:9", "--scheme", "coze", "--event", "-"],
        [
            "send", "--to", "http://127.0.0.1:9", "--scheme", "github", "--event", "-",
            "--secret-env", "X",
        ],
    ])
    func badUsageEndsWithTwoAndSaysWhy(_ arguments: [String]) async throws {
        let (status, output, errors) = try await BuiltBinary.run(arguments)

        #expect(status == 2, "\(errors)")
        #expect(output == "")
        #expect(!errors.isEmpty)
    }
}
