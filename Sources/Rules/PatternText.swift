import StrictJSON

/// What is wrong with the text of a pattern that is no JSON, in the words of who typed it.
///
/// The parser says where it stopped; what people get wrong is often a little before.
struct PatternText {
    let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    func refusal(_ error: JSONRefusal) -> PatternRefusal {
        let diagnosis = diagnosis(error)
        let what = diagnosis?.what ?? error.detail
        let correction = diagnosis?.mended.flatMap(correction)
        return PatternRefusal(
            pointer: .root, operatorName: nil,
            what: "it is not readable as JSON, line \(error.line), column \(error.column): \(what)",
            advice: diagnosis?.advice
                ?? "Write one JSON object, such as {\"type\": [\"bot.published\"]}.",
            correction: correction)
    }

    struct Diagnosis {
        let what: String
        let advice: String
        /// The text as it was probably meant.
        var mended: [UInt8]?
    }

    /// The mended text, when it is JSON now and accepted as a pattern.
    private func correction(_ text: [UInt8]) -> PatternCorrection? {
        guard let json = try? JSONValue(parsing: text),
            (try? Pattern(parsing: json)) != nil
        else { return nil }
        return PatternCorrection(pointer: .root, value: json)
    }

    private func diagnosis(_ error: JSONRefusal) -> Diagnosis? {
        switch error.code {
        case .syntax: syntax(at: error.offset)
        case .unexpectedEnd: end()
        case .doubledKey: doubledKey(at: error.offset)
        case .trailingBytes: trailing(at: error.offset)
        case .byteOrderMark:
            Diagnosis(what: error.detail, advice: "Save the file as UTF-8 without a mark.")
        case .notUTF8:
            Diagnosis(what: error.detail, advice: "Save the file as UTF-8.")
        case .tooDeep, .tooLarge, .tooManyValues, .stringTooLong:
            Diagnosis(what: error.detail, advice: "Ask for less, or make several rules of it.")
        case .numberTooLong:
            Diagnosis(
                what: error.detail, advice: "Write a shorter number, or the same with an exponent.")
        case .loneSurrogate:
            Diagnosis(
                what: error.detail, advice: "Write both halves, or the character itself.")
        }
    }

    private func syntax(at offset: Int) -> Diagnosis? {
        let here = offset < bytes.count ? bytes[offset] : 0
        let before = bytes[..<offset].last { !Self.isBlank($0) }
        if here == UInt8(ascii: "'") {
            return Diagnosis(
                what: "strings stand in double quotes", advice: "Write \" in place of '.",
                mended: bytes.contains(UInt8(ascii: "\""))
                    ? nil : bytes.map { $0 == here ? UInt8(ascii: "\"") : $0 })
        }
        if bytes[offset...].starts(with: "“".utf8) || bytes[offset...].starts(with: "”".utf8) {
            let text = String(decoding: bytes, as: UTF8.self)
            return Diagnosis(
                what: "typographic quotes are no quotes here",
                advice: "Write \" in place of “ and ”.",
                mended: Array(
                    String(text.map { $0 == "“" || $0 == "”" ? "\"" : $0 }).utf8))
        }
        if here == UInt8(ascii: "#") || bytes[offset...].starts(with: "//".utf8)
            || bytes[offset...].starts(with: "/*".utf8)
        {
            return Diagnosis(
                what: "JSON has no comments",
                advice: "Take the comment out; the YAML of the configuration may have some.",
                mended: withoutComment(at: offset))
        }
        if here == UInt8(ascii: "}") || here == UInt8(ascii: "]"), before == UInt8(ascii: ",") {
            var mended = bytes
            if let comma = bytes[..<offset].lastIndex(of: UInt8(ascii: ",")) {
                mended.remove(at: comma)
            }
            return Diagnosis(
                what: "a comma stands before `\(Character(Unicode.Scalar(here)))`",
                advice: "Take the last comma away.", mended: mended)
        }
        return foreignMark(at: offset) ?? bracketOrWord(here, at: offset)
    }

