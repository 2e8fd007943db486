import Domain
import Foundation
import Glibc
import Signing
import StrictJSON
import Testing

/// Malformed and hostile input against the built command, over raw sockets, with one service for
/// the whole table: what one request leaves behind would show in the next.
@Suite(.timeLimit(.minutes(2))) struct IncomingTableTests {
    private static let groups: [IncomingGroup] = [
        .framing, .chunks, .bodies, .heads, .methodsAndTargets, .connections, .documents,
        .encodings, .proofs, .standardWebhooks(at: Timestamp.wall.wholeSeconds), .replays,
        .questions,
    ]

    @Test func everyRequestIsAnsweredAsDesignedAndOnlyWhatIsProvedIsStored() async throws {
        let groups = Self.groups
        let count = groups.reduce(0) { $0 + $1.cases.count }
        #expect(count >= 200)
        let scratch = try ScratchDirectory()
        let plan = ServicePlan(rules: "")
        let service = try await ServiceProcess.start(plan, in: scratch)
        // Everything is in use once before memory is looked at.
        #expect(try await service.post(sampleCallback()) == 200)
        let before = try residentMemory(of: service.process.pid)
        var stored: Set<String> = []
        for group in groups {
            let began = ContinuousClock.now
            for one in group.cases {
                let (keys, complaint) = try await judge(one, port: plan.port)
                if let complaint {
                    Issue.record("\(group.title): \(one.name): \(complaint) (\(group.source))")
                }
                stored.formUnion(keys)
            }
            print(
                "incoming: \(group.cases.count) cases of \(group.title) in "
                    + "\(ContinuousClock.now - began)")
        }
        let alive = await service.process.exit(within: .milliseconds(1)) == nil
        #expect(alive)
        #expect(try await service.post(sampleCallback(2)) == 200)
        let rows = try await service.rows("events")
        let samples = 2
        let keys = rows.compactMap { $0["key"]?.string }
        #expect(keys.count == stored.count + samples)
        #expect(Set(keys).isSuperset(of: stored))
        #expect(Set(keys).subtracting(stored).count == samples)
        try await expectConflict(in: rows, of: service)
        #expect(try await service.api("GET", "/api/v1/rules").json["rules"]?.array?.isEmpty == true)
        let after = try residentMemory(of: service.process.pid)
        print("incoming: \(count) cases, \(keys.count) events, memory \(before) to \(after) MiB")
        #expect(after < before + 96)
    }

    /// Sends one case and what stands behind it.
    ///
    /// - Returns: The keys that must be stored now, and what was not as designed.
    private func judge(
        _ one: IncomingCase, port: Int
    ) async throws -> (keys: [String], complaint: String?) {
        let id = "behind-\(UUID().uuidString)"
        var bytes = one.bytes
        if one.behind != .absent { bytes += IncomingCallback(id).request() }
        let answers = try await IncomingSocket.exchange(bytes, port: port)
        let isTaken = one.behind == .answered
        let statuses = one.statuses + (isTaken ? [200] : [])
        let keys = one.stores + (isTaken ? [id] : [])
        guard answers.isClosed else { return (keys, "the connection stays open") }
        guard answers.statuses == statuses else {
            return (keys, "\(answers.statuses) instead of \(statuses): \(answers.text.prefix(300))")
        }
        return (keys, nil)
    }

    /// The other body of an id that was known is kept beside it, and is no event.
    private func expectConflict(in rows: [JSONValue], of service: ServiceProcess) async throws {
        let row = try #require(rows.first { $0["key"]?.string == "replayed" })
        let id = try #require(row["id"]?.string)
        let record = try await service.api("GET", "/api/v1/events/\(id)").json
        #expect(record["conflicts"]?.array?.count == 1)
        let kept = record["conflicts"]?[0]?["body"]?.string
        let other = IncomingCallback("replayed", event: #"{"bot_id":"2"}"#)
        #expect(kept == String(decoding: other.body, as: UTF8.self))
    }
}

/// Resident memory of a process, in MiB.
func residentMemory(of process: pid_t) throws -> Int {
    let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
    let kilobytes = line?.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) }
    return try #require(kilobytes) / 1_024
}
