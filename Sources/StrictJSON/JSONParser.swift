extension JSONValue {
    /// Reads exactly one JSON value with nothing but white space around it.
    ///
    /// RFC 8259 to the letter, and stricter where it leaves room: UTF-8 only, no byte order mark,
    /// no doubled key (compared byte for byte after escapes are resolved), no lone surrogate, and
    /// nothing beyond `limits`. Time is linear in the size of the text.
    ///
    /// - Parameters:
    ///   - bytes: The document, UTF-8.
    ///   - limits: What it may hold at most.
    package init(parsing bytes: [UInt8], limits: JSONLimits = .intake) throws(JSONRefusal) {
        self = try bytes.withUnsafeBufferPointer { (buffer) throws(JSONRefusal) -> JSONValue in
            var parser = JSONParser(bytes: buffer, limits: limits)
            return try parser.document()
        }
    }

    /// Reads a document that is already text; see `init(parsing:limits:)` for bytes.
    package init(parsing text: String, limits: JSONLimits = .intake) throws(JSONRefusal) {
        try self.init(parsing: Array(text.utf8), limits: limits)
    }
}

/// One pass over the bytes with an explicit stack, so that depth costs memory and not call frames.
struct JSONParser {
    let bytes: UnsafeBufferPointer<UInt8>
    let limits: JSONLimits
    var position = 0
    private var values = 0
    private var open: [Container] = []

    init(bytes: UnsafeBufferPointer<UInt8>, limits: JSONLimits) {
        self.bytes = bytes
        self.limits = limits
        open.reserveCapacity(8)
    }

    /// A list or an object whose end has not come yet.
    private struct Container {
        let isObject: Bool
        var elements: [JSONValue] = []
        var members: [JSONObject.Member] = []
        /// The key whose value comes next.
        var key = ""
        /// The keys so far, once they are too many to be compared one by one.
        var seen: Set<ByteKey> = []

        /// Up to this many keys, comparing each with each is cheaper than hashing.
        static let comparedMax = 8

        /// Takes the next key; `false` when the object has it already.
        mutating func take(_ key: String) -> Bool {
            self.key = key
            if members.count < Self.comparedMax {
                return !members.contains { $0.key.hasSameBytes(as: key) }
            }
            if seen.isEmpty { seen = Set(members.map { ByteKey($0.key) }) }
            return seen.insert(ByteKey(key)).inserted
        }

        mutating func append(_ value: JSONValue) {
            if isObject {
                members.append(JSONObject.Member(key: key, value: value))
            } else {
                elements.append(value)
            }
        }

        var value: JSONValue {
            isObject ? .object(JSONObject(checked: members)) : .array(elements)
        }
    }

    mutating func document() throws(JSONRefusal) -> JSONValue {
        guard bytes.count <= limits.bytesMax else {
            throw refusal(
                .tooLarge, at: limits.bytesMax,
                "the document has \(bytes.count) bytes; at most \(limits.bytesMax) are accepted")
        }
        try refuseOtherEncodings()
        skipSpace()
        while true {
            guard var value = try openOrScalar() else { continue }
            // A value is complete: it joins its container, which may be complete with it.
            repeat {
                guard !open.isEmpty else {
                    try end()
                    return value
                }
                open[open.count - 1].append(value)
                guard let complete = try closeOrNext() else { break }
                value = complete
            } while true
        }
    }

    /// Reads a scalar or an empty container whole, or enters a container and returns `nil`.
    private mutating func openOrScalar() throws(JSONRefusal) -> JSONValue? {
        values += 1
        guard values <= limits.valuesMax else {
            throw refusal(
                .tooManyValues, "there are more than \(limits.valuesMax) values, the limit")
        }
        switch byte {
        case UInt8(ascii: "{"):
            try enter(isObject: true)
            if byte == UInt8(ascii: "}") { return leave() }
            try key()
            return nil
        case UInt8(ascii: "["):
            try enter(isObject: false)
            if byte == UInt8(ascii: "]") { return leave() }
            return nil
        case UInt8(ascii: "\""):
            return .string(try string())
        case UInt8(ascii: "-"), .some(UInt8(ascii: "0")...UInt8(ascii: "9")):
            return .number(try number())
        case UInt8(ascii: "t"):
            return try word("true", .bool(true))
        case UInt8(ascii: "f"):
            return try word("false", .bool(false))
        case UInt8(ascii: "n"):
            return try word("null", .null)
        default:
            throw unexpected(
                "a value must stand here: an object, a list, a string in double "
                    + "quotes, a number, true, false or null")
        }
    }

    /// After a value in a container: its end, which completes it, or a separator and `nil`.
    private mutating func closeOrNext() throws(JSONRefusal) -> JSONValue? {
        let isObject = open[open.count - 1].isObject
        skipSpace()
        switch byte {
        case UInt8(ascii: isObject ? "}" : "]"):
            return leave()
        case UInt8(ascii: ","):
            position += 1
            skipSpace()
            if isObject { try key() }
            return nil
        default:
            throw unexpected("`,` or `\(isObject ? "}" : "]")` must stand here")
        }
    }

    private mutating func enter(isObject: Bool) throws(JSONRefusal) {
        guard open.count < limits.depthMax else {
            throw refusal(
                .tooDeep, "objects and lists are nested deeper than \(limits.depthMax), the limit")
        }
        open.append(Container(isObject: isObject))
        position += 1
        skipSpace()
    }

    private mutating func leave() -> JSONValue {
        position += 1
        return open.removeLast().value
    }

    /// Reads a key and its colon, up to the value.
    private mutating func key() throws(JSONRefusal) {
        guard byte == UInt8(ascii: "\"") else {
            throw unexpected("a member must stand here: its name in double quotes, `:`, its value")
        }
        let start = position
        let key = try string()
        guard open[open.count - 1].take(key) else {
            throw refusal(
                .doubledKey, at: start,
                "the object has a member of this name already; each name may stand once")
        }
        skipSpace()
        guard byte == UInt8(ascii: ":") else {
            throw unexpected("`:` must follow the name of a member")
        }
        position += 1
        skipSpace()
    }

    private mutating func number() throws(JSONRefusal) -> JSONNumber {
        switch NumberGrammar.scan(bytes, from: position) {
        case .end(let end):
            guard end - position <= limits.numberBytesMax else {
                throw refusal(
                    .numberTooLong,
                    "the number is longer than \(limits.numberBytesMax) "
                        + "characters, the limit; a longer one can be sent as a string")
            }
            let text = String(decoding: bytes[position..<end], as: UTF8.self)
            position = end
            return JSONNumber(checked: text)
        case .digitMissing(let place):
            position = place
            throw unexpected("a digit must stand here")
        case .leadingZero(let place):
            throw refusal(
                .syntax, at: place, "a number does not start with a zero it can do without")
        }
    }

    private mutating func word(
        _ word: StaticString, _ value: JSONValue
    ) throws(JSONRefusal) -> JSONValue {
        for index in 0..<word.utf8CodeUnitCount {
            guard byte == word.utf8Start[index] else {
                throw unexpected("the only words are true, false and null, in small letters")
            }
            position += 1
        }
        return value
    }

    private mutating func end() throws(JSONRefusal) {
        skipSpace()
        guard position == bytes.count else {
            throw refusal(.trailingBytes, "the value has ended; only white space may follow it")
        }
    }

    private mutating func skipSpace() {
        while let byte, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
            position += 1
        }
    }

    /// The byte that comes next, or `nil` at the end.
    var byte: UInt8? { position < bytes.count ? bytes[position] : nil }
}
