package import Domain
import Logging
import Signing
import Storage
package import StrictJSON

/// What a person decides about a copy that cannot be told by itself.
package enum Decision: Hashable, Sendable {
    /// This is our copy; the id may be absent only where the provider tells none (Keyue).
    case adopt(Identifier<Entity>?)
    /// There is none: send again, knowing that two may exist in the end.
    case sendAgain
    /// It does not matter any more.
    case giveUp

    static let copyIDBytesMax = 256

    /// Reads `{"decision": "adopt" | "send_again" | "give_up", "copy_id": …}`.
    package init(parsing body: [UInt8]) throws(AdministrationError) {
        let json: JSONValue
        do { json = try JSONValue(parsing: body) } catch { throw AdministrationError(error) }
        guard case .object(let object) = json else {
            throw .undecided("one object is wanted, not \(json.kind)", at: .root)
        }
        for key in object.keys where !["decision", "copy_id"].contains(key) {
            throw .undecided("there is no member of this name", at: .root.appending(key))
        }
        self = try Self(
            word: object["decision"]?.string ?? "", copyID: Self.copyID(object["copy_id"]))
    }

    /// - Parameter copyID: Only with `adopt`.
    package init(word: String, copyID: String?) throws(AdministrationError) {
        switch word {
        case "adopt":
            self = .adopt(try copyID.map(Self.identifier))
        case "send_again", "give_up":
            guard copyID == nil else {
                throw .undecided("an id belongs to `adopt` alone", at: .copyID)
            }
            self = word == "give_up" ? .giveUp : .sendAgain
        default:
            throw .undecided("this is no decision", at: JSONPointer(tokens: ["decision"]))
        }
    }

    /// Numbers count by their text: platforms write ids either way.
    private static func copyID(_ value: JSONValue?) throws(AdministrationError) -> String? {
        guard let value, !value.isNull else { return nil }
        guard let text = value.text else {
            throw .undecided("an id is a string, not \(value.kind)", at: .copyID)
        }
        return text
    }

    private static func identifier(
        _ text: String
    ) throws(AdministrationError) -> Identifier<Entity> {
        guard (1...copyIDBytesMax).contains(text.utf8.count),
            text.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else {
            throw .undecided(
                "an id has 1 to \(copyIDBytesMax) visible ASCII characters", at: .copyID)
        }
        return Identifier(rawValue: text)
    }
}

extension Administrator {
    /// Carries out a person's decision about a task that is `unresolved`.
    ///
    /// The new state, the notification it owes, the copy that is now known as ours and a line in
    /// the task's history are one transaction, as if the room had found out by itself.
    ///
    /// - Parameter condition: What the person was shown, where it is to be that still.
    /// - Returns: The task afterwards, in the shape of ``task(_:)``.
    package func resolve(
        _ id: String, _ decision: Decision, if condition: IfMatch? = nil, by who: Principal
    ) async throws(AdministrationError) -> JSONValue {
        // One at a time, or two people could give one copy to two tasks.
        try await decisions.pass { () async throws(AdministrationError) in
            try await decide(id, decision, if: condition, by: who)
        }
    }

    private func decide(
        _ id: String, _ decision: Decision, if condition: IfMatch?, by who: Principal
    ) async throws(AdministrationError) -> JSONValue {
        if try await hasDone(.taskResolved, of: id) { return try await self.task(id) }
        let task = try await taskRecord(id).task
        try condition?.check(task.tag)
        try refuseUnlessUnresolved(task)
        try await check(decision, for: task)
        let now = time.now()
        var claim = try await ask { () async throws(StorageError) in
            try await store.takeTask(task.id, at: now, lease: Self.leaseOfDecision)
        }
        var settlement: CopySettlement
        do throws(AdministrationError) {
            // A worker may have found the copy between the look and the loan.
            try condition?.check(claim.work.tag)
            try refuseUnlessUnresolved(claim.work)
            settlement = try carryOut(decision, on: &claim.work, at: now)
        } catch {
            await giveBack(claim, at: now)
            throw error
        }
        settlement.note = note(
            .taskResolved, of: id, by: who, at: now,
            [
                "decision": .string(decision.outcome),
                "state": .string(claim.work.state.name.rawValue),
                "copy_id": .text(settlement.ownCopy?.rawValue),
                "candidates": .array(task.evidence.candidates.map { .string($0.id) }),
            ])
        let (decided, whole) = (claim, settlement)
        try await ask { () async throws(StorageError) in
            try await store.settle(decided, with: whole, at: now)
        }
        log.notice(
            "task.resolved",
            metadata: [
                "task": "\(id)", "decision": "\(decision.outcome)",
                "state": "\(decided.work.state.name.rawValue)", "by": "\(who.id)",
            ])
        if case .sendAgain = decision { nudges.copying() } else { nudges.notifying() }
        return try await self.task(id)
    }

