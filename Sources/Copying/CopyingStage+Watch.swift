import Domain
import Logging
import Providers
import Storage

/// After a copy was adopted, or sent again, there may be a second one: one more look tells.
extension CopyingStage {
    /// Has a success looked at once more where it may have a double: one settle window later, when
    /// whatever was under way has shown itself.
    func watching(
        _ result: CopyResult, from before: CopyTask.State.Name, _ account: Account
    ) -> CopyResult {
        guard before != .succeeded, let task = result.ending?.claim.work,
            task.state.name == .succeeded, mayHaveDouble(task)
        else { return result }
        return result.adding(
            .watched(next: time.now() + window(task, account)), at: time.now(),
            destinations.current.audience)
    }

    /// Without a name or a baseline nothing that is there could be told from what always was.
    private func mayHaveDouble(_ task: CopyTask) -> Bool {
        let isDoubtful = task.isPossibleDuplicate || !task.evidence.adoptedBecause.isEmpty
        return isDoubtful && task.evidence.baseline != nil
            && !(task.plan.entity.name ?? "").isEmpty
    }

    /// The look after a success.
    func watch(_ job: Job, _ account: Account) async -> CopyResult {
        var surroundings: Surroundings
        do throws(StorageError) {
            surroundings = try await ledger.surroundings(of: job.task)
        } catch {
            logNotice("copy.look_failed", job.task, detail: error.code.rawValue)
            return watchLater(job, account, after: limits.lookGracePace)
        }
        if let own = job.task.evidence.providerTask?.rawValue {
            surroundings.ownProviderTasks.insert(own)
        }
        if let own = job.task.copyID?.rawValue { surroundings.ownCopies.insert(own) }
        let said = await account.converse(job.manner) {
            account.platform.look(for: job.task, among: surroundings, with: $0)
        } trouble: {
            if case .trouble(let trouble) = $0 { trouble } else { nil }
        }
        switch said {
        case .cancelled: return watchLater(job, account, after: .zero)
        case .heldBack(let wait): return watchLater(job, account, after: wait)
        case .unauthorized(let failure, _):
            return watchLater(
                job, account, after: limits.pollPause,
                Try(.look, "unauthorized", failure: failure))
        case .noGrant(let trouble):
            return watchLater(
                job, account, after: max(limits.lookGracePace, account.restLeft),
                Try(.look, "no_grant", failure: trouble.failure))
        case .said(.trouble(let trouble), let exchange):
            return watchLater(
                job, account, after: max(limits.lookGracePace, account.restLeft),
                Try(.look, "trouble", exchange: exchange, failure: trouble.failure))
        case .said(let sighting, let exchange):
            // What a namesake in doubt may have made is no double of this one.
            let candidates = sighting.candidates
            guard candidates.count > surroundings.namesakes.count else {
                return end(job, .watched(next: nil), Try(.look, "no_double", exchange: exchange))
            }
            var job = job
            job.task.evidence.candidates = candidates
            return end(
                job, .duplicateSuspected(at: time.now()),
                Try(.look, "double", exchange: exchange))
        }
    }

    /// In vain: once more after so long, as long as people would want to know.
    private func watchLater(
        _ job: Job, _ account: Account, after wait: Duration, _ attempt: Try? = nil
    ) -> CopyResult {
        let now = time.now()
        let began = job.task.endedAt ?? now
        let isOver = now >= began + window(job.task, account) + limits.lookGrace
        return end(job, .watched(next: isOver ? nil : now + wait), attempt)
    }
}

extension Sighting {
    /// What was seen that may be ours, whether or not that is certain.
    var candidates: [CopyTask.Candidate] {
        switch self {
        case .found(let copy, _):
            copy.map { [CopyTask.Candidate(id: $0.rawValue, name: nil, updatedAt: nil)] } ?? []
        case .foundTask(let job, _):
            [CopyTask.Candidate(id: job.rawValue, name: nil, updatedAt: nil)]
        case .ambiguous(let candidates): candidates
        case .none, .trouble: []
        }
    }
}
