import Foundation
import StrictJSON
import Testing

/// `events tail` by a person at a terminal.
@Suite(.timeLimit(.minutes(3))) struct TailKeysTests {
    private static let rules = """
        - name: backup
          match: { type: [tail.tested] }
          copy: [{ connection: coze, to_workspace: "7498204883280000002" }]
        """

    private func tail(_ service: APIService, _ terminal: PseudoTerminal) throws -> ChildProcess {
        try ChildProcess(
            [BuiltBinary.path, "events", "tail", "--kind", "event.stored,task.failed"],
            environment: [
                "COPYHOOK_URL": service.url, "COPYHOOK_API_KEY": APIService.key, "TZ": "UTC",
                "TERM": "xterm", "NO_COLOR": "1",
            ], terminal: terminal)
    }

    @Test func anEventIsOpenedAndAFailedTaskRetriedByKeys() async throws {
        let scratch = try ScratchDirectory()
        let coze = try await SimulatorProcess.start(.coze)
        let plan = ServicePlan(coze: coze.url, rules: Self.rules)
        let yaml = plan.yaml.replacing(ServicePlan.adminKey, with: APIService.key)
        let service = try await APIService.start(
            configuration: try scratch.write(yaml, to: "copyhook.yaml"))
        let terminal = try PseudoTerminal()
        let before = terminal.settings
        let tail = try tail(service, terminal)
        #expect(await terminal.screen("0 lines | up choose") != nil)
        #expect(terminal.settings != before)

        let said = try await service.command(
            "events", "publish", "--type", "tail.tested", "--key", "k1", "--entity-type", "bot",
            "--entity-id", "7000000000000000404", "--entity-name", "客服助手")
        #expect(said.status == 0, "\(said.errors)")
        #expect(await terminal.screen("event.stored", "客服助手", "task.failed") != nil)

        terminal.press("\u{1B}[A\u{1B}[A")
        #expect(await terminal.screen("line 1 of 2") != nil)
        terminal.press("o")
        #expect(await terminal.screen("\"key\": \"k1\"", "q back to the list") != nil)
        terminal.press("q")
        #expect(await terminal.screen("line 1 of 2") != nil)
        terminal.press("Gr")
        #expect(await terminal.screen("Retry task tsk_") != nil)
        terminal.press("y")
        let lines = try #require(await terminal.screen(" is done again by tsk_"))
        let words = try #require(lines.last).split(separator: " ").map(String.init)
        let tasks = try await service.json("tasks", "list")["tasks"]?.array ?? []
        #expect(tasks.count == 2)
        for id in [words.first, words.first { $0.hasPrefix("tsk_") && $0 != words.first }] {
            let id = try #require(id).replacing(",", with: "")
            #expect(tasks.contains { $0["id"]?.string == id }, "\(id)")
        }

        terminal.press("q")
        #expect(await tail.exit(within: .seconds(10)) == 0)
        #expect(terminal.settings == before)
        #expect(terminal.text.hasSuffix("\u{1B}[?1049l"))
        #expect(!terminal.text.contains(APIService.key))
        #expect(await service.stop() == 0)
    }

    @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
    func theTerminalIsAsBeforeHoweverItEnds(number: Int32) async throws {
        let scratch = try ScratchDirectory()
        let service = try await APIService.start(
            "store: { url: \"sqlite:copyhook.db\" }\n", in: scratch)
        let terminal = try PseudoTerminal()
        let before = terminal.settings
        let tail = try tail(service, terminal)
        #expect(await terminal.screen("q end") != nil)
        terminal.resize(rows: 5, columns: 20)
        tail.signal(SIGWINCH)
        #expect(await terminal.screen("0 lines | up choose…") != nil)
        tail.signal(number)
        #expect(await tail.exit(within: .seconds(10)) == 0)
        #expect(terminal.settings == before && terminal.text.hasSuffix("\u{1B}[?1049l"))
        #expect(await service.stop() == 0)
    }
}
