package import Domain
package import StrictJSON

extension Rule {
    /// Bounds of a definition.
    package enum Limits {
        /// UTF-8 bytes of a rule's name.
        package static let nameBytesMax = 128
        package static let copiesMax = 32
        package static let notifyMax = 64
        package static let cooldownMax = Duration.days(365)
    }

    static let keys = ["name", "match", "copy", "notify", "cooldown", "enabled", "template"]

    /// Reads a definition, as it stands in a file or comes over the API.
    ///
    /// - Parameters:
    ///   - json: An object with `match`, at least one of `copy` and `notify`, and what is optional.
    ///   - name: The name that its place gives it, such as the path of a request; `nil` when only
    ///     the definition can say it. When both say it, they must agree.
    ///   - origin: Where it comes from.
    package init(
        parsing json: JSONValue, name: String?, origin: Origin = .api
    ) throws(RuleRefusal) {
        let fields = try RuleFields(json, at: .root, keys: Self.keys)
        self.init(
            name: try Self.name(fields, given: name), match: try Self.match(fields),
            copies: try Self.copies(fields), notify: try Self.notify(fields),
            cooldown: try Self.cooldown(fields), isEnabled: try fields.bool("enabled") ?? true,
            template: try Self.template(fields), origin: origin)
        // Without `notify` all endpoints hear of it (decision 19), so a match alone does something.
        guard !copies.isEmpty || notify != [] else {
            throw RuleRefusal(
                pointer: .root, what: "the rule would do nothing",
                remedy: "Give it `copy` with at least one copy, `notify` with at least one "
                    + "endpoint, or leave `notify` out to tell all of them.")
        }
    }

    private static func name(
        _ fields: RuleFields, given: String?
    ) throws(RuleRefusal) -> String {
        let written = try fields.string("name")
        let pointer = JSONPointer(tokens: ["name"])
        if let given, let written, !given.hasSameBytes(as: written) {
            throw RuleRefusal(
                pointer: pointer, what: "the name differs from the one the rule is put under",
                remedy: "Leave `name` out, or write the same name in both places.")
        }
        guard let name = given ?? written else {
            throw RuleRefusal(
                pointer: .root, what: "the rule has no name",
                remedy: "Add `name`, for example backup-published-bots.")
        }
        let isPlain = name.unicodeScalars.allSatisfy {
            !$0.properties.isWhitespace && $0 != "/" && $0.properties.generalCategory != .control
                && $0.properties.generalCategory != .format
        }
        guard !name.isEmpty, name.utf8.count <= Limits.nameBytesMax, isPlain else {
            throw RuleRefusal(
                pointer: pointer, what: "this is no name for a rule",
                remedy: "Use 1 to \(Limits.nameBytesMax) bytes without blanks, control characters "
                    + "and slashes, for example backup-published-bots.")
        }
        return name
    }

    private static func match(_ fields: RuleFields) throws(RuleRefusal) -> Pattern {
        guard let json = fields["match"] else {
            throw RuleRefusal(
                pointer: .root, what: "the rule has no `match`",
                remedy: "Say which events it is for, as in match: {type: [bot.published]}.")
        }
        do throws(PatternRefusal) {
            return try Pattern(parsing: json)
        } catch {
            throw RuleRefusal(error, under: JSONPointer(tokens: ["match"]))
        }
    }

    private static func copies(_ fields: RuleFields) throws(RuleRefusal) -> [CopyAction] {
        let remedy =
            "Write a list of at most \(Limits.copiesMax) copies, as in "
            + "copy: [{connection: coze-prod, to_workspace: \"7498\"}]."
        guard let list = try fields.list("copy", max: Limits.copiesMax, remedy) else { return [] }
        var copies: [CopyAction] = []
        for (index, json) in list.enumerated() {
            copies.append(
                try CopyAction(parsing: json, at: JSONPointer(tokens: ["copy", String(index)])))
        }
        return copies
    }

    private static func notify(_ fields: RuleFields) throws(RuleRefusal) -> [String]? {
        let remedy =
            "Write a list of at most \(Limits.notifyMax) names of endpoints, each once; "
            + "leave `notify` out for all of them."
        guard let list = try fields.list("notify", max: Limits.notifyMax, remedy) else {
            return nil
        }
        var names: [String] = []
        for (index, json) in list.enumerated() {
            let pointer = JSONPointer(tokens: ["notify", String(index)])
            guard let name = json.string, !name.isEmpty else {
                throw RuleRefusal(
                    pointer: pointer, what: "an endpoint is named by a string, not \(json.kind)",
                    remedy: remedy)
            }
            guard !names.contains(where: { $0.hasSameBytes(as: name) }) else {
                throw RuleRefusal(
                    pointer: pointer, what: "the endpoint is named twice", remedy: remedy)
            }
            names.append(name)
        }
        return names
    }

    private static func cooldown(_ fields: RuleFields) throws(RuleRefusal) -> Duration {
        guard let json = fields["cooldown"] else { return .zero }
        guard let cooldown = json.text.flatMap(Duration.init(text:)),
            cooldown <= Limits.cooldownMax
        else {
            throw RuleRefusal(
                pointer: JSONPointer(tokens: ["cooldown"]), what: "this is no duration",
                remedy: "Write a whole number and a unit (ms, s, m, h, d), at most "
                    + "\(Limits.cooldownMax.text), as in 10m.")
        }
        return cooldown
    }
}

