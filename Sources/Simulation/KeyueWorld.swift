package import Domain
package import StrictJSON

/// What exists at the simulated Keyue.
package struct KeyueWorld: Hashable, Sendable {
    package var credentials: [Credential]
    package var agents: [Agent]
    /// How long a copy takes; a third of it the task is waiting, then running.
    package var copyTime: Duration = .milliseconds(300)
    package var copyNames = CopyNames.suffix
    /// Overrules `copyNames`: `{name}` is the source's, `{random}` five letters, `{n}` a count.
    package var copyName: String?
    package var errorStatus = ErrorStatus.ok
    package var taskOrder = TaskOrder.newest
    /// How far the platform's clock is ahead of ours.
    package var clockAhead: Duration = .zero

    /// How the platform derives the name of a copy; which of the two the real one does is not
    /// confirmed (contracts/keyue.md section 9).
    package enum CopyNames: String, Hashable, Sendable, CaseIterable {
        /// `v(导入luukR)`: always another one.
        case suffix
        /// `v(导入)`: a second copy is refused while the first has that name.
        case fixed
    }

    /// Which task a list shows first; not confirmed.
    package enum TaskOrder: String, Hashable, Sendable, CaseIterable { case newest, oldest }

    package struct Credential: Hashable, Sendable {
        package var token: Secret
        package var uid: String
        package var username: String
    }

    package struct Agent: Hashable, Sendable {
        package var id: String
        package var name: String
        /// 0 offline, 1 publishing, 2 online.
        package var status: Int64 = 2
        /// 1 ordinary, 2 AI.
        package var type: Int64 = 1
        package var description: String?
        package var created = Timestamp(milliseconds: 1_757_000_000_000)
        package var updated = Timestamp(milliseconds: 1_757_000_000_000)
        /// Why copies of it fail; absent where they succeed.
        package var copyFailure: String?
    }

    /// The small world that a simulator starts with: one credential and two agents.
    package static let standard = KeyueWorld(
        credentials: [
            Credential(
                token: Secret("TEST-ROBOT-API-KEY"), uid: "TEST-UID", username: "test-user")
        ],
        agents: [
            Agent(id: "c24ce952-8355-457e-a997-51995167c0ae", name: "v"),
            Agent(id: "1b0a986f-6d50-4f26-8b80-79568d775304", name: "客服助手"),
        ])
}

// The world as `/_sim/world` shows and takes it.
extension KeyueWorld {
    package var json: JSONObject {
        var object: JSONObject = [
            "credentials": .array(
                credentials.map {
                    [
                        "token": .string($0.token.exposed), "uid": .string($0.uid),
                        "username": .string($0.username),
                    ]
                }),
            "agents": .array(agents.map(\.json)),
            "copy_ms": .number(JSONNumber(copyTime.wholeMilliseconds)),
            "copy_names": .string(copyNames.rawValue),
            "error_http": .string(errorStatus.rawValue),
            "task_order": .string(taskOrder.rawValue),
            "clock_ahead_ms": .number(JSONNumber(clockAhead.wholeMilliseconds)),
        ]
        object["copy_name"] = copyName.map(JSONValue.string)
        return object
    }

    /// Takes the members that are given and leaves the others.
    mutating func change(_ fields: ControlFields) throws(ControlRefusal) {
        try fields.allowOnly(
            "credentials", "agents", "copy_ms", "copy_names", "copy_name", "error_http",
            "task_order", "clock_ahead_ms")
        let given = try fields.list("credentials") { (value, place) throws(ControlRefusal) in
            let fields = try ControlFields(value, at: place)
            try fields.allowOnly("token", "uid", "username")
            return Credential(
                token: Secret(try fields.required("token")), uid: try fields.required("uid"),
                username: try fields.required("username"))
        }
        credentials = given ?? credentials
        agents = try fields.list("agents", Agent.init) ?? agents
        try refuseDoubled(agents.map(\.id), at: fields.pointer("agents"))
        if let time = try fields.integer("copy_ms", in: 0...86_400_000) {
            copyTime = .milliseconds(time)
        }
        copyNames = try fields.choice("copy_names", of: CopyNames.allCases) ?? copyNames
        copyName = try fields.text("copy_name") ?? copyName
        errorStatus = try fields.choice("error_http", of: [.ok, .match]) ?? errorStatus
        taskOrder = try fields.choice("task_order", of: TaskOrder.allCases) ?? taskOrder
        if let ahead = try fields.integer("clock_ahead_ms", in: -86_400_000...86_400_000) {
            clockAhead = .milliseconds(ahead)
        }
    }
}

extension KeyueWorld.Agent {
    fileprivate init(_ value: JSONValue, at place: String) throws(ControlRefusal) {
        let fields = try ControlFields(value, at: place)
        try fields.allowOnly(
            "id", "name", "status", "type", "description", "created", "updated", "copy_failure")
        self.init(id: try fields.required("id"), name: try fields.required("name"))
        status = try fields.integer("status", in: 0...2) ?? status
        type = try fields.integer("type", in: 1...2) ?? type
        description = try fields.text("description")
        copyFailure = try fields.text("copy_failure")
        created = try Self.time("created", fields) ?? created
        updated = try Self.time("updated", fields) ?? created
    }

    private static func time(
        _ key: String, _ fields: ControlFields
    ) throws(ControlRefusal) -> Timestamp? {
        guard let text = try fields.text(key) else { return nil }
        guard let time = Timestamp(rfc3339: text) else {
            throw ControlRefusal(fields.pointer(key), "expected a time as RFC 3339 has it")
        }
        return time
    }

    fileprivate var json: JSONValue {
        var object: JSONObject = [
            "id": .string(id), "name": .string(name), "status": .number(JSONNumber(status)),
            "type": .number(JSONNumber(type)), "created": .string(created.description),
            "updated": .string(updated.description),
        ]
        object["description"] = description.map(JSONValue.string)
        object["copy_failure"] = copyFailure.map(JSONValue.string)
        return .object(object)
    }
}
