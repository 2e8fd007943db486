package import Domain
import StrictJSON

/// A copy task.
struct KeyueTask: Hashable, Sendable {
    enum State: Int, Hashable, Sendable {
        case pending = 0
        case running, succeeded, failed
    }

    let id: String
    let source: KeyueWorld.Agent
    let copy: KeyueWorld.Agent
    let owner: KeyueWorld.Credential
    let begunAt: Timestamp
    let runsAt: Timestamp
    let dueAt: Timestamp
    /// Known from the start, told at the end.
    let failure: String?
    let dispatch: String?
    var state = State.pending
}

// contracts/keyue.md sections 3 to 5 and 9.
extension SimulatedKeyue {
    /// The kind of a copy task: the same text for all of them, and no address.
    static let taskURL = "/api/v2/agents/copy"

    mutating func begin(
        _ call: KeyueCall, for owner: KeyueWorld.Credential
    ) throws(KeyueRefusal) -> JSONValue {
        guard let body = call.request.jsonObject, let id = body["agentId"]?.string, !id.isEmpty
        else { throw .badParameter("agentId") }
        guard let source = keyue.agents.first(where: { $0.id.hasSameBytes(as: id) }) else {
            throw .noSuchAgent
        }
        let number = call.circumstances.number
        let name = copyName(of: source, call)
        let isTaken =
            keyue.agents.contains { $0.name.hasSameBytes(as: name) }
            || tasks.contains { !$0.isOver && $0.copy.name.hasSameBytes(as: name) }
        guard !isTaken else { throw .duplicateName }
        var copy = source
        copy.id = MintedID.uuid(number, at: call.now)
        copy.name = name
        copy.status = 0
        copy.copyFailure = nil
        let begun = call.circumstances.now
        let task = KeyueTask(
            id: MintedID.uuid(number + 500_000, at: call.now), source: source, copy: copy,
            owner: owner, begunAt: begun,
            runsAt: begun + .milliseconds(keyue.copyTime.wholeMilliseconds / 3),
            dueAt: begun + keyue.copyTime,
            failure: source.copyFailure ?? (call.circumstances.failsLater ? "复制失败" : nil),
            dispatch: call.request.header("Idempotency-Key"))
        tasks.append(task)
        let answer = created(task)
        settle(at: begun)
        return answer
    }

    private func copyName(of source: KeyueWorld.Agent, _ call: KeyueCall) -> String {
        let template: String
        switch (keyue.copyName, keyue.copyNames) {
        case (let given?, _): template = given
        case (nil, .suffix): template = "{name}(导入{random})"
        case (nil, .fixed): template = "{name}(导入)"
        }
        let random = MintedID.hexadecimal(5, call.circumstances.number, at: call.now)
        return filled(
            template,
            [("name", source.name), ("random", random), ("n", String(copies.count + 1))])
    }

    /// Moves every task to where it is by now.
    package mutating func settle(at now: Timestamp) {
        for index in tasks.indices where !tasks[index].isOver {
            let task = tasks[index]
            if task.dueAt > now {
                if task.runsAt <= now { tasks[index].state = .running }
            } else if task.failure != nil {
                tasks[index].state = .failed
            } else {
                tasks[index].state = .succeeded
                var copy = task.copy
                copy.created = task.dueAt + keyue.clockAhead
                copy.updated = copy.created
                keyue.agents.append(copy)
                copies.append(
                    SimulatedCopy(
                        entityID: task.source.id, entityType: "agent", toWorkspaceID: nil,
                        copiedEntityID: copy.id, taskID: task.id, dispatch: task.dispatch,
                        at: task.dueAt))
            }
        }
    }

    /// The Task object as the create call answers it: the task is as new as it can be.
    private func created(_ task: KeyueTask) -> JSONValue {
        let time = (task.begunAt + keyue.clockAhead).chinaTime
        return [
            "id": .string(task.id), "agentId": .string(task.source.id),
            "agentName": .string(task.copy.name),
            "agentType": .number(JSONNumber(task.source.type)),
            "userId": .string(task.owner.uid), "userName": .string(task.owner.username),
            "created": .string(time), "updated": .string(time), "module": "agent",
            "taskType": "copy", "taskStatus": 0, "taskResult": .null, "errorMsg": .null,
            "filePath": .null, "fileUrl": .null, "taskUrl": .string(Self.taskURL), "deleted": 0,
            "reportFilePath": .null, "reportFileUrl": .null, "taskExtend": .null,
            "commonExtend": .null, "tenantId": "34398019464000000", "appName": .null,
            "platform": "NGD", "requestSource": "UNIT",
        ]
    }

    /// `openList`: level 0 by kind of task, 1 by who asks, 2 all.
    func listTasks(
        _ call: KeyueCall, for owner: KeyueWorld.Credential
    ) throws(KeyueRefusal) -> JSONValue {
        let level = call.request.parameter("queryLevel") ?? ""
        let page = try call.page()
        let agent = call.request.header("Agentid")
        let found: [KeyueTask]
        switch level {
        case "0":
            guard let kind = call.request.parameter("taskUrl") else {
                throw .badParameter("taskUrl")
            }
            found = kind.hasSameBytes(as: Self.taskURL) ? tasks : []
        case "1":
            // How this level names its agent is not documented: the header that publishing
            // takes, else whatever this token has begun.
            found = tasks.filter { task in
                agent.map { $0.hasSameBytes(as: task.source.id) }
                    ?? (task.owner.token == owner.token)
            }
        case "2": found = tasks
        default: throw .badParameter("queryLevel")
        }
        let ordered = keyue.taskOrder == .newest ? found.reversed() : found
        let rows = ordered.dropFirst((page.number - 1) * page.size).prefix(page.size)
        return [
            "total": .number(JSONNumber(found.count)), "pn": .number(JSONNumber(page.number)),
            "ps": .number(JSONNumber(page.size)),
            "queryLevel": .number(JSONNumber(level == "0" ? 0 : level == "1" ? 1 : 2)),
            "taskList": .array(rows.map(row)),
        ]
    }

    private func row(_ task: KeyueTask) -> JSONValue {
        [
            "id": .string(task.id), "agentName": .string(task.copy.name),
            "createTime": .string((task.begunAt + keyue.clockAhead).chinaTime),
            // The platform's spelling.
            "moudel": "agent", "taskType": "copy",
            "taskStatus": .number(JSONNumber(task.state.rawValue)), "taskResult": .null,
            "errorMsg": task.state == .failed ? task.failure.map(JSONValue.string) ?? .null : .null,
            "taskUrl": .string(Self.taskURL),
        ]
    }
}

extension KeyueTask {
    var isOver: Bool { state == .succeeded || state == .failed }
}
