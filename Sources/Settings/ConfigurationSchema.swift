import Domain
package import StrictJSON

/// The configuration as a JSON Schema (2020-12), so that editors complete it.
///
/// Made by reading small configurations, one for every scheme, provider and channel, and writing
/// down what the reader asks for (``SettingCatalog``). What depends on such a word is told apart
/// by it; rules, which are read elsewhere, are written down in ``ConfigurationSchema/rule``.
package enum ConfigurationSchema {
    /// Where the draft stands.
    private static let draft = "https://json-schema.org/draft/2020-12/schema"

    package static let json: JSONValue = {
        var schema = mapping(Branch(reading: "{}"), below: [])
        schema["title"] = "Copyhook's configuration"
        schema["$schema"] = .string(draft)
        schema["$defs"] = [
            // Followed when the service starts, or stands in the place of nothing.
            "given": [
                "anyOf": [["type": "string", "pattern": #"\$\{[^}]+\}"#], ["type": "null"]]
            ],
            "rule": rule,
        ]
        return .object(schema)
    }()

    /// Every path that the reader knows, in the schema's words.
    package static var paths: [String] {
        var paths: Set<String> = []
        for variant in [nil] + variants.map(Optional.some) {
            for key in Configuration.catalog(of: variant?.yaml ?? "{}").keys {
                paths.insert(key.path.joined(separator: "."))
            }
        }
        return paths.sorted()
    }

    /// Every path that there are words for.
    package static var describedPaths: [String] { words.keys.sorted() }

    // MARK: - Variants

    /// One word, or two, on which it depends what else may be written.
    struct Variant {
        let section: String
        /// The key, its word, and whether it is the one that holds where the key is absent.
        let words: [(key: String, word: String, isDefault: Bool)]
        /// YAML that makes the reader ask for everything.
        let rest: String

        var yaml: String {
            let own = words.map { "\($0.key): \($0.word)" } + [rest]
            return "\(section): {\(SettingCatalog.anyName): {"
                + own.filter { !$0.isEmpty }.joined(separator: ", ") + "}}"
        }
    }

    static let variants: [Variant] =
        Source.Kind.allCases.flatMap { kind in
            let scheme = (key: "scheme", word: kind.rawValue, isDefault: false)
            let rest = "apps: [{}], users: [{}], timestamp_header: X-Time"
            let proofs: [(String, Bool)] =
                switch kind {
                case .gitLab: Source.GitLabProof.allCases.map { ($0.rawValue, $0 == .token) }
                case .cloudEvents: Source.Proof.allCases.map { ($0.rawValue, $0 == .bearer) }
                default: []
                }
            guard !proofs.isEmpty else {
                return [Variant(section: "sources", words: [scheme], rest: rest)]
            }
            return proofs.map { proof, isDefault in
                Variant(
                    section: "sources",
                    words: [scheme, (key: "proof", word: proof, isDefault: isDefault)],
                    rest: rest)
            }
        }
        + Provider.allCases.map { provider in
            Variant(
                section: "connections", words: [("provider", provider.rawValue, false)],
                rest: provider == .coze ? "auth: {jwt: {}}" : "")
        }
        + Endpoint.Channel.allCases.map { channel in
            Variant(
                section: "endpoints",
                words: [("channel", channel.rawValue, channel == .webhook)], rest: "")
        }

    // MARK: - From the catalog to a schema

    /// Keys and what stands below them.
    private struct Branch {
        var keys: [(name: String, key: SettingCatalog.Key, below: Branch)] = []

        init() {}

        init(reading yaml: String) {
            for key in Configuration.catalog(of: yaml).keys { insert(key, key.path[...]) }
        }

        private mutating func insert(_ key: SettingCatalog.Key, _ path: ArraySlice<String>) {
            guard let name = path.first else { return }
            let rest = path.dropFirst()
            if let place = keys.firstIndex(where: { $0.name == name }) {
                // What stands below may have been asked for before the key itself.
                if rest.isEmpty { keys[place].key = key }
                keys[place].below.insert(key, rest)
            } else {
                var below = Branch()
                below.insert(key, rest)
                keys.append((name, key, below))
            }
        }

        subscript(name: String) -> Branch { keys.first { $0.name == name }?.below ?? Branch() }
    }

    private static func mapping(_ branch: Branch, below path: [String]) -> JSONObject {
        [
            "type": ["object", "null"],
            "properties": .object(
                JSONObject(
                    branch.keys.map { name, key, below in
                        (name, .object(schema(of: key, below, at: path + [name])))
                    })),
            "additionalProperties": false,
        ]
    }

    private static func schema(
        of key: SettingCatalog.Key, _ below: Branch, at path: [String]
    ) -> JSONObject {
        var schema: JSONObject
        switch key.form {
        case .value(let form): schema = value(form)
        case .list(let form):
            schema = ["type": ["array", "null"], "items": .object(value(form))]
        case .section: schema = mapping(below, below: path)
        case .sections:
            schema = [
                "type": ["array", "null"],
                "items": .object(mapping(below["*"], below: path + ["*"])),
            ]
        case .names: schema = names(below, at: path)
        case .unsaid: schema = [:]
        }
        if path == ["rules"] { schema["items"] = ["$ref": "#/$defs/rule"] }
        if path == ["connections", "*", "auth"] { schema = auth(schema, at: path) }
        let words = [ConfigurationSchema.words[path.joined(separator: ".")], key.remedy]
        schema["description"] = .string(words.compactMap(\.self).joined(separator: " "))
        if let standard = key.standard, !standard.isNull { schema["default"] = standard }
        return schema
    }

    /// One value, or `${…}` in its place.
    private static func value(_ form: JSONObject) -> JSONObject {
        // Any text may be a reference.
        if form["pattern"] == nil, form["type"] != nil, form["minimum"] == nil,
            form["type"]?.array?.contains("string") == true
        {
            return ["type": ["string", "integer", "null"]]
        }
        return ["anyOf": [.object(form), ["$ref": "#/$defs/given"]]]
    }

    /// `token`, or `jwt`: the probe has one of them, and a reader that has one asks for no other.
    private static func auth(_ schema: JSONObject, at path: [String]) -> JSONObject {
        guard case .object(var properties)? = schema["properties"] else { return schema }
        if properties["jwt"] != nil {
            let yaml =
                "connections: {\(SettingCatalog.anyName): {provider: coze, auth: {token: x}}}"
            let other = Branch(reading: yaml)["connections"]["*"]["auth"]
            for (name, key, below) in other.keys where name == "token" {
                properties[name] = .object(Self.schema(of: key, below, at: path + [name]))
            }
        }
        var schema = schema
        schema["properties"] = .object(properties)
        return schema
    }

    /// Mappings by names; which keys one may have depends on its variant.
    private static func names(_ below: Branch, at path: [String]) -> JSONObject {
        let own = variants.filter { [$0.section] == path }
        guard !own.isEmpty else {
            return [
                "type": ["object", "null"],
                "additionalProperties": .object(
                    below.keys.first.map { schema(of: $0.key, $0.below, at: path + ["*"]) }
                        ?? ["type": ["string", "integer", "null"]]),
            ]
        }
        let key = own[0].words[0].key
        var seen: Set<String> = []
        let known = own.map { $0.words[0].word }.filter { seen.insert($0).inserted }
        let isOptional = own.contains { $0.words[0].isDefault }
        var one: JSONObject = [
            "type": "object",
            "properties": .object([
                key: [
                    "description": .string(
                        words[(path + ["*", key]).joined(separator: ".")] ?? ""),
                    "anyOf": [
                        ["enum": .array(known.map { .string($0) })], ["$ref": "#/$defs/given"],
                    ],
                ]
            ]),
            "allOf": .array(own.map { .object(branch($0, at: path + ["*"])) }),
        ]
        if !isOptional { one["required"] = [.string(key)] }
        return [
            "type": ["object", "null"],
            "propertyNames": ["pattern": "^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"],
            "additionalProperties": .object(one),
        ]
    }

    private static func branch(_ variant: Variant, at path: [String]) -> JSONObject {
        let conditions = JSONObject(
            variant.words.map { ($0.key, ["const": .string($0.word)] as JSONValue) })
        let needed = variant.words.filter { !$0.isDefault }.map { JSONValue.string($0.key) }
        let keys = Branch(reading: variant.yaml)[variant.section]["*"]
        return [
            "if": ["properties": .object(conditions), "required": .array(needed)],
            "then": .object(mapping(keys, below: path)),
        ]
    }
}
