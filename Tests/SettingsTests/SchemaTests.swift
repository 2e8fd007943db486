import Foundation
import Settings
import StrictJSON
import Testing

/// As much of JSON Schema 2020-12 as the configuration's schema uses.
private struct Validator {
    let root: JSONValue

    /// What is wrong, each with its place; empty when nothing is.
    func troubles(_ value: JSONValue, _ schema: JSONValue? = nil, at path: String = "") -> [String]
    {
        let schema = schema ?? root
        var troubles: [String] = []
        if let reference = schema["$ref"]?.string {
            let pointer = String(reference.dropFirst())
            return self.troubles(value, root.value(at: pointer), at: path)
        }
        if let types = schema["type"] {
            let words = types.array?.compactMap(\.string) ?? [types.string ?? ""]
            if !words.contains(where: { holds($0, value) }) { troubles.append("\(path): type") }
        }
        if let words = schema["enum"]?.array, !words.contains(value) {
            troubles.append("\(path): enum")
        }
        if let const = schema["const"], const != value { troubles.append("\(path): const") }
        if let pattern = schema["pattern"]?.string, let text = value.string,
            (try? Regex(pattern).firstMatch(in: text)) ?? nil == nil
        {
            troubles.append("\(path): pattern")
        }
        if let number = value.number?.double {
            if let least = schema["minimum"]?.number?.double, number < least {
                troubles.append("\(path): minimum")
            }
            if let most = schema["maximum"]?.number?.double, number > most {
                troubles.append("\(path): maximum")
            }
        }
        if case .array(let elements) = value, let items = schema["items"] {
            for (place, element) in elements.enumerated() {
                troubles += self.troubles(element, items, at: "\(path)[\(place)]")
            }
        }
        if case .object(let object) = value { troubles += members(object, schema, at: path) }
        if let any = schema["anyOf"]?.array,
            !any.contains(where: { self.troubles(value, $0, at: path).isEmpty })
        {
            troubles.append("\(path): anyOf")
        }
        for one in schema["allOf"]?.array ?? [] {
            troubles += self.troubles(value, one, at: path)
        }
        if let condition = schema["if"], let then = schema["then"],
            self.troubles(value, condition, at: path).isEmpty
        {
            troubles += self.troubles(value, then, at: path)
        }
        return troubles
    }

    private func members(_ object: JSONObject, _ schema: JSONValue, at path: String) -> [String] {
        var troubles: [String] = []
        for name in schema["required"]?.array?.compactMap(\.string) ?? [] where object[name] == nil
        {
            troubles.append("\(path): \(name) is missing")
        }
        for member in object.members {
            let place = "\(path).\(member.key)"
            if let names = schema["propertyNames"] {
                troubles += self.troubles(.string(member.key), names, at: place)
            }
            if let own = schema["properties"]?[member.key] {
                troubles += self.troubles(member.value, own, at: place)
            } else if schema["additionalProperties"]?.bool == false {
                troubles.append("\(place): unknown")
            } else if let other = schema["additionalProperties"], other.bool == nil {
                troubles += self.troubles(member.value, other, at: place)
            }
        }
        return troubles
    }

    private func holds(_ type: String, _ value: JSONValue) -> Bool {
        switch (type, value) {
        case ("null", .null), ("boolean", .bool), ("string", .string), ("array", .array),
            ("object", .object), ("number", .number):
            true
        case ("integer", .number(let number)): number.int64 != nil
        default: false
        }
    }
}

private let schema = ConfigurationSchema.json
private let validator = Validator(root: schema)

