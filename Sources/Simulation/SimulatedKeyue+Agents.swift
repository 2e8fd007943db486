import Domain
import StrictJSON

// contracts/keyue.md section 7.
extension SimulatedKeyue {
    func listAgents(_ call: KeyueCall) throws(KeyueRefusal) -> JSONValue {
        let page = try call.page()
        let keyword = call.request.parameter("keyword")
        let status = try number("status", in: 0...2, call)
        let type = try number("type", in: 1...2, call)
        var found = keyue.agents.filter { agent in
            (keyword.map { agent.name.contains(bytesOf: $0) } ?? true)
                && status ?? agent.status == agent.status && type ?? agent.type == agent.type
        }
        switch call.request.parameter("order") ?? "desc" {
        case "asc": found.sort { $0.created < $1.created }
        case "desc": found.sort { $0.created > $1.created }
        default: throw .badParameter("order")
        }
        let rows = found.dropFirst((page.number - 1) * page.size).prefix(page.size)
        return [
            "total": .number(JSONNumber(found.count)), "pn": .number(JSONNumber(page.number)),
            "ps": .number(JSONNumber(page.size)), "list": .array(rows.map { row($0) }),
        ]
    }

    func detail(_ call: KeyueCall) throws(KeyueRefusal) -> JSONValue {
        // Documented as a member of a body that a GET has not; taken from either place.
        guard
            let id = call.request.parameter("id") ?? call.request.jsonObject?["id"]?.string
        else { throw .badParameter("id") }
        guard let agent = keyue.agents.first(where: { $0.id.hasSameBytes(as: id) }) else {
            throw .noSuchAgent
        }
        return row(agent, isDetail: true)
    }

    mutating func update(_ call: KeyueCall) throws(KeyueRefusal) -> JSONValue {
        guard let body = call.request.jsonObject else { throw .badParameter("body") }
        for key in ["id", "agentName", "avatarUrl", "description"]
        where body[key]?.string == nil {
            throw .badParameter(key)
        }
        let (id, name) = (body["id"]?.string ?? "", body["agentName"]?.string ?? "")
        guard let place = keyue.agents.firstIndex(where: { $0.id.hasSameBytes(as: id) }) else {
            throw .noSuchAgent
        }
        let isTaken = keyue.agents.indices.contains {
            $0 != place && keyue.agents[$0].name.hasSameBytes(as: name)
        }
        guard !isTaken else { throw .duplicateName }
        keyue.agents[place].name = name
        keyue.agents[place].description = body["description"]?.string
        keyue.agents[place].updated = call.now
        return .null
    }

    /// Only what is not online can be deleted.
    mutating func delete(_ call: KeyueCall) throws(KeyueRefusal) -> JSONValue {
        guard let body = call.request.jsonObject, body["agentName"]?.string != nil,
            let id = body["id"]?.string,
            call.request.parameter("agentId")?.hasSameBytes(as: id) ?? false
        else { throw .badParameter("agentId, id, agentName") }
        guard let place = keyue.agents.firstIndex(where: { $0.id.hasSameBytes(as: id) }) else {
            throw .noSuchAgent
        }
        guard keyue.agents[place].status == 0 else { throw .stateForbidsDeletion }
        keyue.agents.remove(at: place)
        return .null
    }

    private func number(
        _ name: String, in range: ClosedRange<Int64>, _ call: KeyueCall
    ) throws(KeyueRefusal) -> Int64? {
        guard let text = call.request.parameter(name) else { return nil }
        guard let value = Int64(text), range.contains(value) else { throw .badParameter(name) }
        return value
    }

    private func row(_ agent: KeyueWorld.Agent, isDetail: Bool = false) -> JSONValue {
        let owner = keyue.credentials.first
        let (id, name) = (owner?.uid ?? "", owner?.username ?? "")
        var object: JSONObject = [
            "id": .string(agent.id), "agentName": .string(agent.name),
            "description": agent.description.map(JSONValue.string) ?? .null, "avatarUrl": "",
            "tenantId": "34398019464000000", "updated": .string(agent.updated.chinaTime),
            "created": .string(agent.created.chinaTime), "createdUserId": .string(id),
            "createdUsername": .string(name), "lastEditId": .string(id),
            "lastEditUsername": .string(name),
        ]
        if isDetail { object["quickSceneType"] = 1 }
        return .object(object)
    }
}

extension String {
    /// Whether the bytes of `part` occur in this text.
    fileprivate func contains(bytesOf part: String) -> Bool {
        var rest = utf8[...]
        let wanted = Array(part.utf8)
        while rest.count >= wanted.count {
            if rest.starts(with: wanted) { return true }
            rest = rest.dropFirst()
        }
        return false
    }
}
