import ArgumentParser

/// Measures; no part of the service.
@main
struct CopyhookBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "copyhook-bench",
        abstract: "Measures how fast Copyhook is on this machine.",
        discussion: """
            Build it for release, and leave the machine alone while it runs:
              swift run -c release copyhook-bench match
            """,
        subcommands: [MatchBench.self, AdmitBench.self, ListBench.self, BacktestBench.self])
}
