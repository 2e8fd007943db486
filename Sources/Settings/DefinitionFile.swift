package import StrictJSON

/// A definition in a text that stands alone, YAML or JSON, as a command is given it.
package enum DefinitionFile {
    /// The definition as JSON, with `${NAME}`, `${file:PATH}` and `private_key_file` followed here;
    /// what it means is checked by whoever takes it.
    ///
    /// - Parameters:
    ///   - file: How problems call the text; paths in it count from its directory.
    package static func json(
        _ text: [UInt8], file: String, environment: [String: String], files: FileAccess = .disk
    ) throws(ConfigurationRefusal) -> JSONValue {
        let reader = SettingReader(file: file, environment: environment, files: files)
        var json: JSONValue?
        do throws(Problem) {
            if let value = try YAMLReader(file: file).read(text) {
                let place = Place(file: file, line: value["template"]?.line, key: "template")
                if value["template"].map({ reader.isSendable($0.value, at: place) }) ?? true {
                    json = reader.resolved(value, at: SettingPath())
                }
            }
        } catch {
            reader.add(error)
        }
        try reader.check()
        guard let json, case .object = json else {
            throw ConfigurationRefusal([
                Problem(
                    file: file, key: "", what: "this is no definition",
                    remedy: "Write what would stand under the name in the configuration.")
            ])
        }
        return json
    }
}

extension SettingReader {
    /// The value as JSON, scalars as they are read in a configuration; `nil` after a problem.
    fileprivate func resolved(_ value: YAMLValue, at path: SettingPath) -> JSONValue? {
        let place = Place(file: file, line: value.line, key: path.text)
        switch value.content {
        case .list(let elements):
            let values = elements.enumerated().map {
                resolved($0.element, at: path.appending($0.offset))
            }
            let whole = values.compactMap { $0 }
            return whole.count == values.count ? .array(whole) : nil
        case .mapping(let entries):
            var members: [(String, JSONValue)] = []
            for entry in entries {
                let path = path.appending(entry.key)
                guard let value = resolved(entry.value, at: path) else { continue }
                if path.steps == Self.keyFile, let name = value.string {
                    let place = Place(file: file, line: entry.line, key: path.text)
                    guard let key = contents(name, at: place) else { continue }
                    members.append(("private_key", .string(key.asPlainSetting)))
                } else {
                    members.append((entry.key, value))
                }
            }
            return members.count == entries.count ? .object(JSONObject(members)) : nil
        case .scalar(let scalar):
            switch scalar.meaning {
            case .null: return .null
            case .bool(let bool): return .bool(bool)
            case .number(let number): return .number(number)
            case .string, .unclear:
                return expand(scalar.text, at: place).map { .string($0.text.asPlainSetting) }
            }
        }
    }

    private static let keyFile: [SettingPath.Step] = [
        .key("auth"), .key("jwt"), .key("private_key_file"),
    ]
}

extension String {
    /// As a setting has to be written so that this is what is read.
    fileprivate var asPlainSetting: String { replacing("${", with: "$${") }
}