    private func carryOut(
        _ decision: Decision, on task: inout CopyTask, at now: Timestamp
    ) throws(AdministrationError) -> CopySettlement {
        var settlement = CopySettlement()
        let signal: CopyTask.Signal
        let detail: String
        let shown = task.evidence.shown(after: task.looks)
        switch decision {
        case .adopt(let copy):
            signal = .adopted(copy: copy, at: now)
            detail = copy.map { "adopted \($0)" } ?? "taken for done"
            settlement.ownCopy = copy
            task.evidence.adoptedBecause.append("a person named it")
        case .sendAgain:
            signal = .sendAgain(notBefore: now)
            detail = "sent again; two copies may exist"
        case .giveUp:
            signal = .givenUp(Failure(.abandoned, message: "given up by a person"), at: now)
            detail = "given up"
        }
        let step: CopyTask.Step
        do {
            step = try task.apply(signal)
        } catch {
            log.error("task.transition", metadata: ["task": "\(task.id)", "error": "\(error)"])
            throw AdministrationError(
                .unexpected, "the task refused the decision", remedy: "The log says more.")
        }
        settlement.attempts = [
            Attempt(
                .decide, at: now, outcome: decision.outcome, detail: "\(detail); \(shown)")
        ]
        if case .announce(let type) = step {
            settlement.announcements = [audience.announcement(of: task, as: type, at: now)]
        }
        return settlement
    }

    private func refuseUnlessUnresolved(_ task: CopyTask) throws(AdministrationError) {
        guard case .unresolved = task.state else {
            throw AdministrationError(
                .taskNotUnresolved, "the task is \(task.state.name.rawValue)",
                remedy: "Only a task that is unresolved waits for a decision; nothing was changed.")
        }
    }

    private func check(
        _ decision: Decision, for task: CopyTask
    ) async throws(AdministrationError) {
        guard case .adopt(let copy) = decision else { return }
        guard let copy else {
            guard task.plan.provider == .coze else { return }
            throw .undecided("the id of the copy is missing", at: .copyID)
        }
        guard !copy.rawValue.hasSameBytes(as: task.plan.entity.id) else {
            throw .undecided("this is the original, not a copy of it", at: .copyID)
        }
        let known = try await ask { () async throws(StorageError) in
            try await store.ownCopies(among: [copy.rawValue], of: task.plan.provider)
        }
        guard known.isEmpty else {
            throw .undecided("this copy belongs to another task already", at: .copyID)
        }
        // One that was sent and has not ended may have made this copy and not know it yet.
        let namesakes = try await ask { () async throws(StorageError) in
            try await store.surroundings(of: task).namesakes
        }
        if let other = namesakes.first(where: { $0.state.name != .unresolved }) {
            throw .undecided(
                "\(other.id) is under way and may have made this copy; decide when it has ended",
                at: .copyID)
        }
    }

    /// Ends the loan without a change.
    ///
    /// Should that fail, the lease ends by itself.
    private func giveBack(_ claim: Claim<CopyTask>, at now: Timestamp) async {
        do throws(StorageError) {
            try await store.settle(claim, with: CopySettlement(), at: now)
        } catch {
            log.warning("task.not_given_back", metadata: ["task": "\(claim.work.id)"])
        }
    }
}

extension CopyTask.Evidence {
    /// What whoever decides had to go by.
    fileprivate func shown(after looks: Int) -> String {
        let ids = candidates.map(\.id)
        let told = ids.isEmpty ? "no candidate" : "candidates " + ids.joined(separator: ", ")
        return "shown after \(looks) looks: \(told)"
    }
}

extension Decision {
    /// The word that counts and histories carry.
    var outcome: String {
        switch self {
        case .adopt: "adopted"
        case .sendAgain: "sent_again"
        case .giveUp: "given_up"
        }
    }
}

extension JSONPointer {
    fileprivate static let copyID = JSONPointer(tokens: ["copy_id"])
}

extension AdministrationError {
    fileprivate static func undecided(_ detail: String, at pointer: JSONPointer) -> Self {
        AdministrationError(
            .decisionInvalid, detail, pointer: pointer,
            remedy: "Write {\"decision\": \"adopt\", \"copy_id\": \"…\"}, or \"send_again\" or "
                + "\"give_up\" without an id; the task's evidence lists the candidates.")
    }
}
