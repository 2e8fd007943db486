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

    /// As a service does it, which also says who we are.
    @Test func aGroupThatMovedIsFollowedAndItsNumberTold() async throws {
        let moved =
            #"{"ok":false,"error_code":400,"description":"upgraded","#
            + #""parameters":{"migrate_to_chat_id":-100777}}"#
        let turn = Watched(0)
        let sink = try OutgoingSink { _ in
            turn.change { $0 += 1 }
            return .json(turn.change { $0 } == 1 ? moved : #"{"ok":true,"result":{}}"#)
        }
        let scratch = try ScratchDirectory()
        let file = try scratch.write(
            """
            server: { public_url: "https://hooks.example.com" }
            endpoints:
              family:
                channel: telegram
                url: http://127.0.0.1:\(sink.port)/bot7123456789:AAHxyzSECRETSECRET
                chat_id: "-1"
            egress: { allow: [127.0.0.0/8] }
            """, to: "copyhook.yaml")
        let said = try await BuiltBinary.run(["endpoints", "test", "family", "--config", file])
        #expect(said.status == 0 && said.output.hasPrefix("family (telegram): delivered in "))
        #expect(
            said.errors == "Write chat_id: \"-100777\": the group has this number now.\n", "\(said)"
        )
        let requests = sink.counts.requests
        #expect(requests.count == 2 && requests.last?.contains("\"chat_id\":-100777") == true)
        for request in requests {
            #expect(
                request.contains(
                    "User-Agent: Copyhook/0.1.0 (+https://hooks.example.com)\r\n"), "\(request)")
        }
    }
}
