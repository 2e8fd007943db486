import Domain
import Signing
import StrictJSON

/// The members of a body that asks for something, each read once and by name.
struct RequestBody {
    let object: JSONObject
    /// What is said of each refusal: every member that is known.
    private let remedy: String
    /// Where the object stands in the whole body.
    private let place: [String]

    /// - Parameters:
    ///   - body: One strict JSON object; no bytes at all are one without members.
    ///   - keys: The members that are known; any other is refused.
    init(
        _ body: [UInt8], keys: [String], limits: JSONLimits = JSONLimits()
    ) throws(AdministrationError) {
        place = []
        remedy = "Members: " + keys.joined(separator: ", ") + "."
        guard !body.isEmpty else {
            object = [:]
            return
        }
        let json: JSONValue
        do { json = try JSONValue(parsing: body, limits: limits) } catch {
            throw AdministrationError(error)
        }
        guard case .object(let object) = json else {
            throw AdministrationError(
                .requestInvalid, "one object is wanted, not \(json.kind)", pointer: .root,
                remedy: remedy)
        }
        self.object = object
        for key in object.keys where !keys.contains(where: { $0.hasSameBytes(as: key) }) {
            throw refusal("there is no member of this name", at: key)
        }
        for member in object.members where member.value.isNull {
            throw refusal("null says nothing; leave the member out", at: member.key)
        }
    }

    /// An object below; members that nobody asks for are left alone.
    init(_ object: JSONObject, at place: [String], remedy: String) {
        self.object = object
        self.place = place
        self.remedy = remedy
    }

    subscript(key: String) -> JSONValue? { object[key] }

    func refusal(_ detail: String, at key: String) -> AdministrationError {
        AdministrationError(
            .requestInvalid, detail, pointer: JSONPointer(tokens: place + [key]),
            remedy: remedy)
    }

    /// Characters of a text, as Unicode scalars: what a JSON Schema counts.
    private static let textMax = 256

    /// A text of 1 to 256 characters, none of them a control character.
    func text(_ key: String) throws(AdministrationError) -> String? {
        guard let value = self[key] else { return nil }
        guard let text = value.string else {
            throw refusal("a text is wanted, not \(value.kind)", at: key)
        }
        guard (1...Self.textMax).contains(text.unicodeScalars.count),
            text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
        else {
            throw refusal(
                "a text of 1 to \(Self.textMax) characters without control characters is wanted",
                at: key)
        }
        return text
    }

    /// As ``text(_:)``, or a whole number by its digits: platforms write ids either way.
    func id(_ key: String) throws(AdministrationError) -> String? {
        guard case .number(let number) = self[key] else { return try text(key) }
        guard let id = JSONValue.number(number).exactID else {
            throw refusal("an id is a text, or a whole number", at: key)
        }
        return id
    }

    func bool(_ key: String) throws(AdministrationError) -> Bool? {
        guard let value = self[key] else { return nil }
        guard let bool = value.bool else {
            throw refusal("true or false is wanted, not \(value.kind)", at: key)
        }
        return bool
    }

    func number(
        _ key: String, in range: ClosedRange<Int>
    ) throws(AdministrationError) -> Int? {
        guard let value = self[key] else { return nil }
        guard case .number(let number) = value, let whole = number.whole,
            let small = Int(exactly: whole), range.contains(small)
        else {
            throw refusal(
                "a whole number from \(range.lowerBound) to \(range.upperBound) is wanted",
                at: key)
        }
        return small
    }

    /// A moment, or how long ago: `2026-03-18T08:30:15Z`, `2h`.
    func moment(_ key: String, before now: Timestamp) throws(AdministrationError) -> Timestamp? {
        guard let value = self[key] else { return nil }
        guard let text = value.string else {
            throw refusal("a time is wanted, not \(value.kind)", at: key)
        }
        guard let moment = Timestamp(written: text, now: now) else {
            throw refusal(
                "this is neither a time, as in 2026-03-18T08:30:15Z, nor an age, as in 2h",
                at: key)
        }
        return moment
    }

    /// Words, each once.
    func words(_ key: String, max: Int) throws(AdministrationError) -> [String]? {
        guard let value = self[key] else { return nil }
        guard case .array(let list) = value, list.count <= max else {
            throw refusal("a list of at most \(max) names is wanted", at: key)
        }
        var words: [String] = []
        for one in list {
            guard let word = one.string, !words.contains(where: { $0.hasSameBytes(as: word) })
            else { throw refusal("names are wanted, each once", at: key) }
            words.append(word)
        }
        return words
    }

    /// `{"type", "id", "name"?, "workspace_id"?, "version"?}`; other members say nothing to us.
    func entity(_ key: String) throws(AdministrationError) -> EntityReference? {
        guard let value = self[key] else { return nil }
        guard case .object(let object) = value else {
            throw refusal("an entity is an object, not \(value.kind)", at: key)
        }
        let entity = RequestBody(
            object, at: place + [key],
            remedy: "An entity has `type`, a text, and `id`, and may have `name`, a text, "
                + "`workspace_id` and `version`; ids and versions are texts or whole numbers.")
        guard let type = try entity.text("type") else {
            throw entity.refusal("this is missing", at: "type")
        }
        guard let id = try entity.id("id") else {
            throw entity.refusal("this is missing", at: "id")
        }
        if let name = entity["name"], name.string == nil {
            throw entity.refusal("a text is wanted, not \(name.kind)", at: "name")
        }
        return EntityReference(
            type: type, id: id, name: entity["name"]?.storableText,
            workspaceID: try entity.id("workspace_id"), version: try entity.id("version"))
    }
}

extension JSONNumber {
    /// A whole number however it is written: `7`, `7.0`, `70e-1`; up to 2^53 in the last two forms.
    var whole: Int64? { int64 ?? double.flatMap { Int64(exactly: $0) } }
}
