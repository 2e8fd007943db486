import Domain
import Simulation
import StrictJSON
import Testing
import copyhook

/// What is told and what is copied over, put in from the shell while the service runs.
@Suite struct DestinationCommandTests {
    fileprivate static let secret = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="

    fileprivate static let sections = """
        sources:
          partner:
            scheme: standard-webhooks
            secret: "\(SignedEvent.partnerSecret.exposed)"
            type: /type
            entity: /data/entity
        egress: { allow: [127.0.0.0/8] }

        """

    /// Sends an event and waits until so many deliveries have come to an end.
    fileprivate func tell(_ number: Int, delivered: Int, _ service: APIService) async throws {
        let event = try SignedEvent(
            partner: "said", key: "said_\(number)", entity: ["type": "bot", "id": "1"])
        let said = try await Caller.shared.call(
            "POST", service.url + "/in/partner", headers: event.headers, body: event.body)
        #expect(said.status == 200)
        let done = try await service.until { service -> Bool? in
            let counts = try await service.api("GET", "/api/v1/stats").json["deliveries"]
            return counts?["delivered"]?.count == delivered ? true : nil
        }
        #expect(done == true, "event \(number) was not told")
    }

    @Test func theListSaysWhatAnEndpointHears() {
        let broken: JSONValue = ["channel": .null, "types": .null]
        let deaf: JSONValue = ["channel": "webhook", "types": []]
        let choosy: JSONValue = ["channel": "webhook", "types": ["ping", "copy.failed"]]
        let all: JSONValue = ["channel": "webhook", "types": .null]
        #expect(DestinationList.heard(broken) == "-")
        #expect(DestinationList.heard(deaf) == "nothing")
        #expect(DestinationList.heard(choosy) == "ping, copy.failed")
        #expect(DestinationList.heard(all) == "everything")
    }

