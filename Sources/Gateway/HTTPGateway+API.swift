import Administration
import HTTPTypes
import StrictJSON

extension HTTPGateway {
    /// Answers what a person or a program with the key asks.
    func api(
        _ resource: Route.Resource, of route: Route, _ method: String,
        _ query: [(name: String, value: String)], _ request: HTTPRequest, _ body: [UInt8]
    ) async -> Answer {
        if let problem = Self.refusal(of: query, for: route) { return problem.answer }
        guard request.headerFields[.contentEncoding] == nil else { return Problem.encoded.answer }
        guard body.isEmpty || Self.isJSON(request) else { return Problem.notJSON.answer }
        do throws(AdministrationError) {
            guard method == "GET" || method == "HEAD" else {
                return try await carryOut(resource, method, query, body)
            }
            let answer = try await readingRoom.read { () async throws(AdministrationError) in
                try await carryOut(resource, method, query, body)
            }
            return answer ?? Problem.tooManyReads.answer
        } catch {
            return Problem(error).answer
        }
    }

    private func carryOut(
        _ resource: Route.Resource, _ method: String, _ query: [(name: String, value: String)],
        _ body: [UInt8]
    ) async throws(AdministrationError) -> Answer {
        switch (resource, method) {
        case (.list(let table), _):
            return Answer(json: try await list(table, Self.selection(query)))
        case (.one(.events, let id), _):
            return Answer(json: try await administration.event(id))
        case (.one(.tasks, let id), _):
            return Answer(json: try await administration.task(id))
        case (.one(.deliveries, let id), _):
            return Answer(json: try await administration.delivery(id))
        case (.resolve(let task), _):
            let decision = try Decision(parsing: body)
            return Answer(json: try await administration.resolve(task, decision))
        case (.rules, _):
            return Answer(json: try await administration.rules())
        case (.rule(let name), "PUT"):
            let (rule, isNew) = try await administration.putRule(name, definition: body)
            return Answer(isNew ? 201 : 200, json: rule)
        case (.rule(let name), "DELETE"):
            try await administration.deleteRule(name)
            return Answer(status: 204)
        case (.rule(let name), _):
            return Answer(json: try await administration.rule(name))
        case (.stats, _):
            return Answer(json: try await administration.stats())
        case (.unknown, _):
            return Problem.notFound.answer
        }
    }

    private func list(
        _ table: Route.Table, _ selection: Selection
    ) async throws(AdministrationError) -> JSONValue {
        switch table {
        case .events: try await administration.events(selection)
        case .tasks: try await administration.tasks(selection)
        case .deliveries: try await administration.deliveries(selection)
        }
    }

    /// Whether the body says of itself that it is JSON in UTF-8, or says nothing.
    private static func isJSON(_ request: HTTPRequest) -> Bool {
        let types = request.headerFields[values: .contentType]
        guard let type = types.first else { return true }
        let parts = type.lowercased().split(separator: ";", omittingEmptySubsequences: false)
            .map { $0.filter { $0 != " " && $0 != "\t" && $0 != "\"" } }
        return types.count == 1 && parts[0].hasSameBytes(as: "application/json")
            && parts.dropFirst().allSatisfy {
                !$0.utf8.starts(with: "charset=".utf8) || $0.hasSameBytes(as: "charset=utf-8")
            }
    }

    private static func selection(_ query: [(name: String, value: String)]) -> Selection {
        var selection = Selection()
        for (name, value) in query {
            switch name {
            case "state": selection.state = value
            case "event", "task": selection.parent = value
            case "cursor": selection.cursor = value
            default: selection.limit = value
            }
        }
        return selection
    }

    private static func refusal(
        of query: [(name: String, value: String)], for route: Route
    ) -> Problem? {
        var seen: [String] = []
        for (name, _) in query {
            guard route.parameters.contains(where: { $0.hasSameBytes(as: name) }) else {
                return .parameter(
                    "There is a parameter that is not known here.", accepted: route.parameters)
            }
            guard !seen.contains(name) else {
                return .parameter("`\(name)` is there twice.", accepted: route.parameters)
            }
            seen.append(name)
        }
        return nil
    }
}
