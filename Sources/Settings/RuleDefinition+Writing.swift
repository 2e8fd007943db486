package import StrictJSON

extension RuleDefinition {
    /// A rule as a file of its own, YAML, that ``json(_:file:)`` reads back as it is.
    ///
    /// The name stands first, since the file's name is not always the rule's. `nil` where it would
    /// not come back as it is: our reader of YAML drops U+FEFF at the start of a text.
    package static func yaml(_ definition: JSONValue, name: String) -> String? {
        var object: JSONObject = ["name": .string(name)]
        for member in definition.object?.members ?? [] where member.key != "name" {
            object[member.key] = member.value
        }
        let text = YAMLWriter.text(escaped(.object(object)))
        let read = try? json(Array(text.utf8), file: name)
        return read == .object(object) ? text : nil
    }

    /// What would be taken for a reference is no reference here.
    private static func escaped(_ value: JSONValue) -> JSONValue {
        switch value {
        case .string(let text): .string(text.replacing("${", with: "$${"))
        case .array(let elements): .array(elements.map(escaped))
        case .object(let object):
            .object(JSONObject(object.members.map { ($0.key, escaped($0.value)) }))
        default: value
        }
    }
}
