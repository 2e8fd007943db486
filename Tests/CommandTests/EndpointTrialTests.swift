import Foundation
import Simulation
import StrictJSON
import Testing

/// `copyhook endpoints test` against the endpoint simulator, which plays the platform.
@Suite struct EndpointTrialTests {
    private static func configuration(_ url: String) -> String {
        """
        endpoints:
          audit:
            url: \(url)/hooks/copyhook
            secret: whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=
          chat:
            channel: feishu
            url: \(url)/open-apis/bot/v2/hook/simulated
            secret: Xm2pQ7vT9aLk3ZcR8yWd1f
          forged:
            channel: feishu
            url: \(url)/open-apis/bot/v2/hook/simulated
            secret: planted-wrong-secret
        egress: { allow: [127.0.0.0/8] }
        """
    }

    @Test func oneTestMessageSaysWhetherAnEndpointWorks() async throws {
        let simulator = try await SimulatorProcess.start(.endpoint)
        let scratch = try ScratchDirectory()
        let file = try scratch.write(Self.configuration(simulator.url), to: "copyhook.yaml")
        func test(_ name: String) async throws -> (status: Int32, output: String, errors: String) {
            try await BuiltBinary.run(["endpoints", "test", name, "--config", file])
        }

        let audit = try await test("audit")
        #expect(audit.status == 0 && audit.errors == "", "\(audit)")
        #expect(audit.output.hasPrefix("audit (webhook): delivered in "))
        let chat = try await test("chat")
        #expect(
            chat.status == 0 && chat.output.hasPrefix("chat (feishu): delivered in "), "\(chat)")
        let forged = try await test("forged")
        #expect(forged.status == 1 && forged.output == "")
        #expect(
            forged.errors.hasPrefix(
                "forged (feishu): the channel does not work: HTTP 200: 19021: sign match fail"),
            "\(forged)")
        #expect(!forged.errors.contains("planted"))
        let unknown = try await test("chatt")
        #expect(unknown.status == 2)
        #expect(unknown.errors.contains("There are audit, chat, forged."), "\(unknown)")
        let left = try FileManager.default.contentsOfDirectory(atPath: scratch.url.path)
        #expect(left == ["copyhook.yaml"])
    }
}
