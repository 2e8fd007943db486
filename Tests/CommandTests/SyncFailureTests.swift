import Domain
import Foundation
import Glibc
import Simulation
import StrictJSON
import Testing
import Transport

/// A disk whose syncs fail for a while: `strace` answers EIO in the kernel's place.
@Suite(.timeLimit(.minutes(2))) struct SyncFailureTests {
    private static let rules = """
        - name: tell
          match: { type: [bot.published] }
          notify: [audit]
        """

    @Test func afterAFailedSyncNothingIsAcknowledgedUntilOneSucceeds() async throws {
        let scratch = try ScratchDirectory()
        let endpoint = try await SimulatorProcess.start(.endpoint)
        let plan = ServicePlan(endpoint: endpoint.url, rules: Self.rules)
        let service = try await ServiceProcess.start(plan, in: scratch)
        var acknowledged: [String] = []
        for number in 1...5 {
            let event = SignedEvent(try sampleCallback(number))
            #expect(try await service.post(event) == 200)
            acknowledged.append(event.key)
        }
        #expect(try await service.rest(within: .seconds(20)) != nil)

        let fault = try ChildProcess([
            "strace", "-f", "-p", "\(service.process.pid)", "-o", scratch.path("trace"),
            "-e", "trace=fsync,fdatasync", "-e", "inject=fsync,fdatasync:error=EIO",
        ])
        guard await fault.errorLine("attached", within: .seconds(10)) != nil else {
            print("failed sync: skipped, strace cannot attach here: \(fault.errors.text)")
            return
        }
        let refused = SignedEvent(try sampleCallback(6))
        for _ in 0..<3 { #expect(try await service.post(refused) == 503) }
        let ready = try await service.api("GET", "/readyz")
        #expect(ready.status == 503)
        #expect(ready.text.contains("the last commit failed"))
        #expect(try await service.api("GET", "/healthz").status == 200)

        fault.signal(SIGINT)
        #expect(await fault.exit(within: .seconds(10)) != nil)
        let isReady = try await service.until(within: .seconds(20)) { service in
            try await service.api("GET", "/readyz").status == 200 ? true : nil
        }
        #expect(isReady == true, "it did not recover by itself")
        for number in 6...8 {
            let event = SignedEvent(try sampleCallback(number))
            #expect(try await service.post(event) == 200)
            acknowledged.append(event.key)
        }
        #expect(try scratch.read("trace").contains("EIO"))

        // As after a power cut that spared what was synced.
        await service.process.kill()
        let again = try await ServiceProcess.start(plan, in: scratch)
        #expect(try await again.rest(within: .seconds(20)) != nil)
        let keys = try await again.rows("events").compactMap { $0["key"]?.string }
        #expect(keys.sorted() == acknowledged.sorted())
        let told = Set(try await endpoint.deliveries().compactMap(\.webhookID))
        #expect(told.count == acknowledged.count)
    }
}
