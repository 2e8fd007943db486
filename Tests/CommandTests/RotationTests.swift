import Domain
import Signing
import Simulation
import StrictJSON
import Testing

/// A signing secret that is changed while deliveries go out.
@Suite struct RotationTests {
    private static let given = "whsec_ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8="
    private static let old = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="

    /// A receiver that takes only what is signed with `secret`.
    private func receive(_ secret: String, at endpoint: SimulatorProcess) async throws {
        try await endpoint.put(
            "world",
            [
                "hooks": [
                    ["path": "/hooks/copyhook", "scheme": "webhook", "secret": .string(secret)]
                ]
            ])
    }

    @Test func aSecretIsRotatedWithNoDeliveryRejected() async throws {
        let scratch = try ScratchDirectory()
        let endpoint = try await SimulatorProcess.start(.endpoint)
        try await receive(Self.old, at: endpoint)
        let sections = """
            sources:
              partner:
                scheme: standard-webhooks
                secret: "\(SignedEvent.partnerSecret.exposed)"
                type: /type
                entity: /data/entity
            endpoints:
              audit: { url: "\(endpoint.url)/hooks/copyhook", secret: "\(Self.old)" }
            rules: [{ name: tell, match: { type: [said] }, notify: [audit] }]
            egress: { allow: [127.0.0.0/8] }

            """
        let service = try await APIService.start(sections, in: scratch)
        try await tell(1...5, service)

        let said = try await service.command("endpoints", "rotate", "audit", "--overlap", "2h")
        #expect(said.status == 0, "\(said.errors)")
        let new = said.output.trimmingSuffix { $0.isNewline }
        #expect(new.hasPrefix("whsec_") && new.count > 40)
        #expect(!said.errors.contains(new))
        // The receiver does not know the new one yet, then knows nothing else.
        try await tell(6...10, service)
        try await receive(String(new), at: endpoint)
        try await tell(11...15, service)

        let listed = try await service.json("endpoints", "list")["endpoints"]?[0]
        #expect(listed?["secrets"]?.count == 2 && listed?["overlap_until"]?.string != nil)
        let tries = try await service.json("deliveries", "list", "--limit", "200")["deliveries"]
        #expect(tries?.array?.count == 15)
        #expect(tries?.array?.allSatisfy { $0["attempts"]?.count == 1 } == true, "one was rejected")
        #expect(!service.process.errors.text.contains(new))

        // It outlives a restart.
        #expect(await service.stop() == 0)
        let again = try await APIService.start(sections, in: scratch)
        try await tell(16...17, again)
        let unknown = try await again.command("endpoints", "rotate", "nobody")
        #expect(unknown.status == 1 && unknown.errors.contains("no endpoint"), "\(unknown.errors)")
        for given in ["", "bogus\n"] {
            let said = try await again.command(
                "endpoints", "rotate", "audit", "--given", input: given)
            #expect(said.status == 2 && said.errors.contains("echo whsec_$(openssl"), "\(said)")
            #expect(!said.errors.contains("Members"), "\(said)")
        }
        let long = try await again.command("endpoints", "rotate", "audit", "--overlap", "31d")
        #expect(long.status == 2 && long.errors.contains("Write --overlap 24h"), "\(long)")
        // As that remedy makes them.
        let given = try await again.command(
            "endpoints", "rotate", "audit", "--given", input: Self.given + "\n")
        #expect(given.status == 0 && given.output.isEmpty, "\(given)")
        let none = try await again.command("sources", "rotate", "partner", "--given")
        #expect(none.status == 2 && none.errors.contains("rotate partner --given < FILE"))
        #expect(await again.stop() == 0)
    }

    /// Sends events and waits until the receiver has taken all there are.
    private func tell(_ numbers: ClosedRange<Int>, _ service: APIService) async throws {
        for number in numbers {
            let event = try SignedEvent(
                partner: "said", key: "said_\(number)", entity: ["type": "bot", "id": "1"])
            let said = try await Caller.shared.call(
                "POST", service.url + "/in/partner", headers: event.headers, body: event.body)
            #expect(said.status == 200)
        }
        let done = try await service.until { service -> Bool? in
            let counts = try await service.api("GET", "/api/v1/stats").json["deliveries"]
            return counts?["delivered"]?.count == numbers.upperBound ? true : nil
        }
        #expect(done == true, "not all of \(numbers) were taken")
    }
}

extension StringProtocol {
    fileprivate func trimmingSuffix(_ isGone: (Character) -> Bool) -> String {
        var text = String(self)
        while let last = text.last, isGone(last) { text.removeLast() }
        return text
    }
}
