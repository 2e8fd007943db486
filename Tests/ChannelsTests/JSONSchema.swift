import StrictJSON

/// As much of JSON Schema 2020-12 as the shared schemas use; anything else is a failed check.
struct JSONSchema {
    let schema: JSONValue

    /// What is wrong with the value, by places; empty where it fits.
    func faults(_ value: JSONValue) -> [String] { faults(value, schema, "$") }

    private static let keywords: Set<String> = [
        "$schema", "additionalProperties", "allOf", "anyOf", "const", "dependentRequired", "enum",
        "if", "items", "maxItems", "maxLength", "maximum", "minItems", "minLength",
        "minProperties", "minimum", "oneOf", "pattern", "properties", "propertyNames", "required",
        "then", "type",
    ]

    private func faults(_ value: JSONValue, _ schema: JSONValue, _ place: String) -> [String] {
        if let bool = schema.bool { return bool ? [] : ["\(place): nothing may stand here"] }
        guard let rules = schema.object else { return ["\(place): no schema"] }
        var faults = rules.keys.filter { !Self.keywords.contains($0) }.map {
            "\(place): the keyword \($0) is not known here"
        }
        func number(_ key: String) -> Int64? { rules[key]?.number?.int64 }
        func need(_ isMet: Bool, _ what: String) {
            if !isMet { faults.append("\(place): \(what)") }
        }
        if let type = rules["type"] {
            let names = type.array?.compactMap(\.string) ?? [type.string ?? ""]
            need(names.contains { isOf($0, value) }, "is no \(names.joined(separator: ", "))")
        }
        if let const = rules["const"] { need(value == const, "is not \(const)") }
        if let words = rules["enum"]?.array { need(words.contains(value), "is none of \(words)") }
        if let text = value.string {
            let length = Int64(text.unicodeScalars.count)
            if let max = number("maxLength") { need(length <= max, "is longer than \(max)") }
            if let min = number("minLength") { need(length >= min, "is shorter than \(min)") }
            if let pattern = rules["pattern"]?.string {
                let isMet = (try? Regex(pattern)).map { text.firstMatch(of: $0) != nil } ?? false
                need(isMet, "does not match \(pattern)")
            }
        }
        if let amount = value.number?.double {
            if let max = rules["maximum"]?.number?.double { need(amount <= max, "above \(max)") }
            if let min = rules["minimum"]?.number?.double { need(amount >= min, "below \(min)") }
        }
        if let elements = value.array {
            let count = Int64(elements.count)
            if let max = number("maxItems") { need(count <= max, "more than \(max) elements") }
            if let min = number("minItems") { need(count >= min, "fewer than \(min) elements") }
            if let items = rules["items"] {
                for (index, element) in elements.enumerated() {
                    faults += self.faults(element, items, "\(place)[\(index)]")
                }
            }
        }
        if let object = value.object { faults += ofObject(object, rules, place) }
        return faults + ofCombinations(value, rules, place)
    }

    private func ofObject(
        _ object: JSONObject, _ rules: JSONObject, _ place: String
    ) -> [String] {
        var faults: [String] = []
        for name in rules["required"]?.array?.compactMap(\.string) ?? [] where object[name] == nil {
            faults.append("\(place): \(name) is missing")
        }
        if let min = rules["minProperties"]?.number?.int64, object.count < min {
            faults.append("\(place): fewer than \(min) members")
        }
        for rule in rules["dependentRequired"]?.object?.members ?? []
        where object[rule.key] != nil {
            for name in rule.value.array?.compactMap(\.string) ?? [] where object[name] == nil {
                faults.append("\(place): \(rule.key) without \(name)")
            }
        }
        for member in object.members {
            let below = "\(place).\(member.key)"
            if let names = rules["propertyNames"] {
                faults += self.faults(.string(member.key), names, below)
            }
            if let property = rules["properties"]?[member.key] {
                faults += self.faults(member.value, property, below)
            } else if let others = rules["additionalProperties"] {
                faults += self.faults(member.value, others, below)
            }
        }
        return faults
    }

    private func ofCombinations(
        _ value: JSONValue, _ rules: JSONObject, _ place: String
    ) -> [String] {
        func fits(_ schema: JSONValue) -> Bool { self.faults(value, schema, place).isEmpty }
        var faults: [String] = []
        for part in rules["allOf"]?.array ?? [] { faults += self.faults(value, part, place) }
        if let any = rules["anyOf"]?.array, !any.contains(where: fits) {
            faults.append("\(place): fits none of anyOf")
        }
        if let one = rules["oneOf"]?.array, one.count(where: fits) != 1 {
            faults.append("\(place): fits \(one.count(where: fits)) of oneOf")
        }
        if let condition = rules["if"], fits(condition), let then = rules["then"] {
            faults += self.faults(value, then, place)
        }
        return faults
    }

    private func isOf(_ type: String, _ value: JSONValue) -> Bool {
        switch type {
        case "object": value.object != nil
        case "array": value.array != nil
        case "string": value.string != nil
        case "boolean": value.bool != nil
        case "null": value.isNull
        case "number": value.number != nil
        case "integer": value.number?.int64 != nil
        default: false
        }
    }
}
