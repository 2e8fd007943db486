/// The members of a JSON object in the order in which they were received.
///
/// Keys are compared by their UTF-8 bytes, so a composed and a decomposed `é` are two keys.
/// Lookup walks the members: objects of events and configurations are small, and a comparison
/// that fails on the length costs next to nothing.
package struct JSONObject: Sendable {
    /// One member; a struct and not a pair, so that objects can be `Hashable`.
    package struct Member: Sendable {
        package let key: String
        package var value: JSONValue

        package init(key: String, value: JSONValue) {
            self.key = key
            self.value = value
        }
    }

    /// In order; no key twice.
    package private(set) var members: [Member]

    /// An object of the given members; when a key comes twice, the last value wins and takes the
    /// place of the first.
    ///
    /// This is for objects that we build. What comes from outside comes through the parser, which
    /// refuses a doubled key.
    package init(_ pairs: some Sequence<(String, JSONValue)> = []) {
        members = []
        var places: [ByteKey: Int] = [:]
        for (key, value) in pairs {
            if let place = places[ByteKey(key)] {
                members[place].value = value
            } else {
                places[ByteKey(key)] = members.count
                members.append(Member(key: key, value: value))
            }
        }
    }

    /// Wraps members whose keys are already known to differ.
    init(checked members: [Member]) { self.members = members }

    package var isEmpty: Bool { members.isEmpty }
    package var count: Int { members.count }
    package var keys: [String] { members.map(\.key) }

    /// The value of the member called `key`; setting `nil` takes the member away, setting a new
    /// key appends it.
    package subscript(key: String) -> JSONValue? {
        get { place(of: key).map { members[$0].value } }
        set {
            switch (place(of: key), newValue) {
            case (let place?, let value?): members[place].value = value
            case (let place?, nil): members.remove(at: place)
            case (nil, let value?): members.append(Member(key: key, value: value))
            case (nil, nil): break
            }
        }
    }

    private func place(of key: String) -> Int? {
        members.firstIndex { $0.key.hasSameBytes(as: key) }
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (String, JSONValue)...) { self.init(elements) }
}

extension JSONObject.Member: Hashable {
    package static func == (left: Self, right: Self) -> Bool {
        left.key.hasSameBytes(as: right.key) && left.value == right.value
    }

    package func hash(into hasher: inout Hasher) {
        key.hashBytes(into: &hasher)
        hasher.combine(value)
    }
}

extension JSONObject: Hashable {
    /// The same members in the same order.
    package static func == (left: JSONObject, right: JSONObject) -> Bool {
        left.members == right.members
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(members) }
}

/// A string that is equal to another only when their UTF-8 bytes are.
///
/// The hash is Swift's seeded one over the bytes, so a sender cannot choose keys that collide.
package struct ByteKey: Hashable, Sendable {
    package let text: String

    package init(_ text: String) { self.text = text }

    package static func == (left: ByteKey, right: ByteKey) -> Bool {
        left.text.hasSameBytes(as: right.text)
    }

    package func hash(into hasher: inout Hasher) { text.hashBytes(into: &hasher) }
}

extension String {
    /// Whether both have the same UTF-8 bytes; `==` would follow canonical equivalence.
    package func hasSameBytes(as other: String) -> Bool {
        let (left, right) = (utf8.span, other.utf8.span)
        guard left.count == right.count else { return false }
        for index in left.indices where left[unchecked: index] != right[unchecked: index] {
            return false
        }
        return true
    }

    package func hashBytes(into hasher: inout Hasher) {
        hasher.combine(utf8.count)
        utf8.span.withUnsafeBytes { hasher.combine(bytes: $0) }
    }
}
