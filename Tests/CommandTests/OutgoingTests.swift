import Foundation
import Glibc
import Simulation
import StrictJSON
import Testing

/// Where the built service may call, tried from outside: the sink is 127.0.0.2 and the one address
/// that `egress.allow` names, and whoever listens elsewhere must never hear from us.
@Suite struct OutgoingTests {
    private static let secret = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="

    private static let forbidden = [
        ("http://127.0.0.1:{p}/", "add 127.0.0.1:{p} to egress.allow"),
        ("http://2130706433:{p}/", "add 127.0.0.1:{p} to egress.allow"),
        ("http://0x7f.1:{p}/", "add 127.0.0.1:{p} to egress.allow"),
        ("http://017700000001:{p}/", "add 127.0.0.1:{p} to egress.allow"),
        ("http://127.1.:{p}/", "add 127.0.0.1:{p} to egress.allow"),
        ("http://localhost:{p}/", "add 127.0.0.1:{p} to egress.allow"),
        ("http://LocalHost.:{p}/", "add 127.0.0.1:{p} to egress.allow"),
        ("http://[::1]:{p}/", "add [::1]:{p} to egress.allow"),
        ("http://[::]:{p}/", "add [::]:{p} to egress.allow"),
        ("http://[::ffff:127.0.0.1]:{p}/", "add [::ffff:127.0.0.1]:{p} to egress.allow"),
        ("https://169.254.169.254/latest/", "add 169.254.169.254:443 to egress.allow"),
        ("https://2852039166/latest/", "add 169.254.169.254:443 to egress.allow"),
        ("https://168.63.129.16/", "add 168.63.129.16:443 to egress.allow"),
        ("https://100.100.100.200/", "add 100.100.100.200:443 to egress.allow"),
        ("https://[fd00:ec2::254]/", "add [fd00:ec2::254]:443 to egress.allow"),
        ("https://[64:ff9b::7f00:1]/", "add [64:ff9b::7f00:1]:443 to egress.allow"),
        ("http://hooks.example/", "Use https."),
        ("https://hooks.example:8080/", "one of 443, 8443"),
        ("https://good.example@127.0.0.1/", "header"),
        ("https://127.0.0.1\\\\@good.example/", "Percent-encode"),
        ("https://127%2e0.0.1/", "Write https://HOST/PATH."),
        ("https://[fe80::1%25eth0]/", "Write https://HOST/PATH."),
        ("https://256.0.0.1/", "four decimal numbers"),
        ("ftp://127.0.0.1/", "Write https://HOST/PATH."),
        ("file:///etc/passwd", "Write https://HOST/PATH."),
    ]

