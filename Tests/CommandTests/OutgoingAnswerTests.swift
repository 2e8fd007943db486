import Foundation
import StrictJSON
import Testing

/// What hostile answers cost the built service, and what becomes of what they answer to.
@Suite struct OutgoingAnswerTests {
    private static let secret = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="
    private static let ok = "HTTP/1.1 200 OK\r\n"
    private static let much = String(repeating: "x", count: 65_536)

    /// What is said under which path; all but the first would go on for 10 GB and more.
    private static let answers: [String: OutgoingSink.Answer] = [
        "/plain": .plain,
        "/length": .init(ok + "Content-Length: 10737418240\r\n\r\n", again: much),
        "/chunked": .init(
            ok + "Transfer-Encoding: chunked\r\n\r\n", again: "10000\r\n" + much + "\r\n"),
        "/unframed": .init(ok + "\r\n", again: much),
        "/gzip": .init(ok + "Content-Encoding: gzip\r\n\r\n", again: much),
        "/transfer": .init(ok + "Transfer-Encoding: gzip, chunked\r\n\r\n", again: much),
        "/headers": .init(ok, again: String(repeating: "X: x\r\n", count: 10_000)),
        "/interim": .init(
            "", again: String(repeating: "HTTP/1.1 103 Early\r\n\r\n", count: 1_000)),
        "/drip": .init(
            ok + "Content-Length: 10737418240\r\n\r\n", again: "x", pause: .milliseconds(100)),
    ]
    /// Those whose head is a whole 200, which is all that an endpoint has to say.
    private static let accepted = [
        "plain", "length", "chunked", "unframed", "gzip", "transfer", "drip",
    ]

    /// Many at a time: every event goes to all nine endpoints, four in flight to each.
    @Test(.timeLimit(.minutes(3)))
    func tenGigabytesCostLessThanSixteenMegabytes() async throws {
        let scratch = try ScratchDirectory()
        let sink = try OutgoingSink("127.0.0.2") { Self.answers[$0] ?? .plain }
        var yaml = """
            store: { url: "sqlite:copyhook.db" }
            egress: { allow: ["127.0.0.2:\(sink.port)"] }
            sources: { partner: { scheme: standard-webhooks, secret: "\(Self.secret)" } }
            rules:
              - { name: warm, match: { type: [warm.up] }, notify: [plain] }
              - { name: tell, match: { type: [bot.published] } }
            endpoints:

            """
        for path in Self.answers.keys.sorted() {
            yaml += "  \(path.dropFirst()): { url: \"http://127.0.0.2:\(sink.port)\(path)\", "
            yaml += "secret: \(Self.secret), timeout: 2s }\n"
        }
        let service = try await APIService.start(yaml, in: scratch, level: "notice")
        // As many deliveries of the ordinary kind first: what the service needs anyway is no cost
        // of theirs.
        try await post("warm.up", 108, to: service)
        try #require(await sink.requests(108, within: .seconds(60)) != nil)
        let before = try MemoryPeak(of: service.process.pid)

        try await post("bot.published", 12, to: service)
        let isDone = try await service.until(within: .seconds(90)) { service -> Bool? in
            let stats = try await service.api("GET", "/api/v1/stats").json
            let delivered = stats["deliveries"]?["delivered"]?.count ?? 0
            return delivered >= 108 + 12 * Self.accepted.count ? true : nil
        }
        #expect(isDone == true, "not all were delivered")
        let after = try MemoryPeak(of: service.process.pid)
        let cost = after.kilobytes - before.kilobytes
        print("hostile answers: \(before.kilobytes) kB before, \(after.kilobytes) kB at the most")
        #expect(cost < 16 << 10, "\(cost) kB")
        // What was never read stays in the buffers of two sockets.
        print("the longest answer was cut off after \(sink.counts.bytesMost) bytes")
        #expect(sink.counts.bytesMost < 64 << 20)
        try await within(2, sawThe: "drip", service)
        #expect(await service.stop() == 0)
    }

    /// The head of a submission's answer says nothing about the copy: it may have been made.
    @Test(.timeLimit(.minutes(2)))
    func aCompressedAnswerToASubmissionIsUncertain() async throws {
        let scratch = try ScratchDirectory()
        let coze = try await SimulatorProcess.start(.coze)
        try await coze.put("world", ["copy_ms": 0])
        try await coze.fail([
            "next": [
                [
                    "route": "copy", "status": 200, "headers": ["Content-Encoding": "gzip"],
                    "body": "x", "acts": true,
                ]
            ]
        ])
        let rules = """
            - name: backup
              match: { type: [bot.published] }
              copy: [{ connection: coze, to_workspace: "7498204883280000002" }]
            """
        let plan = ServicePlan(
            coze: coze.url, rules: rules, connectionKeys: ["settle: { sync: 50ms, async: 50ms }"])
        let service = try await ServiceProcess.start(plan, in: scratch)
        #expect(try await service.post(try sampleCallback()) == 200)

        let attempt = try await service.until(within: .seconds(60)) { service -> JSONValue? in
            guard let id = try await service.rows("tasks").first?["id"]?.string else { return nil }
            return try await service.api("GET", "/api/v1/tasks/\(id)").json["attempts"]?.array?
                .first { $0["kind"]?.string == "submit" }
        }

        #expect(attempt?["outcome"]?.string == "answer_lost", "\(attempt?.prettyText() ?? "none")")
        #expect(attempt?["detail"]?.string?.contains("encoded") == true)
        let isFound = try await service.until(within: .seconds(60)) { service -> Bool? in
            try await service.rows("tasks").first?["state"]?.string == "succeeded" ? true : nil
        }
        #expect(isFound == true)
        // It was looked for, and not made a second time.
        #expect(try await coze.copies().count == 1)
        await service.process.kill()
    }

    private func post(_ type: String, _ count: Int, to service: APIService) async throws {
        for number in 0..<count {
            let event = try SignedEvent(
                partner: type, key: "evt_\(type.utf8.count)_\(number)",
                entity: ["type": "bot", "id": "1"])
            let answer = try await Caller.shared.call(
                "POST", service.url + "/in/partner", headers: event.headers, body: event.body)
            #expect(answer.status == 200)
        }
    }

    /// Every attempt ended with the endpoint's time-out, give or take a busy machine.
    private func within(
        _ seconds: Int, sawThe endpoint: String, _ service: APIService
    ) async throws {
        let rows = try await service.api("GET", "/api/v1/deliveries?limit=200").json
        let row = rows["deliveries"]?.array?.first { $0["endpoint"]?.string == endpoint }
        let id = try #require(row?["id"]?.string)
        let attempts = try await service.api("GET", "/api/v1/deliveries/\(id)").json["attempts"]
        let duration = try #require(attempts?[0]?["duration_ms"]?.count)
        #expect(duration < (seconds + 5) * 1_000)
    }
}

/// The most memory that a process ever had resident (`VmHWM` of proc(5)).
private struct MemoryPeak {
    let kilobytes: Int

    struct Unreadable: Error {}

    init(of pid: Int32) throws {
        let text = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
        let line = text.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        guard let words = line?.split(whereSeparator: { $0 == " " || $0 == "\t" }),
            words.count > 1, let kilobytes = Int(words[1])
        else { throw Unreadable() }
        self.kilobytes = kilobytes
    }
}
