import Dispatch
import Glibc
import StrictJSON
import Testing

/// A service that is asked to stop while it works: gently, for too long, and twice.
@Suite(.timeLimit(.minutes(3))) struct DrainTests {
    @Test func aSoftStopUnderLoadLosesNothingAndLeavesNothingInDoubt() async throws {
        let desk = try await DrainDesk(
            coze: ["delay_ms": [0, 200]], endpoint: ["delay_ms": [0, 200]])

        try await desk.load(80) { desk.service.process.signal(SIGTERM) }

        #expect(await desk.service.process.exit(within: .seconds(25)) == 0)
        #expect(
            await desk.service.process.errorLine(
                "notice service.stopping copying_in_hand=", " matching_in_hand=",
                " notifying_in_hand=", " reason=SIGTERM") != nil)
        #expect(await desk.service.process.errorLine("service.stopped") != nil)
        #expect(desk.logLength == 0)
        // Said to be busy, or not answered; never 200 and dropped, never an error of ours.
        #expect(desk.refused.allSatisfy { $0 == nil || $0 == 503 }, "\(desk.refused)")
        let (verdict, service) = try await desk.aftermath()
        #expect(verdict.broken.isEmpty, "\(verdict.broken.prefix(5))")
        let inDoubt = try await service.tasksOnceIn("reconciling", verdict.tasks)
        #expect(inDoubt == [])
        let repeats = verdict.repeats
        #expect(repeats.deliveries == repeats.notifications)
        print(
            "stop: \(desk.acknowledgedCount) events acknowledged, \(verdict.copies.count) copies, "
                + "\(repeats.deliveries) deliveries, none twice, no task in doubt")
    }

    /// The platform takes longer than the service waits for anything at a stop, which is 20 s.
    @Test(.enabled(if: KillPlan.isFull))
    func whatTakesTooLongIsCutShortAndWrittenDown() async throws {
        let slow: JSONValue = ["next": [["route": "copy", "delay_ms": 60_000, "times": 100]]]
        let desk = try await DrainDesk(coze: slow, connectionKeys: ["timeout: 30s"])

        try await desk.load(20) {
            let isSubmitting = try await desk.service.until(within: .seconds(20)) { service in
                let stats = try await service.api("GET", "/api/v1/stats").json
                return stats["tasks"]?["submitting"]?.number?.int64 ?? 0 >= 8 ? true : nil
            }
            #expect(isSubmitting == true)
            desk.service.process.signal(SIGTERM)
        }

        #expect(await desk.service.process.exit(within: .seconds(26)) == 0)
        let (verdict, service) = try await desk.aftermath()
        #expect(verdict.broken.isEmpty, "\(verdict.broken.prefix(5))")
        // What was sent is looked for, and its copy found; nothing is sent twice.
        #expect(try await service.tasksOnceIn("reconciling", verdict.tasks).count >= 8)
        #expect(verdict.tasks.allSatisfy { $0["state"] == "succeeded" })
    }

    @Test(arguments: [[SIGTERM, SIGTERM], [SIGINT, SIGTERM], [SIGTERM, SIGINT]])
    func aSecondRequestToStopIsNoWorseThanAKill(_ requests: [Int32]) async throws {
        let desk = try await DrainDesk(
            coze: ["delay_ms": [1_500, 2_500]], endpoint: ["delay_ms": [0, 200]])

        try await desk.load(30) {
            let process = desk.service.process
            process.signal(requests[0])
            // Long enough that the first was heard, short enough that nothing is finished.
            #expect(await process.exit(within: .milliseconds(300)) == nil)
            process.signal(requests[1])
            #expect(await process.exit(within: .seconds(3)) == 1)
            let names = requests.map { $0 == SIGTERM ? "SIGTERM" : "SIGINT" }
            let first = await process.errorLine("notice service.stopping", "reason=\(names[0])")
            #expect(first != nil && first?.contains("copying_in_hand=0") == false)
            let second = await process.errorLine("warning service.killed", "reason=\(names[1])")
            #expect(second != nil && second?.contains("copying_in_hand=0") == false)
        }

        let (verdict, _) = try await desk.aftermath()
        #expect(verdict.broken.isEmpty, "\(verdict.broken.prefix(5))")
    }

    /// Then whoever writes a line stands still, but no request to stop does.
    @Test func aStopIsHeardWhileNobodyReadsTheLog() async throws {
        let scratch = try ScratchDirectory()
        let path = scratch.path("log")
        let file = try scratch.write(ServicePlan(rules: "").yaml, to: "copyhook.yaml")
        try #require(mkfifo(path, 0o600) == 0)
        // Both ways, so that neither side waits for the other to open it.
        let log = open(path, O_RDWR | O_NONBLOCK)
        defer { close(log) }
        let process = try ChildProcess(
            [
                "/bin/sh", "-c", #"exec "$0" serve --config "$1" 2>"$2""#, BuiltBinary.path, file,
                path,
            ])
        #expect(await Self.read(log, until: "service.started"))
        let line = [UInt8](repeating: UInt8(ascii: "x"), count: 4_096)
        while write(log, line, line.count) > 0 {}

        process.signal(SIGTERM)
        #expect(await process.exit(within: .milliseconds(300)) == nil, "it has a line to write")
        process.signal(SIGTERM)
        #expect(await process.exit(within: .seconds(5)) == 1)
        await process.kill()
    }

    /// Reads for at most half a minute.
    private static func read(_ file: CInt, until words: String) async -> Bool {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                var text: [UInt8] = []
                var part = [UInt8](repeating: 0, count: 4_096)
                let end = ContinuousClock.now + .seconds(30)
                while ContinuousClock.now < end {
                    var waiting = pollfd(fd: file, events: Int16(POLLIN), revents: 0)
                    guard poll(&waiting, 1, 1_000) > 0 else { continue }
                    let count = Glibc.read(file, &part, part.count)
                    text += part.prefix(max(0, count))
                    if String(decoding: text, as: UTF8.self).contains(words) {
                        return continuation.resume(returning: true)
                    }
                }
                continuation.resume(returning: false)
            }
        }
    }
}

extension ServiceProcess {
    /// The ids of those tasks whose history names this state.
    func tasksOnceIn(_ state: String, _ tasks: [JSONValue]) async throws -> [String] {
        var found: [String] = []
        for task in tasks {
            let id = task["id"]?.string ?? ""
            let history = try await api("GET", "/api/v1/tasks/\(id)").json["history"]?.array ?? []
            if history.contains(where: { $0["state"]?.string == state }) { found.append(id) }
        }
        return found
    }
}
