import StrictJSON

/// What becomes of one rule, and of which of its fields.
struct RuleDifference: Hashable, Sendable {
    enum Kind: String, Hashable, Sendable {
        case created, changed, deleted
    }

    let name: String
    let kind: Kind
    let fields: [FieldDifference]

    var json: JSONValue {
        [
            "name": .string(name), "change": .string(kind.rawValue),
            "fields": .array(fields.map(\.json)),
        ]
    }

    /// `nil` where both say the same.
    init?(_ name: String, from before: JSONValue?, to after: JSONValue?) {
        self.name = name
        switch (before, after) {
        case (nil, nil): return nil
        case (nil, _): kind = .created
        case (_, nil): kind = .deleted
        case (let before?, let after?):
            guard before != after else { return nil }
            kind = .changed
        }
        fields =
            kind == .changed ? FieldDifference.between(before ?? .null, after ?? .null) : []
    }
}

/// One place in a definition where two forms of it differ.
struct FieldDifference: Hashable, Sendable {
    let pointer: JSONPointer
    /// `nil` where the place is new.
    let before: JSONValue?
    /// `nil` where the place is gone.
    let after: JSONValue?

    /// Absent and `null` are told apart: one member is not there.
    var json: JSONValue {
        var object: JSONObject = ["pointer": .string(pointer.description)]
        if let before { object["before"] = before }
        if let after { object["after"] = after }
        return .object(object)
    }

    /// The smallest places that differ, in the order of `before`, what is new behind it.
    static func between(
        _ before: JSONValue, _ after: JSONValue, at pointer: JSONPointer = .root
    ) -> [FieldDifference] {
        switch (before, after) {
        case (.object(let left), .object(let right)):
            let keys = left.keys + right.keys.filter { left[$0] == nil }
            return keys.flatMap { key in
                between(left[key], right[key], at: pointer.appending(key))
            }
        case (.array(let left), .array(let right)):
            return (0..<max(left.count, right.count)).flatMap { place in
                between(
                    place < left.count ? left[place] : nil,
                    place < right.count ? right[place] : nil, at: pointer.appending(place))
            }
        default:
            return before == after
                ? [] : [FieldDifference(pointer: pointer, before: before, after: after)]
        }
    }

    private static func between(
        _ before: JSONValue?, _ after: JSONValue?, at pointer: JSONPointer
    ) -> [FieldDifference] {
        guard let before, let after else {
            return [FieldDifference(pointer: pointer, before: before, after: after)]
        }
        return between(before, after, at: pointer)
    }
}
