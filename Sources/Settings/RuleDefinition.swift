package import StrictJSON

/// One rule's definition in a text that stands alone, YAML or JSON, as a command is given it.
package enum RuleDefinition {
    /// The definition as JSON, numbers as written; what it means is checked by whoever takes it.
    ///
    /// `${NAME}` finds nothing here: the rule goes elsewhere, and our environment stays with us.
    ///
    /// - Parameter file: How problems call the text.
    package static func json(
        _ text: [UInt8], file: String
    ) throws(ConfigurationRefusal) -> JSONValue {
        let reader = SettingReader(
            file: file, environment: [:], files: .disk, takesVariables: false)
        var json: JSONValue?
        do throws(Problem) {
            if let value = try YAMLReader(file: file).read(text) {
                let rules = RuleReader(reader: reader, file: file)
                if rules.hasSendableTemplate(value, at: SettingPath()) {
                    json = rules.json(value, at: SettingPath(), isExpanding: true)
                }
            }
        } catch {
            reader.add(error)
        }
        try reader.check()
        guard let json, case .object = json else {
            throw ConfigurationRefusal([
                Problem(
                    file: file, key: "", what: "this is no rule",
                    remedy: "Write one rule: name, match, and copy or notify.")
            ])
        }
        return json
    }
}