    /// In parts, since a report ends after twenty problems.
    @Test(arguments: [0..<9, 9..<18, 18..<forbidden.count])
    func whatCanBeSeenIsRefusedByCheckAndByServe(part: Range<Int>) async throws {
        let scratch = try ScratchDirectory()
        let sink = try OutgoingSink("127.0.0.2")
        var yaml = "egress: { allow: [\"127.0.0.2:\(sink.port)\"] }\n"
        let rows = part.map { (number: $0, url: Self.forbidden[$0].0.withPort(sink.port)) }
        yaml += "connections:\n"
        for (number, url) in rows {
            yaml += "  c\(number): { provider: coze, auth: { token: t }, "
            yaml += "base_url: \"\(url.dropLast())\" }\n"
        }
        yaml += "endpoints:\n"
        for (number, url) in rows {
            yaml += "  e\(number): { url: \"\(url)\", secret: \(Self.secret) }\n"
        }
        let file = try scratch.write(yaml, to: "copyhook.yaml")
        let canary = try OutgoingSink("127.0.0.1", port: sink.port)

        for command in ["check", "serve"] {
            let said = try await BuiltBinary.run([command, "--config", file])

            #expect(said.status == 2, "\(said.errors)")
            let lines = (said.output + said.errors).split(separator: "\n").map(String.init)
            for (number, url) in rows {
                let remedy = Self.forbidden[number].1.withPort(sink.port)
                let at = lines.firstIndex { $0.contains(": endpoints.e\(number).url: ") }
                let place = try #require(at, "\(url) is not refused by \(command)")
                let words = lines[place..<min(place + 2, lines.count)].joined(separator: " ")
                #expect(
                    words.contains(remedy) || words.contains(remedy.capitalizedFirst),
                    "\(url): \(words)")
                #expect(
                    lines.contains { $0.contains(": connections.c\(number).base_url: ") },
                    "\(url) is not refused by \(command)")
            }
        }
        #expect(canary.counts.connections == 0)
        #expect(sink.counts.connections == 0)
    }

    /// A name and a redirect pass the configuration; the address is what stops the one, and nobody
    /// goes where the other points.
    @Test(.timeLimit(.minutes(2)))
    func whatOnlyTheAddressShowsIsNeverSentAndToldClearly() async throws {
        let scratch = try ScratchDirectory()
        let canary = try OutgoingSink("127.0.0.1")
        let location = "http://127.0.0.1:\(canary.port)/"
        let sink = try OutgoingSink("127.0.0.2", port: canary.port) { path in
            OutgoingSink.Answer(
                "HTTP/1.1 \(path.dropFirst()) Over there\r\nLocation: \(location)\r\n"
                    + "Content-Length: 0\r\n\r\n")
        }
        let name = LoopbackName.found
        if name == nil {
            print("skipped in part: /etc/hosts has no name for 127.0.0.1 but localhost")
        }
        var yaml = """
            store: { url: "sqlite:copyhook.db" }
            egress: { allow: ["127.0.0.2:\(canary.port)"] }
            sources: { partner: { scheme: standard-webhooks, secret: "\(Self.secret)" } }
            rules: [{ name: tell, match: { type: [bot.published] } }]
            endpoints:

            """
        let statuses = [301, 302, 303, 307, 308]
        for status in statuses {
            yaml += "  to\(status): { url: \"http://127.0.0.2:\(canary.port)/\(status)\", "
            yaml += "secret: \(Self.secret) }\n"
        }
        if let name {
            yaml +=
                "  named: { url: \"http://\(name):\(canary.port)/x\", secret: \(Self.secret) }\n"
        }
        let service = try await APIService.start(yaml, in: scratch)
        let event = try SignedEvent(
            partner: "bot.published", key: "evt_1", entity: ["type": "bot", "id": "1"])
        #expect(
            try await Caller.shared.call(
                "POST", service.url + "/in/partner", headers: event.headers, body: event.body
            ).status == 200)

        for status in statuses {
            let attempt = try await attempt(of: "to\(status)", service)
            #expect(attempt["outcome"]?.string == "retry")
            #expect(attempt["status"]?.count == status)
            #expect(
                attempt["detail"]?.string
                    == "redirect: not followed; set url to where it leads")
        }
        if name != nil {
            let attempt = try await attempt(of: "named", service)
            // A name may lead elsewhere tomorrow.
            #expect(attempt["outcome"]?.string == "retry")
            #expect(
                attempt["detail"]?.string
                    == "forbidden_target: 127.0.0.1 is not a public address (loopback, 127.0.0.0/8)"
                    + ": if it is meant, add 127.0.0.1:\(canary.port) to egress.allow")
        }
        #expect(await service.stop() == 0)
        #expect(canary.counts.connections == 0)
        #expect(sink.counts.requests.count >= statuses.count)
    }

    /// What programs usually take their way out from, all of it pointing at the canary.
    @Test(.timeLimit(.minutes(2)))
    func theEnvironmentDivertsNothing() async throws {
        let scratch = try ScratchDirectory()
        let canary = try OutgoingSink("127.0.0.1")
        let sink = try OutgoingSink("127.0.0.2")
        let proxy = "http://127.0.0.1:\(canary.port)"
        try scratch.write("machine 127.0.0.2 login planted password planted\n", to: ".netrc")
        try scratch.write("proxy = \(proxy)\nlocation\nuser = planted:planted\n", to: ".curlrc")
        var environment = [
            "NO_PROXY": "", "no_proxy": "", "HOME": scratch.url.path(),
            "CURL_HOME": scratch.url.path(), "NETRC": scratch.path(".netrc"),
            "XDG_CONFIG_HOME": scratch.url.path(),
        ]
        for name in ["http", "https", "all", "socks", "ftp"] {
            environment[name + "_proxy"] = proxy
            environment[name.uppercased() + "_PROXY"] = proxy
        }
        let yaml = """
            store: { url: "sqlite:copyhook.db" }
            egress: { allow: ["127.0.0.2:\(sink.port)"] }
            sources: { partner: { scheme: standard-webhooks, secret: "\(Self.secret)" } }
            rules: [{ name: tell, match: { type: [bot.published] } }]
            endpoints:
              sink: { url: "http://127.0.0.2:\(sink.port)/x", secret: \(Self.secret) }

            """
        let service = try await APIService.start(yaml, in: scratch, environment: environment)
        let event = try SignedEvent(
            partner: "bot.published", key: "evt_1", entity: ["type": "bot", "id": "1"])
        #expect(
            try await Caller.shared.call(
                "POST", service.url + "/in/partner", headers: event.headers, body: event.body
            ).status == 200)

        let request = try #require(await sink.requests(1, within: .seconds(30))?.first)
        #expect(request.hasPrefix("POST /x HTTP/1.1\r\n"))
        for word in ["authorization:", "cookie:", "proxy", "accept-encoding", "planted"] {
            #expect(!request.lowercased().contains(word), "\(request)")
        }
        #expect(await service.stop() == 0)
        #expect(canary.counts.connections == 0)
    }

    /// The first attempt of the one delivery to an endpoint.
    private func attempt(of endpoint: String, _ service: APIService) async throws -> JSONValue {
        let attempt = try await service.until { service -> JSONValue? in
            let rows = try await service.api("GET", "/api/v1/deliveries").json["deliveries"]?.array
            guard
                let id = rows?.first(where: { $0["endpoint"]?.string == endpoint })?["id"]?.string
            else { return nil }
            return try await service.api("GET", "/api/v1/deliveries/\(id)").json["attempts"]?
                .array?.first
        }
        return try #require(attempt, "nothing was tried to \(endpoint)")
    }
}

extension String {
    fileprivate func withPort(_ port: Int) -> String { replacing("{p}", with: "\(port)") }

    fileprivate var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}

/// A name that this machine's own table gives to 127.0.0.1, other than those that mean it anywhere.
private enum LoopbackName {
    static var found: String? {
        let table = (try? String(contentsOfFile: "/etc/hosts", encoding: .utf8)) ?? ""
        for line in table.split(separator: "\n") {
            let words = line.prefix { $0 != "#" }.split { $0 == " " || $0 == "\t" }
            guard words.first == "127.0.0.1" else { continue }
            for name in words.dropFirst()
            where !name.hasPrefix("localhost") && !name.hasSuffix("localhost") {
                return String(name)
            }
        }
        return nil
    }
}
