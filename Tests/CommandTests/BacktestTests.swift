import StrictJSON
import Testing

/// What a change of a rule would have done, from the shell.
@Suite struct BacktestTests {
    private static let secret = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="
    private static let sections = """
        sources:
          own: { scheme: standard-webhooks, secret: "\(secret)", type: /type, key: /id }
        endpoints:
          audit: { url: "http://127.0.0.1:9/hook", secret: "\(secret)" }
        rules:
          - { name: builds, match: { type: [build.done] }, notify: [audit] }
        egress: { allow: [127.0.0.0/8] }

        """

    @Test func theChangeOfARuleIsToldByNumbersAndEvents() async throws {
        let scratch = try ScratchDirectory()
        let service = try await APIService.start(Self.sections, in: scratch)
        for (number, type) in ["build.done", "build.failed", "build.done", "other"].enumerated() {
            _ = try await firedRules(service, scratch, by: type, id: "\(number)")
        }
        let wide = try scratch.write(
            "match: { type: [build.failed, other] }\nnotify: [audit]\n", to: "r.yaml")

        let said = try await service.command("rules", "backtest", wide, "--name", "builds")
        #expect(said.status == 0 && said.errors == "", "\(said.errors)")
        let lines = said.output.split(separator: "\n").map(String.init)
        #expect(lines.first == "4 events, compared with the rule in force")
        #expect(lines.contains("  gained   2") && lines.contains("  lost     2"), "\(said.output)")
        #expect(lines.contains("  same     0") && lines.contains("  neither  0"))
        #expect(lines.count { $0.contains("evt_") } == 4)

        let new = try await service.json(
            "rules", "backtest", wide, "--name", "new", "--since", "1h")
        #expect(new["compared_with"]?.string == "nothing")
        #expect(new["gained"]?["count"]?.count == 2 && new["examined"]?.count == 4)
        #expect(try await service.json("rules", "list")["rules"]?.array?.count == 1)

        let past = try await service.command(
            "rules", "backtest", wide, "--name", "builds", "--since", "soon")
        #expect(past.status == 2 && past.errors.contains("as in 2h"), "\(past.errors)")
        let broken = try scratch.write("match: { type: [{ prefx: b }] }\n", to: "b.yaml")
        let refused = try await service.command("rules", "backtest", broken, "--name", "builds")
        #expect(refused.status == 2 && refused.errors.contains("prefix"), "\(refused.errors)")
    }
}
