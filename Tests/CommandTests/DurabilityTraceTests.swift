import Foundation
import Glibc
import Testing

/// An event is on disk before it is answered 200, as the kernel saw it.
@Suite(.timeLimit(.minutes(3))) struct DurabilityTraceTests {
    private static let connection = "9<TCP:[127.0.0.1:80->127.0.0.1:5]>"
    private static let log = "12<copyhook.db-wal>"

    private static func read(
        _ key: String, thread: Int = 1, from connection: String = connection
    ) -> String {
        #"\#(thread) 1:00 read(\#(connection), "#
            + #""POST /in/a HTTP/1.1\r\n{\"event_id\":\"\#(key)\"}", 2048) = 60"#
    }

    private static func written(_ key: String, thread: Int = 2) -> String {
        #"\#(thread) 1:00 pwrite64(\#(log), "\0\1{\"event_id\":\"\#(key)\"}", 4096, 56) = 4096"#
    }
    private static let synced = "2 1:00 fdatasync(\(log)) = 0"
    private static let syncBegins = "2 1:00 fdatasync(\(log) <unfinished ...>"
    private static let syncEnds = "2 1:00 <... fdatasync resumed>) = 0"
    private static let answered =
        #"1 1:00 write(\#(connection), "HTTP/1.1 200 OK\r\n\r\n", 19) = 19"#
    private static let answerBegins =
        #"1 1:00 writev(\#(connection), [{iov_base="HTTP/1.1 200 OK\r\n"}], 1 <unfinished ...>"#

    @Test(arguments: [
        [read("k1"), written("k1"), synced, answered],
        [read("k1"), written("k1"), syncBegins, syncEnds, answered],
        [read("k1"), written("k1"), synced, answerBegins],
        // A repeat is on disk already.
        [read("k1"), written("k1"), synced, answered, read("k1"), answered],
        // Two events share a commit.
        [
            read("k0", from: "8<TCP:[a]>"), read("k1"), written("k0"), written("k1"), synced,
            answered,
        ],
    ])
    func whatIsSyncedBeforeItsAnswerIsGood(_ lines: [String]) {
        let judgement = DurabilityTrace(lines.joined(separator: "\n")).judgement

        #expect(judgement.early == [])
        #expect(judgement.answers >= 1 && judgement.syncs >= 1)
    }

    @Test(arguments: [
        // The order swapped.
        [read("k1"), written("k1"), answered, synced],
        // The sync is not over.
        [read("k1"), written("k1"), syncBegins, answered, syncEnds],
        // The answer begins too early and ends in time.
        [
            read("k1"), written("k1"), syncBegins, answerBegins, syncEnds,
            "1 1:00 <... writev resumed>) = 19",
        ],
        // The sync began before the event was written.
        [read("k1"), syncBegins, written("k1", thread: 3), syncEnds, answered],
        // The sync failed, or is of another file.
        [read("k1"), written("k1"), "2 1:00 fdatasync(\(log)) = -1 EIO (I/O error)", answered],
        [read("k1"), written("k1"), "2 1:00 fsync(7<copyhook.db>) = 0", answered],
        // Another event was written, this one was not.
        [read("k1"), written("k2"), synced, answered],
        [read("k1"), synced, answered],
        // The sync before belongs to the event before.
        [
            read("k0"), written("k0"), synced, answered, read("k1"), written("k1"), answered,
        ],
    ])
    func whatIsAnsweredBeforeItIsSyncedIsFound(_ lines: [String]) {
        let judgement = DurabilityTrace(lines.joined(separator: "\n")).judgement

        #expect(judgement.early.count == 1, "\(judgement.early)")
    }

    @Test func answersToOthersAreNotJudged() {
        let asked = Self.read("k1").replacing("POST /in/a", with: "POST /api/v1")
        let refused = Self.answered.replacing(" 200 OK", with: " 401 No")
        for lines in [[asked, Self.answered], [Self.read("k1"), refused]] {
            let judgement = DurabilityTrace(lines.joined(separator: "\n")).judgement
            #expect(judgement == DurabilityTrace.Judgement())
        }
    }

    @Test func everyAnswerUnderLoadComesAfterItsSync() async throws {
        guard try await Self.canTrace() else {
            print("skipped: strace is not there, or may not trace")
            return
        }
        let scratch = try ScratchDirectory()
        let coze = try await SimulatorProcess.start(.coze)
        let endpoint = try await SimulatorProcess.start(.endpoint)
        let plan = ServicePlan(
            coze: coze.url, endpoint: endpoint.url,
            rules: """
                - name: backup
                  match: { type: [bot.published] }
                  copy: [{ connection: coze }]
                """, connectionKeys: ["limits: { rate: 100/s, concurrent: 4 }"])
        // -D: the service stays the child, and gets the signals that are meant for it.
        let service = try await ServiceProcess.start(
            plan, in: scratch,
            wrapper: [
                "strace", "-D", "-f", "-tt", "-yy", "-s", "8192", "-o", scratch.path("trace"),
                "-e",
                "trace=read,readv,recvfrom,recvmsg,write,writev,sendto,sendmsg,pwrite64,pwritev,"
                    + "fsync,fdatasync",
            ])
        let count = 120
        let accepted = try await withThrowingTaskGroup(of: Int.self) { group in
            for sender in 0..<12 {
                group.addTask {
                    var accepted = 0
                    for number in stride(from: sender, to: count, by: 12) {
                        let status = try await service.post(sampleCallback(number + 1))
                        accepted += status == 200 ? 1 : 0
                    }
                    return accepted
                }
            }
            return try await group.reduce(0, +)
        }
        service.process.signal(SIGTERM)
        #expect(await service.process.exit(within: .seconds(40)) == 0)
        // The tracer holds the service's outputs too, so that their end is its own.
        await service.process.errors.end()

        let judgement = DurabilityTrace(try scratch.read("trace")).judgement
        #expect(accepted == count)
        #expect(judgement.answers == count)
        #expect(judgement.early.isEmpty, "\(judgement.early.prefix(5))")
        #expect(judgement.syncs > 0)
        print(
            "strace: \(judgement.answers) answers, \(judgement.syncs) syncs, "
                + "\(judgement.early.count) answers before their sync")
    }

    private static func canTrace() async throws -> Bool {
        do {
            let process = try ChildProcess(["strace", "-D", "-f", "-o", "/dev/null", "true"])
            return await process.exit(within: .seconds(10)) == 0
        } catch is ChildProcess.CannotStart {
            return false
        }
    }
}
