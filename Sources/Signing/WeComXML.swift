import StrictJSON

/// The small XML of WeCom's callbacks, read into the object that rules can match.
///
/// One element holds all, and elements in it hold text or further elements:
/// `<xml><MsgId>1</MsgId><Item><A>x</A></Item></xml>` becomes `{"MsgId":"1","Item":{"A":"x"}}`.
/// Elements of one name side by side become a list. Text is text, digits included.
///
/// Nothing else of XML 1.0 is understood, and what is not understood is refused: no attributes, no
/// document type and so no entities but the five and numbers, no comments, no processing
/// instructions but the declaration at the start, no text beside elements.
struct WeComXML {
    static let depthMax = 8
    static let elementsMax = 2_000
    /// Bytes of a name.
    static let nameMax = 64

    private let bytes: [UInt8]
    private var place = 0
    private var elements = 0

    /// Whether the first byte that is no blank opens an element.
    static func looksLikeIt(_ bytes: [UInt8]) -> Bool {
        bytes.first { !isBlank($0) } == UInt8(ascii: "<")
    }

    /// The members of the outermost element, which must be called `xml`.
    ///
    /// - Throws: `malformedBody`.
    static func read(_ bytes: [UInt8]) throws(VerificationRefusal) -> JSONObject {
        var reader = WeComXML(bytes: bytes)
        reader.skipBlanks()
        if reader.take("<?xml ") { try reader.skipDeclaration() }
        reader.skipBlanks()
        let (name, content) = try reader.element(depth: 1)
        reader.skipBlanks()
        guard reader.place == bytes.count else { throw reader.refusal("something behind its end") }
        guard name == "xml" else { throw reader.refusal("an outermost element that is not xml") }
        switch content {
        case .object(let object): return object
        case .string(let text) where text.utf8.allSatisfy(isBlank): return [:]
        default: throw reader.refusal("text in the outermost element")
        }
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }
}

// MARK: - Elements

extension WeComXML {
    /// An element from its `<` to behind its end.
    private mutating func element(
        depth: Int
    ) throws(VerificationRefusal) -> (name: String, content: JSONValue) {
        elements += 1
        guard depth <= Self.depthMax, elements <= Self.elementsMax else {
            throw refusal("too many elements, or too deep ones")
        }
        guard take("<") else { throw refusal("no element where one should be") }
        let name = try name()
        skipBlanks()
        if take("/>") { return (name, .string("")) }
        guard take(">") else { throw refusal("an attribute, or a tag without an end") }
        var text: [UInt8] = []
        var children: [JSONObject.Member] = []
        while true {
            if take("</") {
                guard try self.name() == name else { throw refusal("tags that cross") }
                skipBlanks()
                guard take(">") else { throw refusal("a tag without an end") }
                break
            } else if take("<![CDATA[") {
                try appendSection(to: &text)
            } else if peek == UInt8(ascii: "<") {
                let child = try element(depth: depth + 1)
                children.append(JSONObject.Member(key: child.name, value: child.content))
            } else {
                try appendText(to: &text)
            }
        }
        guard !children.isEmpty else { return (name, .string(try Self.string(text, self))) }
        guard text.allSatisfy(Self.isBlank) else { throw refusal("text beside elements") }
        return (name, .object(Self.grouped(children)))
    }

    /// Children of one name in one list, in the place of the first.
    private static func grouped(_ children: [JSONObject.Member]) -> JSONObject {
        var places: [String: Int] = [:]
        var groups: [(name: String, values: [JSONValue])] = []
        for child in children {
            if let place = places[child.key] {
                groups[place].values.append(child.value)
            } else {
                places[child.key] = groups.count
                groups.append((child.key, [child.value]))
            }
        }
        return JSONObject(
            groups.map { ($0.name, $0.values.count == 1 ? $0.values[0] : .array($0.values)) })
    }

    private mutating func name() throws(VerificationRefusal) -> String {
        let start = place
        while let byte = peek, Self.isNameByte(byte, isFirst: place == start) { place += 1 }
        guard (1...Self.nameMax).contains(place - start) else {
            throw refusal("something that is no name of an element")
        }
        return String(decoding: bytes[start..<place], as: UTF8.self)
    }

    private mutating func skipDeclaration() throws(VerificationRefusal) {
        while let byte = peek, byte != UInt8(ascii: "<") {
            if take("?>") { return }
            place += 1
        }
        throw refusal("a declaration without an end")
    }
}

// MARK: - Text

extension WeComXML {
    /// Up to `]]>`, as it stands.
    private mutating func appendSection(to text: inout [UInt8]) throws(VerificationRefusal) {
        while let byte = peek {
            if take("]]>") { return }
            text.append(byte)
            place += 1
        }
        throw refusal("a CDATA section without an end")
    }

    /// One character, or what stands for one.
    private mutating func appendText(to text: inout [UInt8]) throws(VerificationRefusal) {
        guard let byte = peek else { throw refusal("an element without an end") }
        place += 1
        guard byte == UInt8(ascii: "&") else { return text.append(byte) }
        let rest = bytes[place...].prefix(10)
        guard let end = rest.firstIndex(of: UInt8(ascii: ";")),
            let scalar = Self.scalar(named: String(decoding: rest[..<end], as: UTF8.self))
        else { throw refusal("an entity that is not one of the five, nor a character's number") }
        text += Array(String(scalar).utf8)
        place = end + 1
    }

    private static func scalar(named name: String) -> Unicode.Scalar? {
        switch name {
        case "lt": return "<"
        case "gt": return ">"
        case "amp": return "&"
        case "quot": return "\""
        case "apos": return "'"
        default: break
        }
        let number: UInt32?
        if let digits = name.suffix(behind: "#x") {
            number = isPlain(digits) ? UInt32(digits, radix: 16) : nil
        } else if let digits = name.suffix(behind: "#") {
            number = isPlain(digits) ? UInt32(digits) : nil
        } else {
            number = nil
        }
        return number.flatMap { Unicode.Scalar($0) }
    }

    /// Without the sign that Swift would read as well.
    private static func isPlain(_ digits: String) -> Bool {
        digits.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0 | 0x20) }
    }

    /// UTF-8 of characters that XML allows (XML 1.0 section 2.2).
    private static func string(
        _ text: [UInt8], _ reader: WeComXML
    ) throws(VerificationRefusal) -> String {
        guard let string = String(validating: text, as: UTF8.self),
            string.utf8.allSatisfy({ $0 >= 0x20 || isBlank($0) })
        else { throw reader.refusal("bytes that are no text") }
        return string
    }
}

// MARK: - Bytes

extension WeComXML {
    private var peek: UInt8? { place < bytes.count ? bytes[place] : nil }

    /// Goes behind `mark` where it stands here.
    private mutating func take(_ mark: StaticString) -> Bool {
        let count = mark.utf8CodeUnitCount
        guard place + count <= bytes.count else { return false }
        for index in 0..<count where bytes[place + index] != mark.utf8Start[index] { return false }
        place += count
        return true
    }

    private mutating func skipBlanks() {
        while let byte = peek, Self.isBlank(byte) { place += 1 }
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
    }

    private static func isNameByte(_ byte: UInt8, isFirst: Bool) -> Bool {
        switch byte {
        case 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"): true
        case 0x30...0x39, UInt8(ascii: "-"), UInt8(ascii: "."): !isFirst
        default: false
        }
    }

    private func refusal(_ what: String) -> VerificationRefusal {
        VerificationRefusal(.malformedBody, "the XML has \(what), at byte \(place)")
    }
}
