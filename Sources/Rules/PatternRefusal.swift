import Domain
package import StrictJSON

/// Why a pattern is not accepted: where, what is wrong, and what to write instead.
package struct PatternRefusal: Error, Hashable, Sendable {
    /// The place in the pattern.
    package let pointer: JSONPointer
    /// The operator concerned, where there is one: `numeric`.
    package let operatorName: String?
    /// What is wrong, one sentence without a full stop.
    package let what: String
    /// What would be accepted, one or two sentences, and the correction where it is short.
    package let remedy: String
    /// What was probably meant; where there is one, it is accepted in its place.
    package let correction: PatternCorrection?

    init(
        pointer: JSONPointer, operatorName: String?, what: String, advice: String,
        correction: PatternCorrection? = nil
    ) {
        self.pointer = pointer
        self.operatorName = operatorName
        self.what = what
        let snippet = correction?.snippet.map { "Write instead: \($0)" }
        remedy = [advice, snippet ?? ""].filter { !$0.isEmpty }.joined(separator: " ")
        self.correction = correction
    }
}

extension PatternRefusal: CustomStringConvertible {
    /// Two lines: what is wrong and where, then what to do.
    package var description: String {
        let place = pointer == .root ? "the pattern" : "\(pointer)"
        let name = operatorName.map { " (\($0))" } ?? ""
        return "\(place)\(name): \(what)".onOneLine + "\n" + remedy.onOneLine
    }
}

/// What to write in one place of a pattern.
package struct PatternCorrection: Hashable, Sendable {
    /// A field, or the root.
    package let pointer: JSONPointer
    package let value: JSONValue

    /// A longer correction is no help in a message.
    static let snippetMax = 160

    /// The correction as it could be pasted, with the field's name in front; `nil` when it is long.
    var snippet: String? {
        var text = pointer.tokens.last.map { "\(JSONValue.string($0).spaced): " } ?? ""
        text += value.spaced
        return text.unicodeScalars.count <= Self.snippetMax ? text : nil
    }

    /// The pattern with this in its place.
    package func applied(to pattern: JSONValue) -> JSONValue {
        Self.replacing(pointer.tokens[...], in: pattern, by: value)
    }

    private static func replacing(
        _ tokens: ArraySlice<String>, in json: JSONValue, by value: JSONValue
    ) -> JSONValue {
        guard let token = tokens.first else { return value }
        let rest = tokens.dropFirst()
        switch json {
        case .object(var object):
            object[token] = object[token].map { replacing(rest, in: $0, by: value) }
            return .object(object)
        case .array(var list):
            guard let index = JSONPointer.index(token), list.indices.contains(index) else {
                return json
            }
            list[index] = replacing(rest, in: list[index], by: value)
            return .array(list)
        default:
            return json
        }
    }
}

extension JSONValue {
    /// An object of one member, as operators are written.
    static func test(_ name: String, _ operand: JSONValue) -> JSONValue {
        .object(JSONObject([(name, operand)]))
    }

    /// The value as a refusal repeats it: compact, at most 60 characters.
    var excerpt: String {
        let text = visible
        return text.unicodeScalars.count <= 60
            ? text : String(String.UnicodeScalarView(text.unicodeScalars.prefix(57))) + "..."
    }

    /// On one line as people write it, a blank behind each comma and colon.
    var spaced: String {
        switch self {
        case .array(let list):
            "[" + list.map(\.spaced).joined(separator: ", ") + "]"
        case .object(let object):
            "{"
                + object.members.map { "\(JSONValue.string($0.key).spaced): \($0.value.spaced)" }
                .joined(separator: ", ") + "}"
        default: visible
        }
    }

    /// As JSON in which nothing is invisible: `\u200b` for what would steer a line.
    private var visible: String {
        let text = String(decoding: bytes(), as: UTF8.self)
        guard text.unicodeScalars.contains(where: \.steersText) else { return text }
        return text.unicodeScalars.map { scalar in
            guard scalar.steersText else { return String(scalar) }
            return String(scalar).utf16.map { unit in
                let digits = String(unit, radix: 16)
                return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }.joined()
        }.joined()
    }
}
