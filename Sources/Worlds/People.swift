import Administration
import Domain
import Simulation

/// Whoever looks after tasks that only a person can decide.
///
/// They look into the workspace as a person would, and they are careful: what they adopt is a copy
/// of the right thing in the right place that no task has. What they send again may double, which
/// is theirs to decide.
struct People: Sendable {
    /// So often at most in one world, or a platform that never answers would keep them busy.
    static let decisionsMax = 30

    /// Whose key they use.
    static let principal = Principal(id: "key_people", name: "people", scopes: [.write])

    let scenery: Scenery

    /// A task that waits for a decision, and which one it gets; `nil` when none waits.
    func choice(
        among snapshot: Snapshot, at now: Timestamp, dice: inout Dice
    ) -> (CopyTask, Decision)? {
        let waiting = snapshot.tasks.filter { $0.state.name == .unresolved }
        guard !waiting.isEmpty else { return nil }
        let task = dice.pick(waiting)
        if let copy = free(for: task, among: snapshot, at: now), dice.happens(0.8) {
            return (task, .adopt(copy))
        }
        return (task, dice.happens(0.5) ? .giveUp : .sendAgain)
    }

    /// A copy that could be this task's and is no other's.
    private func free(
        for task: CopyTask, among snapshot: Snapshot, at now: Timestamp
    ) -> Identifier<Entity>? {
        let copies =
            task.plan.provider == .coze
            ? scenery.coze.copies(at: now) : scenery.keyue.copies(at: now)
        let taken = snapshot.tasks.compactMap { $0.copyID }
        return copies.filter { $0.isOf(task) }.map { Identifier(rawValue: $0.copiedEntityID) }
            .first { !taken.contains($0) }
    }
}

extension SimulatedCopy {
    /// Whether this is a copy of what the task was to copy, where it was to go.
    func isOf(_ task: CopyTask) -> Bool {
        let target = task.plan.provider == .coze ? task.plan.target ?? "" : ""
        return entityID.utf8.elementsEqual(task.plan.entity.id.utf8)
            && (toWorkspaceID ?? "").utf8.elementsEqual(target.utf8)
    }
}
