package import Domain
import Signing
import StrictJSON

/// An asynchronous copy.
struct CozeTask: Hashable, Sendable {
    enum State: Hashable, Sendable {
        case running
        case successful
        case failed(reason: String)
    }

    let id: String
    let source: CozeWorld.Entity
    let target: String
    /// What the copy will be called by, once it is there.
    let copyID: String
    let dueAt: Timestamp
    /// Known from the start, told at the end.
    let failure: String?
    /// Who asked for it.
    let userID: String
    let dispatch: String?
    var state = State.running
}

// contracts/coze.md section 5.
extension SimulatedCoze {
    /// Printed in the documentation of failed copies.
    static let quotaText = "资源配额不足，无法完成复制"

    mutating func copy(_ call: CozeCall, for caller: CozeCaller) -> SimulatedAnswer {
        do {
            return call.success(try begin(call, for: caller))
        } catch {
            return call.refused(error)
        }
    }

    private mutating func begin(
        _ call: CozeCall, for caller: CozeCaller
    ) throws(CozeRefusal) -> JSONValue {
        guard let body = call.request.jsonObject else { throw .badParameter("body") }
        guard let id = body["entity_id"]?.string, !id.isEmpty else {
            throw .badParameter("entity_id")
        }
        guard let type = body["entity_type"]?.string,
            let kind = CozeWorld.EntityKind.allCases.first(where: {
                $0.rawValue.hasSameBytes(as: type)
            })
        else { throw .badParameter("entity_type") }
        guard let source = coze.entity(kind, id) else { throw .notFound(kind, id) }
        let target = try target(body["to_workspace_id"], of: source, for: caller)
        let failure =
            source.details.copyFailure ?? (call.circumstances.failsLater ? Self.quotaText : nil)
        let copyID = MintedID.digits(call.circumstances.number, at: call.now)
        let dispatch = call.request.header("Idempotency-Key")
        let isSynchronous =
            kind == .bot && target.hasSameBytes(as: source.workspaceID)
        if isSynchronous {
            guard failure == nil else { throw .noPermission(failure) }
            make(
                copyID, of: source, in: target, for: caller.userID, task: nil, by: dispatch,
                at: call.now)
            return ["copied_entity_id": .string(copyID)]
        }
        let number = call.circumstances.number
        let taskID = "\(call.now.milliseconds)" + MintedID.hexadecimal(6, number, at: call.now)
        let task = CozeTask(
            id: taskID, source: source, target: target, copyID: copyID,
            dueAt: call.circumstances.now + coze.copyTime, failure: failure,
            userID: caller.userID, dispatch: dispatch)
        tasks[Identifier(rawValue: taskID)] = task
        running.append(Identifier(rawValue: taskID))
        settle(at: call.circumstances.now)
        return ["task_id": .string(taskID)]
    }

    /// The workspace that the copy goes to, if the rules of section 5.2 let it.
    private func target(
        _ value: JSONValue?, of source: CozeWorld.Entity, for caller: CozeCaller
    ) throws(CozeRefusal) -> String {
        guard let from = coze.workspace(source.workspaceID), from.role(of: caller.userID) != nil
        else { throw .noPermission(nil) }
        let wanted: String
        switch value {
        case nil, .null?, .string("")?: wanted = source.workspaceID
        case .string(let id)?: wanted = id
        default: throw .badParameter("to_workspace_id")
        }
        guard let to = coze.workspace(wanted), to.role(of: caller.userID) != nil else {
            throw .noPermission(nil)
        }
        guard !to.id.hasSameBytes(as: from.id) else { return to.id }
        guard from.kind == .team, to.kind == .team else {
            throw .badParameter("a personal resource stays in its workspace")
        }
        guard from.enterpriseID.hasSameBytes(as: to.enterpriseID) else {
            throw .badParameter("to_workspace_id belongs to another enterprise")
        }
        return to.id
    }

    /// Finishes the copies that were due by now.
    package mutating func settle(at now: Timestamp) {
        var due = running.compactMap { tasks[$0] }.filter { $0.dueAt <= now }
        guard !due.isEmpty else { return }
        // Stable: tasks due at the same moment finish in the order of their beginning.
        due.sort { $0.dueAt < $1.dueAt }
        for task in due {
            let id = Identifier<CozeTask>(rawValue: task.id)
            if let reason = task.failure {
                tasks[id]?.state = .failed(reason: reason)
            } else {
                tasks[id]?.state = .successful
                make(
                    task.copyID, of: task.source, in: task.target, for: task.userID,
                    task: task.id, by: task.dispatch, at: task.dueAt + coze.clockAhead)
            }
        }
        running.removeAll { id in due.contains { $0.id.hasSameBytes(as: id.rawValue) } }
    }

    /// Puts a copy into its workspace, as a draft; `now` is by the platform's clock.
    private mutating func make(
        _ id: String, of source: CozeWorld.Entity, in target: String, for userID: String,
        task: String?, by dispatch: String?, at now: Timestamp
    ) {
        var copy = source
        copy.id = id
        copy.workspaceID = target
        copy.name = filled(
            coze.copyName, [("name", source.name), ("n", String(copies.count + 1))])
        copy.details.isPublished = false
        copy.details.publishedAt = nil
        copy.details.folderID = nil
        copy.details.ownerID = userID
        copy.details.copyFailure = nil
        copy.details.createdAt = now.wholeSeconds
        copy.details.updatedAt = now.wholeSeconds
        coze.add(copy)
        copies.append(
            SimulatedCopy(
                entityID: source.id, entityType: source.kind.rawValue, toWorkspaceID: target,
                copiedEntityID: id, taskID: task, dispatch: dispatch, at: now - coze.clockAhead))
    }

    func poll(_ call: CozeCall, _ id: String) -> SimulatedAnswer {
        guard let task = tasks[Identifier(rawValue: id)] else {
            return call.refused(.noSuchTask(id))
        }
        var data: JSONObject = [
            "task_id": .string(task.id), "entity_type": .string(task.source.kind.rawValue),
            "task_status": "in_progress", "source_entity_id": .string(task.source.id),
            "target_workspace_id": .string(task.target),
        ]
        switch task.state {
        case .running: break
        case .successful:
            data["task_status"] = "successful"
            data["target_entity_id"] = .string(task.copyID)
        case .failed(let reason):
            data["task_status"] = "failed"
            data["failed_reasons"] = [
                [
                    "entity_id": .string(task.source.id),
                    "entity_name": .string(task.source.name),
                    "entity_type": .string(task.source.kind.rawValue),
                    "failed_reason": .string(reason),
                ]
            ]
        }
        return call.success(.object(data))
    }
}

/// Fills `{key}` in a template; what is not named stays as it is.
///
/// Filled from left to right, so that a name in braces is never taken for a place.
func filled(_ template: String, _ values: [(key: String, value: String)]) -> String {
    var text: [UInt8] = []
    var rest = template.utf8[...]
    while let byte = rest.first {
        let hit = values.first { rest.starts(with: "{\($0.key)}".utf8) }
        if let hit {
            text += hit.value.utf8
            rest = rest.dropFirst(hit.key.utf8.count + 2)
        } else {
            text.append(byte)
            rest = rest.dropFirst()
        }
    }
    return String(decoding: text, as: UTF8.self)
}
