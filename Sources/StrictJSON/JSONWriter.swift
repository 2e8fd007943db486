/// Writes JSON piece by piece, for documents that embed bytes that are JSON already.
///
/// Commas and colons come by themselves. Whether what is begun is also ended, and whether each
/// value of an object has its key, is up to the caller.
package struct JSONWriter: Sendable {
    /// What is written so far, UTF-8, without white space.
    package private(set) var bytes: [UInt8] = []
    private var needsComma = false

    package init(capacity: Int = 0) { bytes.reserveCapacity(capacity) }

    package mutating func beginObject() { begin(UInt8(ascii: "{")) }
    package mutating func endObject() { end(UInt8(ascii: "}")) }
    package mutating func beginArray() { begin(UInt8(ascii: "[")) }
    package mutating func endArray() { end(UInt8(ascii: "]")) }

    /// Writes the name of the member whose value comes next.
    package mutating func key(_ key: String) {
        separate()
        write(key)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    package mutating func value(_ value: JSONValue) {
        switch value {
        case .null: raw("null".utf8)
        case .bool(let bool): raw((bool ? "true" : "false").utf8)
        case .number(let number): raw(number.text.utf8)
        case .string(let string):
            separate()
            write(string)
        case .array(let elements):
            beginArray()
            for element in elements { self.value(element) }
            endArray()
        case .object(let object):
            beginObject()
            for member in object.members {
                key(member.key)
                self.value(member.value)
            }
            endObject()
        }
    }

    /// Writes a member whole.
    package mutating func member(_ key: String, _ value: JSONValue) {
        self.key(key)
        self.value(value)
    }

    /// Writes bytes that are one JSON value already, exactly as they are.
    package mutating func raw(_ json: some Sequence<UInt8>) {
        separate()
        bytes.append(contentsOf: json)
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    private mutating func begin(_ bracket: UInt8) {
        separate()
        bytes.append(bracket)
        needsComma = false
    }

    private mutating func end(_ bracket: UInt8) {
        bytes.append(bracket)
        needsComma = true
    }

    private mutating func write(_ string: String) {
        bytes.append(UInt8(ascii: "\""))
        var string = string
        string.withUTF8 { text in
            if text.contains(where: JSONEscape.isNeeded(for:)) {
                for byte in text { JSONEscape.append(byte, to: &bytes) }
            } else {
                bytes.append(contentsOf: text)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}

/// What a string's bytes look like between its quotes.
enum JSONEscape {
    static func isNeeded(for byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private static let digits = Array("0123456789abcdef".utf8)

    /// Appends one byte of UTF-8, escaped where RFC 8259 section 7 demands it and nowhere else.
    static func append(_ byte: UInt8, to bytes: inout [UInt8]) {
        let short: Unicode.Scalar
        switch byte {
        case UInt8(ascii: "\""): short = "\""
        case UInt8(ascii: "\\"): short = "\\"
        case 0x08: short = "b"
        case 0x0C: short = "f"
        case 0x0A: short = "n"
        case 0x0D: short = "r"
        case 0x09: short = "t"
        case 0..<0x20: return appendUnit(UInt16(byte), to: &bytes)
        default: return bytes.append(byte)
        }
        bytes += [UInt8(ascii: "\\"), UInt8(ascii: short)]
    }

    /// Appends `\uXXXX`.
    static func appendUnit(_ unit: UInt16, to bytes: inout [UInt8]) {
        bytes += [UInt8(ascii: "\\"), UInt8(ascii: "u")]
        for shift in [12, 8, 4, 0] { bytes.append(digits[Int(unit >> shift & 0xF)]) }
    }
}