extension Rule {
    private static func template(_ fields: RuleFields) throws(RuleRefusal) -> MessageTemplate? {
        guard let source = try fields.string("template") else { return nil }
        do throws(TemplateRefusal) {
            return try MessageTemplate(source)
        } catch {
            throw RuleRefusal(
                pointer: JSONPointer(tokens: ["template"]), what: error.what, remedy: error.remedy)
        }
    }
}

extension TemplateRefusal {
    /// What would be accepted.
    package var remedy: String {
        if let advice { return advice }
        let list = "deploy/copyhook.example.yaml lists all that can be named."
        if let unknown {
            return Spelling.hint(for: unknown, among: MessageTemplate.words) + list
        }
        return "Write a text of at most \(MessageTemplate.bytesMax) bytes, with {{name}} for what "
            + "is told, {{#name}}…{{/name}} around what is only said where it is, and {{^name}} "
            + "around what is said where it is not; " + list
    }
}

extension CopyAction {
    static let keys = [
        "connection", "to_workspace", "entity_id", "entity_type", "on_uncertain", "on_own_copies",
    ]

    init(parsing json: JSONValue, at pointer: JSONPointer) throws(RuleRefusal) {
        let fields = try RuleFields(json, at: pointer, keys: Self.keys)
        guard let connection = try fields.string("connection"), !connection.isEmpty else {
            throw RuleRefusal(
                pointer: pointer, what: "the copy names no connection",
                remedy: "Add `connection`, one of the names under `connections`.")
        }
        self.connection = connection
        toWorkspace = try fields.id("to_workspace")
        entityID = try Self.source(fields, "entity_id")
        entityType = try Self.source(fields, "entity_type")
        onUncertain = try Self.policy(fields)
        onOwnCopies = try fields.bool("on_own_copies") ?? false
    }

    private static func source(
        _ fields: RuleFields, _ key: String
    ) throws(RuleRefusal) -> ValueSource? {
        guard case .object = fields[key] else { return try fields.id(key).map { .literal($0) } }
        let place = fields.pointer.appending(key)
        let nested = try RuleFields(fields[key] ?? .null, at: place, keys: ["from"])
        guard let text = try nested.string("from"), let pointer = JSONPointer(text),
            pointer != .root
        else {
            throw RuleRefusal(
                pointer: place, what: "`from` is no JSON pointer into the event",
                remedy: "Write the way to the value from the root of the event, as in "
                    + "{from: /data/event/bot_id}.")
        }
        return .from(pointer)
    }

    private static func policy(_ fields: RuleFields) throws(RuleRefusal) -> UncertainPolicy? {
        guard let word = try fields.string("on_uncertain") else { return nil }
        if let policy = UncertainPolicy(rawValue: word) { return policy }
        let words = UncertainPolicy.allCases.map(\.rawValue)
        throw RuleRefusal(
            pointer: fields.pointer.appending("on_uncertain"), what: "there is no such policy",
            remedy: "\(Spelling.hint(for: word, among: words))Accepted are "
                + "\(words.joined(separator: ", ")).")
    }
}

/// The members of one object of a definition, every key of which is known.
private struct RuleFields {
    let pointer: JSONPointer
    private let object: JSONObject

    init(_ json: JSONValue, at pointer: JSONPointer, keys: [String]) throws(RuleRefusal) {
        guard case .object(let object) = json else {
            throw RuleRefusal(
                pointer: pointer, what: "an object is wanted, not \(json.kind)",
                remedy: "Write the keys \(keys.joined(separator: ", ")).")
        }
        if let unknown = object.keys.first(where: { key in !keys.contains(key) }) {
            throw RuleRefusal(
                pointer: pointer.appending(unknown), what: "there is no key of this name",
                remedy: "\(Spelling.hint(for: unknown, among: keys))Accepted are "
                    + "\(keys.joined(separator: ", ")).")
        }
        self.pointer = pointer
        self.object = object
    }

    /// The value of a key; one that is null counts as absent, as YAML writes an empty value so.
    subscript(key: String) -> JSONValue? {
        guard let value = object[key], !value.isNull else { return nil }
        return value
    }

    func string(_ key: String) throws(RuleRefusal) -> String? {
        guard let value = self[key] else { return nil }
        if let string = value.string { return string }
        throw RuleRefusal(
            pointer: pointer.appending(key), what: "a string is wanted, not \(value.kind)",
            remedy: "Put it into quotes.")
    }

    /// An id: a string, or a number, which YAML makes of digits without quotes.
    func id(_ key: String) throws(RuleRefusal) -> String? {
        guard let value = self[key] else { return nil }
        if let text = value.text, !text.isEmpty { return text }
        throw RuleRefusal(
            pointer: pointer.appending(key),
            what: value.string == nil
                ? "a string is wanted, not \(value.kind)" : "the string is empty",
            remedy: "Write it in quotes, as in \"7498\", or leave the key out for the event's own.")
    }

    func bool(_ key: String) throws(RuleRefusal) -> Bool? {
        guard let value = self[key] else { return nil }
        if let bool = value.bool { return bool }
        throw RuleRefusal(
            pointer: pointer.appending(key), what: "true or false is wanted, not \(value.kind)",
            remedy: "Write true or false, without quotes.")
    }

    func list(_ key: String, max: Int, _ remedy: String) throws(RuleRefusal) -> [JSONValue]? {
        guard let value = self[key] else { return nil }
        guard case .array(let list) = value else {
            throw RuleRefusal(
                pointer: pointer.appending(key), what: "a list is wanted, not \(value.kind)",
                remedy: remedy)
        }
        guard list.count <= max else {
            throw RuleRefusal(
                pointer: pointer.appending(key), what: "the list has more than \(max) entries",
                remedy: remedy)
        }
        return list
    }
}
