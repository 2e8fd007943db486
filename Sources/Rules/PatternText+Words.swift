import StrictJSON

// Words and numbers that JSON does not know.
extension PatternText {
    /// A number as another language writes it: `.5`, `+1`, `1_000`, `0x10`, `007`.
    func number(at offset: Int) -> Diagnosis? {
        let run = run(around: offset)
        let text = String(decoding: run, as: UTF8.self)
        if let grouped = groupedNumber(around: run) { return grouped }
        guard text.contains(where: \.isNumber), let plain = Self.plainNumber(text), plain != text
        else { return nil }
        var mended = bytes
        mended.replaceSubrange(run.indices, with: plain.utf8)
        return Diagnosis(
            what: "\(text) is no number of JSON", advice: "Write \(plain).", mended: mended)
    }

    /// `1,000`, of which JSON makes two numbers, and the second begins with a zero.
    private func groupedNumber(around run: ArraySlice<UInt8>) -> Diagnosis? {
        func isDigit(_ byte: UInt8?) -> Bool { byte.map { $0 &- UInt8(ascii: "0") < 10 } ?? false }
        let comma = run.startIndex - 1
        guard run.count == 3, run.allSatisfy({ isDigit($0) }), comma > 0,
            bytes[comma] == UInt8(ascii: ","), isDigit(before(comma))
        else { return nil }
        let head = bytes[..<comma].reversed().prefix { isDigit($0) }.count
        guard head <= 3, comma <= head || bytes[comma - head - 1] != UInt8(ascii: ".") else {
            return nil
        }
        var mended = bytes
        mended.remove(at: comma)
        return Diagnosis(
            what: "a number has no comma between its thousands", advice: "Write the digits alone.",
            mended: mended)
    }

    /// Punctuation and blanks of other scripts, as a keyboard set to Chinese types them.
    private static let foreignMarks: [Character: String] = [
        "：": ":", "，": ",", "、": ",", "｛": "{", "｝": "}", "［": "[", "］": "]", "【": "[",
        "】": "]", "\u{A0}": " ", "\u{3000}": " ",
    ]

    func foreignMark(at offset: Int) -> Diagnosis? {
        guard let text = String(validating: bytes[offset...], as: UTF8.self),
            let mark = text.first, let plain = Self.foreignMarks[mark]
        else { return nil }
        var mended = String(decoding: bytes[..<offset], as: UTF8.self)
        var (isInString, isEscape) = (false, false)
        for character in text {
            if character == "\"", !isEscape { isInString.toggle() }
            isEscape = isInString && !isEscape && character == "\\"
            mended += (isInString ? nil : Self.foreignMarks[character]) ?? String(character)
        }
        return Diagnosis(
            what: plain == " "
                ? "this is another blank than JSON's" : "`\(mark)` is no mark of JSON",
            advice: plain == " " ? "Write a plain blank." : "Write `\(plain)`.",
            mended: Array(mended.utf8))
    }

    private static func plainNumber(_ text: String) -> String? {
        var text = text.filter { $0 != "_" }
        let isNegative = text.hasPrefix("-")
        if isNegative || text.hasPrefix("+") { text.removeFirst() }
        if text.lowercased().hasPrefix("0x") {
            guard let value = Int(text.dropFirst(2), radix: 16) else { return nil }
            text = String(value)
        }
        while text.hasPrefix("0"), text.dropFirst().first?.isNumber == true { text.removeFirst() }
        if text.hasPrefix(".") { text = "0" + text }
        if text.hasSuffix(".") { text.removeLast() }
        let plain = isNegative ? "-" + text : text
        return JSONNumber(text: plain) == nil ? nil : plain
    }

    /// A word without quotes, or one of another language.
    func word(at offset: Int) -> Diagnosis? {
        let word = run(around: offset)
        guard let first = word.first, first | 0x20 >= UInt8(ascii: "a"),
            first | 0x20 <= UInt8(ascii: "z")
        else { return nil }
        let text = String(decoding: word, as: UTF8.self)
        if ["nan", "infinity", "inf"].contains(text.lowercased()) {
            return Diagnosis(
                what: "\(text) is no number of JSON",
                advice: "No event has one; the word itself stands in double quotes.")
        }
        let known = [
            "true": "true", "false": "false", "none": "null", "nil": "null", "undefined": "null",
        ]
        let plain = known[text.lowercased()] ?? (text.lowercased() == "null" ? "null" : nil)
        var mended = bytes
        if let plain {
            mended.replaceSubrange(word.indices, with: plain.utf8)
            return Diagnosis(
                what: "\(text) is no word of JSON", advice: "Write \(plain).", mended: mended)
        }
        mended.replaceSubrange(word.indices, with: "\"\(text)\"".utf8)
        return Diagnosis(
            what: "\(text) has no quotes", advice: "Names and texts stand in double quotes.",
            mended: mended)
    }

    /// What stands around `offset` without a blank or a mark in it.
    private func run(around offset: Int) -> ArraySlice<UInt8> {
        var start = offset
        while let byte = before(start), Self.isOfWord(byte) { start -= 1 }
        return bytes[start...].prefix { Self.isOfWord($0) }
    }

    private static func isOfWord(_ byte: UInt8) -> Bool {
        let lower = byte | 0x20
        return lower >= UInt8(ascii: "a") && lower <= UInt8(ascii: "z")
            || byte &- UInt8(ascii: "0") < 10 || byte == UInt8(ascii: "_")
            || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
            || byte == UInt8(ascii: "+")
    }
}
