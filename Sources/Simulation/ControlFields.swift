import Domain
import StrictJSON

/// Why a control request is refused, and where.
package struct ControlRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// A JSON pointer into the body, or a line and a column where it is no JSON.
    package let place: String
    package let detail: String

    package init(_ place: String, _ detail: String) {
        self.place = place
        self.detail = detail
    }

    package var description: String { place.isEmpty ? detail : "\(place): \(detail)" }
}

/// The members of an object that a person wrote, read one by one and none overlooked.
struct ControlFields {
    let object: JSONObject
    /// Pointer to the object; empty for the whole body.
    let place: String

    init(_ object: JSONObject, at place: String = "") {
        self.object = object
        self.place = place
    }

    init(_ value: JSONValue, at place: String) throws(ControlRefusal) {
        guard let object = value.object else {
            throw ControlRefusal(place, "expected an object, found \(value.kind)")
        }
        self.init(object, at: place)
    }

    /// Refuses every member that is not named.
    func allowOnly(_ keys: String...) throws(ControlRefusal) {
        for key in object.keys where !keys.contains(where: { $0.hasSameBytes(as: key) }) {
            throw ControlRefusal(
                pointer(key), "not known here; known are \(keys.joined(separator: ", "))")
        }
    }

    func pointer(_ key: String) -> String {
        place + JSONPointer(tokens: [key]).description
    }

    /// `nil` for an absent member and for `null`.
    func value(_ key: String) -> JSONValue? {
        guard let value = object[key], !value.isNull else { return nil }
        return .some(value)
    }

    func text(_ key: String) throws(ControlRefusal) -> String? {
        guard let value = value(key) else { return nil }
        guard let text = value.string else { throw wrong(key, "text", value) }
        return text
    }

    /// An id: text that is not empty.
    func required(_ key: String) throws(ControlRefusal) -> String {
        guard let text = try text(key), !text.isEmpty else {
            throw ControlRefusal(pointer(key), "expected text that is not empty")
        }
        return text
    }

    func flag(_ key: String) throws(ControlRefusal) -> Bool? {
        guard let value = value(key) else { return nil }
        guard let flag = value.bool else { throw wrong(key, "true or false", value) }
        return flag
    }

    func integer(_ key: String, in range: ClosedRange<Int64>) throws(ControlRefusal) -> Int64? {
        guard let value = value(key) else { return nil }
        guard let integer = value.number?.int64, range.contains(integer) else {
            throw wrong(
                key, "a whole number from \(range.lowerBound) to \(range.upperBound)", value)
        }
        return integer
    }

    /// A number from 0 to 1.
    func chance(_ key: String) throws(ControlRefusal) -> Double? {
        guard let value = value(key) else { return nil }
        guard let chance = value.number?.double, (0...1).contains(chance) else {
            throw wrong(key, "a number from 0 to 1", value)
        }
        return chance
    }

    func choice<Choice: RawRepresentable<String>>(
        _ key: String, of known: [Choice]
    ) throws(ControlRefusal) -> Choice? {
        guard let value = value(key) else { return nil }
        guard let text = value.text,
            let choice = known.first(where: { $0.rawValue.hasSameBytes(as: text) })
        else {
            let names = known.map(\.rawValue).joined(separator: ", ")
            throw ControlRefusal(pointer(key), "expected one of \(names)")
        }
        return choice
    }

    /// Reads each element of a list; `nil` where there is none.
    func list<Element>(
        _ key: String, _ read: (JSONValue, String) throws(ControlRefusal) -> Element
    ) throws(ControlRefusal) -> [Element]? {
        guard let value = value(key) else { return nil }
        guard let values = value.array else { throw wrong(key, "a list", value) }
        var elements: [Element] = []
        for (index, value) in values.enumerated() {
            elements.append(try read(value, pointer(key) + "/\(index)"))
        }
        return elements
    }

    /// A list of texts.
    func texts(_ key: String) throws(ControlRefusal) -> [String]? {
        try list(key) { (value, place) throws(ControlRefusal) in
            guard let text = value.string else {
                throw ControlRefusal(place, "expected text, found \(value.kind)")
            }
            return text
        }
    }

    private func wrong(_ key: String, _ wanted: String, _ value: JSONValue) -> ControlRefusal {
        ControlRefusal(pointer(key), "expected \(wanted), found \(value.kind)")
    }
}

/// Refuses ids that occur twice: which of the two is meant would be anybody's guess.
func refuseDoubled(_ ids: [String], at place: String) throws(ControlRefusal) {
    var seen: Set<Identifier<ControlFields>> = []
    for (index, id) in ids.enumerated() where !seen.insert(Identifier(rawValue: id)).inserted {
        throw ControlRefusal("\(place)/\(index)", "this id is there already")
    }
}
