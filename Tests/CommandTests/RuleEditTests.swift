import Domain
import Foundation
import Glibc
import StrictJSON
import Synchronization
import Testing

private final class Flag: Sendable {
    private let state = Mutex(false)
    var isRaised: Bool { state.withLock { $0 } }
    func raise() { state.withLock { $0 = true } }
}

/// Rule files that are edited again and again while events come in.
///
/// Each edition is a directory of three files that is swapped in as one, as deployments do; every
/// third has a broken file among its good ones.
@Suite struct RuleEditTests {
    private static let sections = """
        sources:
          partner:
            scheme: standard-webhooks
            secret: "\(SignedEvent.partnerSecret.exposed)"
            type: /type
            entity: /data/entity
        endpoints:
          audit:
            url: http://127.0.0.1:9/hook
            secret: "\(SignedEvent.partnerSecret.exposed)"
            types: [ping]
        egress: { allow: [127.0.0.0/8] }
        rules_dir: rules

        """
    private static let parts = ["a", "b", "c"]

    private static var edits: Int {
        ProcessInfo.processInfo.environment["COPYHOOK_TEST_FULL"] == nil ? 9 : 200
    }

    private let scratch: ScratchDirectory

    init() throws { scratch = try ScratchDirectory() }

    /// Swaps an edition in.
    private func put(_ number: Int, isBroken: Bool) throws {
        let directory = scratch.url.appending(path: "edition-\(number)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
        for part in Self.parts {
            let type = isBroken && part == "b" ? "{ prefx: load }" : "load"
            try scratch.write(
                "match: { type: [\(type)] }\nnotify: [audit]\n",
                to: "edition-\(number)/e\(number)-\(part).yaml")
        }
        let link = scratch.path("next")
        try FileManager.default.createSymbolicLink(
            atPath: link, withDestinationPath: directory.path)
        try #require(rename(link, scratch.path("rules")) == 0)
    }

    private func files(of service: APIService) async throws -> JSONValue {
        try await service.api("GET", "/api/v1/rules").json["files"] ?? .null
    }

    /// Waits until the service has said what it makes of an edition.
    private func isTaken(
        _ number: Int, isBroken: Bool, by service: APIService
    ) async throws -> Bool {
        let seen = try await service.until { service -> Bool? in
            if isBroken {
                let refusal = try await files(of: service)["refused"]?["detail"]?.string ?? ""
                return refusal.contains("e\(number)-b.yaml:1: match.type[0].prefx") ? true : nil
            }
            let rules = try await service.api("GET", "/api/v1/rules").json["rules"]?.array ?? []
            return rules.first?["name"]?.string == "e\(number)-a" ? true : nil
        }
        return seen == true
    }

    @Test(.timeLimit(.minutes(20)))
    func noEventIsLostOrMeetsHalfOfAChangeAndEveryRefusalIsSeen() async throws {
        try put(0, isBroken: false)
        let service = try await APIService.start(Self.sections, in: scratch)
        let broken = (1...Self.edits).filter { $0 % 3 == 0 }
        let over = Flag()
        let sent = try await withThrowingTaskGroup(of: Int.self) { group in
            group.addTask {
                var count = 0
                while !over.isRaised {
                    try await send(count, to: service)
                    count += 1
                    // A few hundred a second: each of them is looked at in the end.
                    if await service.process.exit(within: .milliseconds(3)) != nil { break }
                }
                return count
            }
            defer { over.raise() }
            for number in 1...Self.edits {
                let isBroken = broken.contains(number)
                try put(number, isBroken: isBroken)
                try #require(
                    try await isTaken(number, isBroken: isBroken, by: service), "\(number)")
                try await judgeStatus(number, isBroken: isBroken, of: service)
            }
            over.raise()
            return try await group.next() ?? 0
        }
        let met = try await editionsMet(sent, service)
        // No broken one, and none that stood in force for a second long was passed over by load.
        #expect(met.isSubset(of: Set(0...Self.edits).subtracting(broken)))
        #expect(met.count > Self.edits / 3, "\(met.sorted())")
        let refusals = service.process.errors.lines.filter { $0.contains("rules.refused") }
        #expect(refusals.count == broken.count)
        print(
            "rule files: \(Self.edits) edits, \(refusals.count) refused, \(sent) events meanwhile")
        #expect(await service.stop() == 0)
    }

    private func send(_ number: Int, to service: APIService) async throws {
        let event = try SignedEvent(
            partner: "load", key: "load_\(number)", entity: ["type": "bot", "id": "1"])
        let said = try await Caller.shared.call(
            "POST", service.url + "/in/partner", headers: event.headers, body: event.body)
        #expect(said.status == 200)
    }

    private func judgeStatus(
        _ number: Int, isBroken: Bool, of service: APIService
    ) async throws {
        let ready = try await service.api("GET", "/readyz")
        #expect(ready.status == 200)
        #expect(ready.text.contains("e\(number)-b.yaml:1") == isBroken, "\(ready.text)")
        let said = try await service.command("rules", "status")
        #expect(said.status == (isBroken ? 1 : 0), "\(said.output)\(said.errors)")
        #expect(said.errors.contains("e\(number)-b.yaml:1") == isBroken, "\(said.errors)")
        #expect(said.output.contains("3 rules"), "\(said.output)")
    }

    /// The editions whose rules events met: each event all three rules of one edition.
    private func editionsMet(_ sent: Int, _ service: APIService) async throws -> Set<Int> {
        let done = try await service.until { service -> Bool? in
            let counts = try await service.api("GET", "/api/v1/stats").json["events"]
            return counts?["matched"]?.count == sent ? true : nil
        }
        #expect(done == true, "of \(sent) events, none may be lost or unmatched")
        var met: Set<Int> = []
        var cursor: String?
        repeat {
            let query = "limit=200" + (cursor.map { "&cursor=\($0)" } ?? "")
            let page = try await ask("/api/v1/events?\(query)", of: service)
            for event in page["events"]?.array ?? [] {
                let path = "/api/v1/events/\(event["id"]?.string ?? "")"
                let verdicts = try await ask(path, of: service)["verdicts"]?.array ?? []
                let rules = verdicts.compactMap { $0["rule"]?.string }
                let editions = Set(rules.compactMap { $0.split(separator: "-").first })
                let edition = try #require(editions.first.flatMap { Int($0.dropFirst()) })
                #expect(rules == Self.parts.map { "e\(edition)-\($0)" }, "\(rules)")
                met.insert(edition)
            }
            cursor = page["next"]?.string
        } while cursor != nil
        return met
    }

    /// What is read there; a key may ask 200 times a second, and is told to wait beyond that.
    private func ask(_ path: String, of service: APIService) async throws -> JSONValue {
        let json = try await service.until { service in
            let answer = try await service.api("GET", path)
            return answer.status == 200 ? answer.json : nil
        }
        return try #require(json, "\(path)")
    }
}
