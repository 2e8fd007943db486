import StrictJSON
import Testing

extension KillRun {
    /// Lets the service come to rest, and expects that no promise is broken.
    func judge(within limit: Duration) async throws -> KillVerdict {
        let service = try await calm()
        let stats = try await service.rest(within: limit)
        if stats == nil {
            let owed = try await service.rows("deliveries")
                .filter { !["delivered", "exhausted"].contains($0["state"]?.string) }
            Issue.record("it did not come to rest: \(owed.prefix(3).map { $0.prettyText() })")
        }
        let verdict = try await verdict(service)
        #expect(verdict.acknowledged.count == plan.events)
        let broken = verdict.broken
        #expect(broken.isEmpty, "\(broken.count): \(broken.prefix(10))")
        #expect(verdict.tasks.allSatisfy { $0["possible_duplicate"]?.bool == false })
        return verdict
    }

    /// What happened, in one line for whoever reads the log of a run.
    func figures(_ verdict: KillVerdict) async throws -> String {
        func count(_ state: String) -> Int {
            verdict.tasks.count { $0["state"]?.string == state }
        }
        let service = try await calm()
        let reconciled = try await service.tasksOnceIn("reconciling", verdict.tasks).count
        let repeats = verdict.repeats
        return "\(killCount) kills and \(killCountWhileStarting) while starting, "
            + "\(verdict.acknowledged.count) events acknowledged after \(sendingCount) sendings, "
            + "\(verdict.copies.count) copies, \(count("succeeded")) succeeded, "
            + "\(count("unresolved")) unresolved, \(count("failed")) failed, "
            + "\(reconciled) reconciled on the way, \(repeats.notifications) notifications in "
            + "\(repeats.deliveries) deliveries: \(repeats.afterLostAnswer) again after a lost "
            + "answer, \(repeats.duplicates) duplicates "
            + "(\(repeats.duplicateShare.percent) of the notifications)"
    }
}

extension Double {
    /// As in `1.25 %`.
    fileprivate var percent: String {
        let hundredths = Int((self * 10_000).rounded())
        let rest = String(hundredths % 100)
        return "\(hundredths / 100).\(rest.count < 2 ? "0" : "")\(rest) %"
    }
}
