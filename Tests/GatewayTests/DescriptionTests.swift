import Administration
import Gateway
import Storage
import StrictJSON
import Testing
import Transport
import TransportCurl
import Yams

/// The description that is served, as one tree of dictionaries, lists and words.
private func description() async throws -> [String: Any] {
    let text = try await GatewayFixture().run { gateway in
        let transport = try client()
        let answer = try await transport.ask(.get, gateway.url + "/openapi.yaml", key: nil)
        #expect(answer.status == 200)
        #expect(answer.headers.first("content-type") == "application/yaml")
        await transport.shutdown()
        return String(decoding: answer.body, as: UTF8.self)
    }
    return try #require(try Yams.load(yaml: text) as? [String: Any])
}

/// One call as the description tells it.
private struct Described: Hashable {
    let id: String
    let method: String
    let path: String
    let scopes: [String]
    let parameters: Set<String>
    /// Names in the path that are described.
    let names: Set<String>
    let statuses: Set<String>
    let headers: Set<String>

    init(
        _ method: String, _ path: String, _ operation: [String: Any], in whole: [String: Any]
    ) throws {
        id = try #require(operation["operationId"] as? String)
        self.method = method.uppercased()
        self.path = path
        let security = try #require(operation["security"] as? [[String: [String]]])
        scopes = security.flatMap { $0["key"] ?? [] }
        let shared = (whole["components"] as? [String: Any])?["parameters"] as? [String: Any]
        let parameters = (operation["parameters"] as? [[String: Any]] ?? []).map { parameter in
            let name = (parameter["$ref"] as? String)?.split(separator: "/").last
            return name.flatMap { shared?[String($0)] as? [String: Any] } ?? parameter
        }
        func named(in place: String) -> Set<String> {
            Set(
                parameters.filter { $0["in"] as? String == place }.compactMap {
                    $0["name"] as? String
                })
        }
        self.parameters = named(in: "query")
        names = named(in: "path")
        headers = named(in: "header")
        statuses = Set(try #require(operation["responses"] as? [String: Any]).keys)
    }

    static func all(in whole: [String: Any]) throws -> [Described] {
        let paths = try #require(whole["paths"] as? [String: [String: [String: Any]]])
        return try paths.sorted { $0.key < $1.key }.flatMap { path, operations in
            try operations.sorted { $0.key < $1.key }.map {
                try Described($0.key, path, $0.value, in: whole)
            }
        }
    }
}

@Suite(.timeLimit(.minutes(1))) struct DescriptionTests {
    @Test func theDescriptionAndTheCallsAreTheSame() async throws {
        let described = try Described.all(in: try await description())
        let below = described.filter { $0.path.hasPrefix("/api/v1/") }
        #expect(Set(below.map(\.id)).count == below.count)
        for call in APICall.all {
            let found = below.first { $0.id == call.id }
            let one = try #require(found, "\(call.id) is not described")
            #expect(one.method == call.method, "\(call.id)")
            #expect(one.path == "/api/v1" + call.path.text, "\(call.id)")
            #expect(one.scopes == [call.scope.rawValue], "\(call.id)")
            #expect(one.parameters == Set(call.parameters), "\(call.id)")
            let names = call.path.text.split(separator: "/").filter { $0.hasPrefix("{") }
            #expect(one.names == Set(names.map { String($0.dropFirst().dropLast()) }), "\(call.id)")
            let takesKey = call.method == "POST" && !call.isLook
            #expect(one.headers.contains("Idempotency-Key") == takesKey, "\(call.id)")
            #expect(one.statuses.isSuperset(of: Self.statuses(of: call)), "\(call.id)")
        }
        let known = Set(APICall.all.map(\.id))
        #expect(below.map(\.id).filter { !known.contains($0) } == [])
        let others = described.filter { !$0.path.hasPrefix("/api/v1/") }
        #expect(others.map(\.path) == ["/healthz", "/openapi.yaml", "/readyz"])
    }

    /// What each call may answer for reasons that are not its own.
    private static func statuses(of call: APICall) -> Set<String> {
        var statuses: Set<String> = ["400", "401", "403", "429", "503"]
        if ["POST", "PUT", "PATCH"].contains(call.method) {
            statuses.formUnion(["413", "415"])
        }
        if !call.isLook { statuses.insert("507") }
        if call.path.text.contains("{") { statuses.insert("404") }
        // Of an Idempotency-Key.
        if call.method == "POST", !call.isLook { statuses.formUnion(["409", "422"]) }
        return statuses
    }

    @Test func everyKindThatHappensAndEveryBeginningIsDescribed() async throws {
        let paths = try #require(try await description()["paths"] as? [String: [String: Any]])
        let stream = try #require(paths["/api/v1/stream"]?["get"] as? [String: Any])
        let parameters = try #require(stream["parameters"] as? [[String: Any]])
        let kind = try #require(parameters.first { $0["name"] as? String == "kind" })
        let items = (kind["schema"] as? [String: Any])?["items"] as? [String: Any]
        let beginnings = Happening.kinds.flatMap { kind in
            let words = kind.split(separator: ".")
            return words.indices.map { words[...$0].joined(separator: ".") }
        }
        #expect(Set(items?["enum"] as? [String] ?? []) == Set(beginnings))
    }

    @Test func everyReferenceOfTheDescriptionLeadsSomewhere() async throws {
        let whole = try await description()
        var references: Set<String> = []
        func collect(_ value: Any) {
            if let object = value as? [String: Any] {
                if let reference = object["$ref"] as? String { references.insert(reference) }
                object.values.forEach(collect)
            } else if let list = value as? [Any] {
                list.forEach(collect)
            }
        }
        collect(whole)
        for reference in references {
            var place: Any? = whole
            for part in reference.split(separator: "/").dropFirst() {
                place = (place as? [String: Any])?[String(part)]
            }
            #expect(place != nil, "\(reference)")
        }
        let components = try #require(whole["components"] as? [String: [String: Any]])
        for (kind, parts) in components where kind != "securitySchemes" {
            for name in parts.keys {
                #expect(references.contains("#/components/\(kind)/\(name)"), "\(kind)/\(name)")
            }
        }
    }

    @Test func aPathHasNamesWhereItsFormHas() {
        let form = PathForm("/tasks/{id}/resolve")
        #expect(form.names(in: ["tasks", "a/b", "resolve"]) == ["a/b"])
        #expect(form.names(in: ["tasks", "", "resolve"]) == nil)
        #expect(form.names(in: ["tasks", "1", "Resolve"]) == nil)
        #expect(form.names(in: ["tasks", "1"]) == nil)
    }
}