    @Test func anEndpointIsPutInSwitchedTriedAndTakenOut() async throws {
        let scratch = try ScratchDirectory()
        let endpoint = try await SimulatorProcess.start(.endpoint)
        let service = try await APIService.start(Self.sections, in: scratch)
        let file = try scratch.write(
            "url: \(endpoint.url)/hooks/copyhook\nsecret: \"${file:audit.secret}\"\n",
            to: "audit.yaml")
        _ = try scratch.write(Self.secret + "\n", to: "audit.secret")

        let put = try await service.command("endpoints", "put", "audit", "--file", file)
        #expect(put.status == 0 && put.output == "audit is in force\n", "\(put.errors)")
        let rule = try await service.command(
            "rules", "put", "-", "--name", "tell",
            input: #"{"match":{"type":["said"]},"notify":["audit"]}"#)
        #expect(rule.status == 0, "\(rule.errors)")
        try await tell(1, delivered: 1, service)

        let shown = try await service.command("endpoints", "show", "audit")
        #expect(shown.output.contains("/<secret>") && !shown.output.contains("whsec_"))
        let tried = try await service.command("endpoints", "test", "audit")
        #expect(
            tried.status == 0 && tried.output.hasPrefix("audit: delivered in "), "\(tried)")
        let refused = try await service.command("endpoints", "delete", "audit", "--yes")
        #expect(refused.status == 1 && refused.errors.contains("rule tell names audit"))
        let broken = try await service.command(
            "endpoints", "put", "audit", "--file", "-", input: #"{"url":"ftp://x"}"#)
        #expect(broken.status == 2 && broken.errors.contains("/url"), "\(broken.errors)")

        let off = try await service.command("endpoints", "disable", "audit")
        #expect(off.status == 0, "\(off.errors)")
        let list = try await service.command("endpoints", "list")
        #expect(list.output.contains("switched off since"), "\(list.output)")
        #expect(list.output.contains("  webhook  everything  "), "\(list.output)")
        let deaf = try await service.command(
            "endpoints", "put", "audit", "--file", "-",
            input: "{url: \"\(endpoint.url)/x\", secret: \"\(Self.secret)\", types: []}")
        #expect(deaf.output.hasPrefix("audit is put in, but disabled; "), "\(deaf)")
        // Without a word they are listed, as sources and connections are.
        let listed = try await service.command("endpoints")
        #expect(listed.output.contains("  webhook  nothing  "), "\(listed.output)")
        _ = try await service.command("endpoints", "put", "audit", "--file", file)
        #expect(await service.stop() == 0)
        let log = service.process.errors.text
        #expect(!log.contains(Self.secret) && log.contains("endpoint.put"))

        // Over the restart it is there, and still off.
        let again = try await APIService.start(Self.sections, in: scratch)
        let event = try SignedEvent(
            partner: "said", key: "said_2", entity: ["type": "bot", "id": "1"])
        _ = try await Caller.shared.call(
            "POST", again.url + "/in/partner", headers: event.headers, body: event.body)
        let waiting = try await again.until { service -> Bool? in
            try await service.api("GET", "/api/v1/deliveries/count?state=pending")
                .json["count"]?.count == 1 ? true : nil
        }
        #expect(waiting == true)
        let on = try await again.command("endpoints", "enable", "audit")
        #expect(on.status == 0, "\(on.errors)")
        try await tell(3, delivered: 3, again)

        _ = try await again.command("rules", "delete", "tell")
        let gone = try await again.command("endpoints", "delete", "audit")
        #expect(gone.status == 0 && gone.output == "audit is gone\n", "\(gone)")
        #expect(try await again.json("endpoints", "list")["endpoints"]?.array == [])
        #expect(await again.stop() == 0)
    }
}

extension DestinationCommandTests {
    /// Nothing but a sender stands in the configuration: a connection and an endpoint come by
    /// command, a copy is made and told, and after a restart the next one is.
    @Test func aCopyIsMadeAndToldOverWhatWasPutIn() async throws {
        let scratch = try ScratchDirectory()
        let coze = try await SimulatorProcess.start(.coze)
        let endpoint = try await SimulatorProcess.start(.endpoint)
        let service = try await APIService.start(Self.sections, in: scratch)

        let connection = try await service.command(
            "connections", "put", "coze-prod", "--file", "-",
            input: """
                provider: coze
                base_url: \(coze.url)
                auth: { token: \(CozeWorld.standard.tokens[0].token.exposed) }
                limits: { rate: 100/s }
                """)
        #expect(connection.status == 0, "\(connection.errors)")
        let tried = try await service.command("connections", "test", "coze-prod")
        #expect(tried.status == 0, "\(tried.errors)")
        let told = try await service.command(
            "endpoints", "put", "audit", "--file", "-",
            input: "{url: \"\(endpoint.url)/hooks/copyhook\", secret: \"\(Self.secret)\"}")
        #expect(told.status == 0, "\(told.errors)")
        let bot = CozeWorld.standard.bots[0]
        let target = CozeWorld.standard.workspaces[1].id
        let rule = try await service.command(
            "rules", "put", "-", "--name", "backup",
            input: #"{"match":{"type":["said"]},"copy":[{"connection":"coze-prod","#
                + #""to_workspace":"\#(target)","entity_id":"\#(bot.id)","entity_type":"bot"}],"#
                + #""notify":["audit"]}"#)
        #expect(rule.status == 0, "\(rule.errors)")
        try await copy(1, of: bot.id, coze, service)
        #expect(await service.stop() == 0)

        let again = try await APIService.start(Self.sections, in: scratch)
        try await copy(2, of: bot.id, coze, again)
        let open = try await again.command("connections", "delete", "coze-prod")
        #expect(open.status == 1 && open.errors.contains("rule backup names"), "\(open.errors)")
        #expect(await again.stop() == 0)
    }

    /// Sends an event, and waits for its copy and for the news of it.
    private func copy(
        _ number: Int, of bot: String, _ coze: SimulatorProcess, _ service: APIService
    ) async throws {
        try await tell(number, delivered: number, service)
        #expect(try await coze.copies().count == number)
    }
}
