import Foundation

/// A mechanical rule of the house: what may not stand where, and why.
struct HouseRule: Sendable, CustomStringConvertible {
    let description: String
    /// A regular expression over one line of code, comments and strings taken out.
    let forbidden: String
    /// Targets where it may stand all the same.
    var allowedIn: Set<String> = []
    /// Whether tests have to keep it too.
    var holdsInTests = true
    /// What it accepts and what it refuses, so that the rule itself is tested.
    let passes: String
    let fails: String

    /// `path:line` of every place that breaks it.
    func violations(in source: SourceText) -> [String] {
        guard holdsInTests || !source.isTest, !allowedIn.contains(source.target) else { return [] }
        return source.code.enumerated()
            .filter { $0.element.range(of: forbidden, options: .regularExpression) != nil }
            .map { "\(source.path):\($0.offset + 1)" }
    }
}

extension HouseRule {
    /// Where the real clock, real chance and real tasks may be touched.
    private static let commands: Set<String> = ["copyhook", "copyhook-bench", "copyhook-fuzz"]
    private static let rim = commands.union(["App"])

    static let all = [
        HouseRule(
            description: "Nothing is promised to outsiders, so public has no use",
            forbidden:
                #"\b(public|open)\s+(let|var|func|struct|enum|class|protocol|init|import)\b"#,
            passes: "package func open() {}", fails: "public func open() {}"),
        HouseRule(
            description: "Tests come in by the same door as every other target",
            forbidden: #"@testable\b"#,
            passes: "import Domain", fails: "@testable import Domain"),
        HouseRule(
            description: "A bug traps with a reason, trouble is thrown",
            forbidden: #"\b(try!|as!|fatalError\()"#,
            passes: "let id = try? read()", fails: "let id = try! read()"),
        HouseRule(
            description: "Structured tasks only: others step outside the simulated world",
            forbidden: #"\bTask\s*(\{|\(priority|\(executorPreference)|\bTask\.detached\b"#,
            allowedIn: ["SimulationTests", "RoomsTests", "PipelineTests"],
            passes: "group.addTask { await work() }", fails: "Task { await work() }"),
        HouseRule(
            description: "The time comes in through init",
            forbidden: #"\bDate\(\)|\bDate\.now\b|\b(Continuous|Suspending)Clock\(\)"#,
            allowedIn: rim, holdsInTests: false,
            passes: "let now = time.now()", fails: "let now = Date()"),
        HouseRule(
            description: "Nothing sleeps by itself",
            forbidden: #"\b(Task|Thread)\.sleep\b|(?<![.\w])(?<!func )u?sleep\([^)]"#,
            // libcurl's thread and real sockets are outside the simulated world.
            allowedIn: rim.union(["TransportCurl", "GatewayTests"]),
            passes: "try await time.sleep(pause)", fails: "try await Task.sleep(for: pause)"),
        HouseRule(
            description: "Chance comes in through init",
            forbidden: #"\.random\(in: [^,]*\)|\bSystemRandomNumberGenerator\b|\bshuffled\(\)"#,
            allowedIn: rim, holdsInTests: false,
            passes: "Int.random(in: 0..<9, using: &generator)", fails: "Int.random(in: 0..<9)"),
        HouseRule(
            description: "Pure targets import FoundationEssentials at most",
            forbidden: #"^\s*(package |internal )?import (Foundation|Glibc|Dispatch)\b"#,
            allowedIn: rim.union([
                "Settings", "StorageSQLite", "TransportCurl", "Gateway", "SimulationServer",
            ]),
            holdsInTests: false,
            passes: "import FoundationEssentials", fails: "import Foundation"),
        HouseRule(
            description: "Only commands talk to a terminal",
            forbidden: #"\b(print|debugPrint|dump)\("#,
            allowedIn: commands, holdsInTests: false,
            passes: "log.info(text)", fails: "print(text)"),
        HouseRule(
            description: "No drawer for what has no name",
            forbidden:
                #"\b(struct|class|enum|actor|protocol) \w*(Utils?|Helpers?|Manager|Base)\b"#,
            passes: "struct RuleBook {}", fails: "struct RuleManager {}"),
        HouseRule(
            description: "Foundation has a Notification and an Operation already",
            forbidden: #"\b(struct|class|enum|actor|protocol) (Notification|Operation)\b"#,
            passes: "struct CompletionNotification {}", fails: "struct Notification {}"),
        HouseRule(
            description: "Secrets are read through exposed, never through a mirror",
            forbidden: #"\bMirror\(reflecting:"#,
            holdsInTests: false,
            passes: "secret.exposed", fails: "Mirror(reflecting: secret)"),
    ]
}
