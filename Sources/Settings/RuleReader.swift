import Domain
import Rules
import StrictJSON

/// Turns definitions in YAML into rules, with problems that name the line.
struct RuleReader {
    let reader: SettingReader
    /// The file that the definitions are in.
    let file: String

    /// One rule, or `nil` after a problem.
    ///
    /// - Parameters:
    ///   - name: What the definition is called when it does not say so itself.
    func rule(_ value: YAMLValue, at path: SettingPath, name: String? = nil) -> Rule? {
        guard hasSendableTemplate(value, at: path) else { return nil }
        guard let json = json(value, at: path, isExpanding: true) else { return nil }
        do throws(RuleRefusal) {
            return try Rule(
                parsing: json, name: value["name"] == nil ? name : nil, origin: .file(file))
        } catch {
            add(error, value, path)
            return nil
        }
    }

    /// Whether its own words, where it has some, come from where such words may come from.
    func hasSendableTemplate(_ value: YAMLValue, at path: SettingPath) -> Bool {
        guard let template = value["template"] else { return true }
        let place = Place(file: file, line: template.line, key: path.appending("template").text)
        return reader.isSendable(template.value, at: place)
    }

    /// Whether the connections and endpoints that the rule names are there.
    func check(
        _ rule: Rule, _ references: RuleReferences, _ value: YAMLValue, at path: SettingPath
    ) {
        do throws(RuleRefusal) {
            try references.check(rule)
        } catch {
            add(error, value, path)
        }
        for (index, action) in rule.copies.enumerated() {
            guard case .literal = action.entityID,
                let pointer = JSONPointer("/copy/\(index)/entity_id")
            else { continue }
            let place = value.place(of: pointer, under: path)
            reader.hint(
                Problem(
                    file: file, line: place.line, key: place.path.text,
                    what: "no event tells the name of what the rule itself names, so a copy whose "
                        + "answer was lost cannot be told from others: it is left to a person",
                    remedy: "Nothing needs doing; copyhook tasks list --state unresolved shows "
                        + "such tasks."))
        }
    }

    private func add(_ refusal: RuleRefusal, _ value: YAMLValue, _ path: SettingPath) {
        let place = value.place(of: refusal.pointer, under: path)
        reader.add(
            Problem(
                file: file, line: place.line, key: place.path.text,
                what: reader.redact(refusal.what), remedy: reader.redact(refusal.remedy)))
    }

    /// The definition as JSON, numbers as written; `nil` after a problem.
    ///
    /// - Parameter isExpanding: Whether references are followed. Without, it can be shown.
    func json(_ value: YAMLValue, at path: SettingPath, isExpanding: Bool) -> JSONValue? {
        let place = Place(file: file, line: value.line, key: path.text)
        switch value.content {
        case .list(let elements):
            let values = elements.enumerated().map {
                json($0.element, at: path.appending($0.offset), isExpanding: isExpanding)
            }
            let whole = values.compactMap { $0 }
            return whole.count == values.count ? .array(whole) : nil
        case .mapping(let entries):
            var members: [(String, JSONValue)] = []
            for entry in entries {
                let path = path.appending(entry.key)
                guard let value = json(entry.value, at: path, isExpanding: isExpanding) else {
                    continue
                }
                members.append((entry.key, value))
            }
            return members.count == entries.count ? .object(JSONObject(members)) : nil
        case .scalar(let scalar):
            switch scalar.meaning {
            case .null: return .null
            case .bool(let bool): return .bool(bool)
            case .number(let number): return .number(number)
            case .string:
                guard isExpanding else { return .string(scalar.text) }
                return reader.expand(scalar.text, at: place).map { .string($0.text) }
            case .unclear:
                if isExpanding {
                    reader.add(
                        place.problem(
                            "“\(scalar.text)” is one thing to some readers of YAML and another "
                                + "to others",
                            "Put it in quotes if it is a text; otherwise write true, false or a "
                                + "decimal number."))
                }
                return nil
            }
        }
    }
}

/// Rules found so far, none of which may share its name with another.
struct RuleCollection {
    private(set) var rules: [Rule] = []
    /// Where the rule of each name stands.
    private var places: [ByteKey: String] = [:]

    init(_ rules: [Rule] = []) {
        for rule in rules {
            if case .file(let file) = rule.origin { places[ByteKey(rule.name)] = file }
        }
    }

    /// Adds a rule, or reports the second of two of one name.
    mutating func add(_ rule: Rule, from place: Place, _ reader: SettingReader) {
        if let first = places[ByteKey(rule.name)] {
            reader.add(
                place.problem(
                    "the name “\(rule.name)” is taken by the rule at \(first)",
                    "Give one of them another name."))
            return
        }
        places[ByteKey(rule.name)] = [place.file, place.line.map(String.init)].compactMap { $0 }
            .joined(separator: ":")
        rules.append(rule)
    }
}