    private func bracketOrWord(_ here: UInt8, at offset: Int) -> Diagnosis? {
        let opened = opened(before: offset)
        let isInList = opened.last == UInt8(ascii: "]")
        if here == UInt8(ascii: ":"), isInList {
            return Diagnosis(
                what: "`:` stands in a list, which holds values and no names",
                advice: "Put braces around an operator: [{\"prefix\": \"bot.\"}]. Fields are "
                    + "nested without a list.")
        }
        if here == UInt8(ascii: "}") || here == UInt8(ascii: "]"), let last = opened.last,
            here != last
        {
            let (found, wanted) = (Character(Unicode.Scalar(here)), Character(Unicode.Scalar(last)))
            var mended = bytes
            mended.insert(last, at: offset)
            return Diagnosis(
                what: "`\(found)` stands where `\(wanted)` must close what is open",
                advice: "Close with `\(wanted)` first.", mended: mended)
        }
        if here == UInt8(ascii: "=") {
            return Diagnosis(
                what: "`=` stands where `:` must", advice: "Write a name, a colon and a list.")
        }
        if here == UInt8(ascii: "\"") || here == UInt8(ascii: "{") || here == UInt8(ascii: "["),
            let before = bytes[..<offset].last(where: { !Self.isBlank($0) }),
            ![UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "{")]
                .contains(before)
        {
            var mended = bytes
            let isAfterName = !isInList && isName(before: offset)
            mended.insert(UInt8(ascii: isAfterName ? ":" : ","), at: offset)
            return isAfterName
                ? Diagnosis(
                    what: "a colon is missing before this",
                    advice: "Put a colon between a name and its value.", mended: mended)
                : Diagnosis(
                    what: "a comma is missing before this", advice: "Put a comma between the two.",
                    mended: mended)
        }
        if before(offset) == UInt8(ascii: "\\"), here > 0x20 {
            return Diagnosis(
                what: "a backslash and this character mean nothing in a JSON string",
                advice: "Double each backslash.", mended: withDoubledBackslashes(around: offset))
        }
        if Self.isInString(bytes[..<offset]) { return nil }
        return number(at: offset) ?? word(at: offset)
    }

    /// The string around `offset` with every backslash doubled: where one of them means nothing,
    /// the others are probably meant as they stand, `\t` in a path included.
    private func withDoubledBackslashes(around offset: Int) -> [UInt8] {
        let start = bytes[..<offset].indices.last {
            bytes[$0] == UInt8(ascii: "\"") && before($0) != UInt8(ascii: "\\")
        }
        guard let start else { return bytes }
        let rest = bytes[(start + 1)...]
        let end = rest.firstIndex(of: UInt8(ascii: "\"")) ?? bytes.count
        var text: [UInt8] = []
        var place = start + 1
        while place < end {
            // One that is doubled already stays as it is.
            let isDoubled = place + 1 < end && bytes[place + 1] == UInt8(ascii: "\\")
            let isBackslash = bytes[place] == UInt8(ascii: "\\")
            text += isBackslash ? [bytes[place], bytes[place]] : [bytes[place]]
            place += isBackslash && isDoubled ? 2 : 1
        }
        return Array(bytes[...start]) + text + Array(bytes[end...])
    }

    func before(_ offset: Int) -> UInt8? { offset > 0 ? bytes[offset - 1] : nil }

    private func end() -> Diagnosis? {
        guard !bytes.allSatisfy(Self.isBlank) else {
            return Diagnosis(
                what: "there is no text",
                advice: "Write one JSON object, such as {\"type\": [\"bot.published\"]}.")
        }
        let isInString = Self.isInString(bytes[...])
        let closing = Array(opened(before: bytes.count).reversed())
        guard isInString || !closing.isEmpty else { return nil }
        let text = String(decoding: closing, as: UTF8.self)
        let kept = bytes.reversed().drop(while: Self.isBlank).reversed()
        return Diagnosis(
            what: isInString
                ? "the text ends inside a string" : "the text ends and \(text) is missing",
            advice: "Write one JSON object, and close all that is open.",
            // Where the string was meant to end nobody knows.
            mended: isInString ? nil : Array(kept) + closing)
    }

    /// Whether what stands before is a string, and that the first thing of a member.
    private func isName(before offset: Int) -> Bool {
        guard let end = bytes[..<offset].lastIndex(of: UInt8(ascii: "\"")),
            bytes[(end + 1)..<offset].allSatisfy(Self.isBlank)
        else { return false }
        var start = end - 1
        while start >= 0, bytes[start] != UInt8(ascii: "\"") || before(start) == UInt8(ascii: "\\")
        {
            start -= 1
        }
        guard start >= 0 else { return false }
        let earlier = bytes[..<start].last { !Self.isBlank($0) }
        return earlier == UInt8(ascii: "{") || earlier == UInt8(ascii: ",")
    }

    private func doubledKey(at offset: Int) -> Diagnosis? {
        let text = bytes[offset...].dropFirst().prefix { $0 != UInt8(ascii: "\"") }
        let key = String(decoding: text.prefix(60), as: UTF8.self)
        return Diagnosis(
            what: "the object has a member \"\(key)\" already; each name may stand once",
            advice: "Write one JSON object in which the two are one: a list is a choice, "
                + "\"\(key)\": [\"a\", \"b\"].")
    }

    private func trailing(at offset: Int) -> Diagnosis? {
        let here = bytes[offset]
        if here == UInt8(ascii: "}") || here == UInt8(ascii: "]") {
            var mended = bytes
            mended.remove(at: offset)
            return Diagnosis(
                what: "there is one `\(Character(Unicode.Scalar(here)))` too many",
                advice: "Take it away.", mended: mended)
        }
        if here == UInt8(ascii: "{") {
            return Diagnosis(
                what: "a second object begins here",
                advice: "Write one JSON object; a choice between two is spelled {\"$or\": "
                    + "[{...}, {...}]}.")
        }
        return nil
    }

    private func withoutComment(at offset: Int) -> [UInt8]? {
        let isBlock = bytes[offset...].starts(with: "/*".utf8)
        guard isBlock else {
            let end = bytes[offset...].firstIndex(of: 0x0A) ?? bytes.count
            return Array(bytes[..<offset] + bytes[end...])
        }
        var end = offset + 2
        while end < bytes.count, !bytes[end...].starts(with: "*/".utf8) { end += 1 }
        return Array(bytes[..<offset] + bytes[min(end + 2, bytes.count)...])
    }

    /// What would close what is open before `offset`, outermost first.
    private func opened(before offset: Int) -> [UInt8] {
        var closers: [UInt8] = []
        var isInString = false
        var isEscape = false
        for byte in bytes[..<offset] {
            if isInString {
                if byte == UInt8(ascii: "\""), !isEscape { isInString = false }
                isEscape = !isEscape && byte == UInt8(ascii: "\\")
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isInString = true
            case UInt8(ascii: "{"): closers.append(UInt8(ascii: "}"))
            case UInt8(ascii: "["): closers.append(UInt8(ascii: "]"))
            case UInt8(ascii: "}"), UInt8(ascii: "]"): _ = closers.popLast()
            default: break
            }
        }
        return closers
    }

    private static func isInString(_ bytes: ArraySlice<UInt8>) -> Bool {
        var isInString = false
        var isEscape = false
        for byte in bytes {
            if byte == UInt8(ascii: "\""), !isEscape { isInString.toggle() }
            isEscape = isInString && !isEscape && byte == UInt8(ascii: "\\")
        }
        return isInString
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
    }
}
