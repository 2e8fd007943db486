import Domain
import Foundation
import Simulation
import StrictJSON
import Testing
import Transport

/// A disk that runs full under load and is freed again: first down to the line below which no
/// event is taken in, then to the last byte.
@Suite struct DiskFullTests {
    private static let isFull = ProcessInfo.processInfo.environment["COPYHOOK_TEST_FULL"] == "1"
    /// Of 64 MiB, so that neither is cut down to a twentieth.
    private static let environment = [
        "COPYHOOK_STORE_RESERVE": "2 MB", "COPYHOOK_STORE_FREE_MIN": "3 MB",
    ]

    @Test(.timeLimit(.minutes(isFull ? 15 : 5)))
    func aDiskThatRunsFullLosesNothingAndIsRecoveredFrom() async throws {
        let scratch = try ScratchDirectory()
        let disk = try SmallDisk(in: scratch)
        guard try await disk.isToBeHad() else {
            print("disk full: skipped, no user namespace with a tmpfs is to be had here")
            return
        }
        print("disk full: a tmpfs of \(SmallDisk.megabytes) MB in a namespace of the test's own")
        let run = try await DiskFullRun.start(
            events: Self.isFull ? 800 : 120, disk: disk, in: scratch,
            environment: Self.environment)
        let (service, view) = (run.service, run.view)
        #expect(view.has("copyhook.db.reserve"))

        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await run.sendAll() }
            group.addTask {
                try await run.acknowledged(atLeast: run.count / 6)

                // Down to the line: refused, and everything in hand is worked on to its end.
                try view.fill(leaving: 2_500_000)
                try await run.refused(atLeast: 5)
                let ready = try await service.api("GET", "/readyz")
                #expect(ready.status == 503)
                #expect(ready.text.contains("store.free_min"))
                #expect(try await service.api("GET", "/healthz").status == 200)
                #expect(await service.process.errorLine("store.closed", "low_on_space") != nil)
                #expect(try await service.rest(within: .seconds(60)) != nil)
                view.clear()
                try await run.isReady()
                #expect(await service.process.errorLine("store.open_again") != nil)

                // To the last byte, and whatever the service gives up is taken as well.
                try await run.acknowledged(atLeast: run.count / 2)
                let refusals = run.refusals
                try view.fill(leaving: 0)
                let isOut = try await service.until(within: .seconds(30)) { service in
                    try view.fill(leaving: 0)
                    return service.process.errors.text.contains("out_of_space") ? true : nil
                }
                #expect(isOut == true, "the reserve was not given up")
                for _ in 0..<20 {
                    try view.fill(leaving: 0)
                    await service.process.exit(within: .milliseconds(100))
                }
                #expect(!view.has("copyhook.db.reserve"))
                try await run.refused(atLeast: refusals + 5)
                #expect(try await service.api("GET", "/readyz").status == 503)
                #expect(try await service.api("GET", "/healthz").status == 200)
                view.clear()
                try await run.isReady()
            }
            try await group.waitForAll()
        }

        #expect(view.has("copyhook.db.reserve"))
        #expect(try await service.rest(within: .seconds(120)) != nil, "it did not come to rest")
        #expect(await service.process.exit(within: .zero) == nil, "it was never restarted")
        let verdict = try await run.verdict()
        #expect(verdict.acknowledged.count == run.count)
        let broken = verdict.broken
        #expect(broken.isEmpty, "\(broken.count): \(broken.prefix(10))")
        #expect(run.otherStatuses.isEmpty, "\(run.otherStatuses)")
        print(
            "disk full: \(run.count) events acknowledged, \(run.refusals) refused with 503, "
                + "closed \(run.closings) times, \(verdict.copies.count) copies, "
                + "\(verdict.received.count) notifications")
    }

    /// Killed, then the disk runs full, then started again: the reserve lies there, untouched.
    @Test(.timeLimit(.minutes(2)))
    func onAFullDiskAStartTakesTheReserve() async throws {
        let scratch = try ScratchDirectory()
        let disk = try SmallDisk(in: scratch)
        guard try await disk.isToBeHad() else {
            print("disk full: skipped, no user namespace with a tmpfs is to be had here")
            return
        }
        let before = """
            log=$1 disk=$2; shift 2
            "$@" 2>"$log" & service=$!
            n=0; until grep -qs service.started "$log" || [ $n -ge 300 ]; do
                n=$((n + 1)); sleep 0.1
            done
            kill -9 $service; wait $service
            dd if=/dev/zero of="$disk/filler" bs=4096 2>/dev/null
            [ -e "$disk/copyhook.db.reserve" ] && exec "$@"
            """
        var plan = ServicePlan(rules: "")
        plan.database = disk.path + "/copyhook.db"
        let service = try await ServiceProcess.start(
            plan, in: scratch,
            wrapper: disk.wrapper + [
                "sh", "-c", before, "_", scratch.path("first.log"), disk.path,
            ],
            environment: Self.environment)
        let view = disk.seen(through: service.process.pid)
        #expect(try await service.api("GET", "/readyz").status == 503)
        view.clear()
        let isReady = try await service.until(within: .seconds(20)) { service in
            let isBack = view.has("copyhook.db.reserve")
            return try await service.api("GET", "/readyz").status == 200 && isBack ? true : nil
        }
        #expect(isReady == true, "ready again, with a reserve")
        await service.process.kill()
    }
}
