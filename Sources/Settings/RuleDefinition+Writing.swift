package import StrictJSON

extension RuleDefinition {
    /// A rule as a file of its own, YAML, that ``json(_:file:)`` reads back as it is.
    ///
    /// The name stands first, since the file's name is not always the rule's.
    package static func yaml(_ definition: JSONValue, name: String) -> String {
        var object: JSONObject = ["name": .string(name)]
        for member in definition.object?.members ?? [] where member.key != "name" {
            object[member.key] = escaped(member.value)
        }
        return YAMLWriter.text(.object(object))
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