private func troubles(_ yaml: String) throws -> [String] {
    // Words of YAML 1.1, which a rule would have to quote.
    let quoted = yaml.replacing(#/: (on|off)\b/#) { ": \"\($0.1)\"" }
    return validator.troubles(try RuleDefinition.json(Array(quoted.utf8), file: "x"))
}

private func example() throws -> String {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    return try String(
        contentsOf: root.appending(path: "deploy/copyhook.example.yaml"), encoding: .utf8)
}

@Suite struct SchemaTests {
    @Test func theExampleFitsTheSchema() throws {
        // References would be followed: there is nothing behind them here.
        let text = try example().replacing("${", with: "$ {")
        #expect(try troubles(text) == [])
    }

    @Test func soDoesAllThatTheExampleShowsBehindAHash() throws {
        let text = try fullExample().replacing("${", with: "$ {")
        #expect(text.contains("X-Api-Key") && text.contains("\n  keyue-prod:"))
        #expect(try troubles(text) == [])
    }

    @Test(arguments: [
        ("{ X-Api-Key: a, X-Count: 7 }", true), ("{}", true), ("X-Api-Key", false),
        ("{ X-Api-Key: [a] }", false), ("{ X-Api-Key: { from: a } }", false),
    ])
    func headersAreTextsByTheirNames(_ headers: String, _ isFine: Bool) throws {
        let yaml = "endpoints: { a: { url: \"https://e.com/x\", headers: \(headers) } }"
        let found = try troubles(yaml)
        #expect(found.isEmpty == isFine, "\(found)")
    }

    @Test func everyKeyThatTheReaderKnowsIsDescribed() {
        let known = Set(ConfigurationSchema.paths)
        #expect(known.count > 100)
        let described = Set(ConfigurationSchema.describedPaths)
        #expect(known.subtracting(described) == [], "no words")
        #expect(described.subtracting(known) == [], "words for what is not there")
        var bare: [String] = []
        func walk(_ value: JSONValue, _ path: String) {
            if case .object(let object) = value {
                if let properties = object["properties"]?.object, object["if"] == nil {
                    for member in properties.members where !path.hasSuffix("if") {
                        let isSaid =
                            member.value["type"] != nil || member.value["anyOf"] != nil
                            || member.value["enum"] != nil
                        if !isSaid { bare.append("\(path).\(member.key)") }
                        if member.value["description"]?.string?.isEmpty ?? true {
                            bare.append("\(path).\(member.key) has no description")
                        }
                    }
                }
                for member in object.members { walk(member.value, "\(path).\(member.key)") }
            }
            if case .array(let elements) = value {
                for element in elements { walk(element, path) }
            }
        }
        walk(schema, "")
        #expect(bare.filter { !$0.contains(".from") } == [])
    }

    /// Whatever the reader calls unknown; the same text without that key fits.
    @Test(arguments: [
        ("%", "bogus: 1"), ("server: {%}", "bogus: 1"), ("server: {%}", "Listen: x"),
        ("store: {%}", "path: x"), ("retention: {%}", "rules: 1d"), ("egress: {%}", "deny: []"),
        ("sources: {a: {scheme: coze, apps: [{api_app_id: 1, verify_token: t}], %}}", "type: /t"),
        ("sources: {a: {scheme: coze, apps: [{api_app_id: 1, verify_token: t, %}]}}", "token: t"),
        ("sources: {a: {scheme: github, secret: s1234567890123456, %}}", "window: 5m"),
        ("sources: {a: {scheme: gitlab, secret: s1234567890123456, %}}", "window: 5m"),
        ("sources: {a: {scheme: bearer, secret: s1234567890123456, %}}", "origins: [a]"),
        (
            "sources: {a: {scheme: cloudevents, proof: path, secret: s1234567890123456, %}}",
            "query_token: on"
        ),
        ("connections: {a: {provider: coze, auth: {token: t}, %}}", "task_query: {}"),
        ("connections: {a: {provider: coze, auth: {token: t, %}}}", "uid: u"),
        (
            "connections: {a: {provider: keyue, auth: {token: t, uid: u, username: nn}, %}}",
            "retries: 1"
        ),
        (
            "endpoints: {a: {url: \"https://e.com/x\", "
                + "secret: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw, %}}", "card: x"
        ),
        ("endpoints: {a: {channel: slack, url: \"https://e.com/x\", %}}", "secret: s"),
        ("endpoints: {a: {channel: feishu, url: \"https://e.com/x\", limits: {%}}}", "per: 1/s"),
    ])
    func whatTheReaderCallsUnknownTheSchemaRefuses(_ frame: String, _ key: String) throws {
        let bad = frame.replacing("%", with: key)
        let good = frame.replacing(", %", with: "").replacing("%", with: "")
        #expect(Memory(yaml: bad).refusal.contains("there is no key of this name"), "\(bad)")
        #expect(!Memory(yaml: good).refusal.contains("there is no key of this name"), "\(good)")
        #expect(try troubles(bad).contains { $0.hasSuffix(": unknown") }, "\(bad)")
        if !good.isEmpty { #expect(try troubles(good) == [], "\(good)") }
    }

    @Test(arguments: [
        "lease: 60", "lease: soon", "sources: {a: {scheme: bogus}}", "sources: {a: {}}",
        "sources: {\"a/b\": {scheme: github}}", "connections: {a: {provider: aws}}",
        "connections: {a: {provider: coze, limits: {concurrent: 0}}}",
        "connections: {a: {provider: coze, limits: {rate: fast}}}", "store: {reserve: 64}",
        "egress: {ports: [70000]}", "server: [1]", "rules: [{name: r}]",
        "rules: [{name: r, match: {}, copies: []}]", "rules: [{name: r, match: {}, cooldown: 60}]",
        "rules: [{name: r, match: {}, copy: [{connection: c, on_uncertain: maybe}]}]",
    ])
    func aValueThatIsNoneIsRefused(_ yaml: String) throws {
        #expect(Memory(yaml: yaml).refusal != "")
        #expect(try troubles(yaml) != [])
    }

    @Test func defaultsAndBoundsAreTheReadersOwn() {
        let limits = schema.value(at: "/properties/lease")
        #expect(limits?["default"] == "60s" || limits?["default"] == "1m")
        #expect(limits?["description"]?.string?.contains("from 1s to 1h") == true)
        #expect(schema.value(at: "/properties/retention/properties/audit/default") == "365d")
        #expect(schema["$schema"] == "https://json-schema.org/draft/2020-12/schema")
    }
}
