/// Takes secrets out of text that came back from whoever was told them.
///
/// A server may repeat what it was sent, and what it says is stored and shown. It may do so as
/// JSON, HTML and addresses write it, in other capitals or in base 64, and what it says may have
/// been cut in the middle of a secret.
package struct Redaction: Sendable {
    /// For each byte what may begin with it: nothing for most.
    private let needles: [[Needle]]

    /// Something that must not show.
    private struct Needle: Hashable {
        let bytes: [UInt8]
        /// Whether capitals and small letters are the same.
        ///
        /// A server that writes names of fields its own way may do so with what stands beside
        /// them. A short secret is to the byte, or words would go with it.
        var foldsCase: Bool { bytes.count >= Redaction.foldedMin }
    }

    private static let foldedMin = 8

    package init(of secrets: [Secret]) {
        let plain = secrets.map { Self.joiningBlanks($0.exposed.utf8) }
        let encoded = secrets.flatMap { Base64Forms(of: Array($0.exposed.utf8)).all }
        var needles = Array(repeating: [Needle](), count: 256)
        for bytes in Set(plain + encoded) where !bytes.isEmpty {
            let needle = Needle(bytes: bytes)
            needles[Int(bytes[0])].append(needle)
            guard needle.foldsCase, let other = otherCase(bytes[0]) else { continue }
            needles[Int(other)].append(needle)
        }
        self.needles = needles
    }

    /// With one blank where there are several, since what is said comes so.
    private static func joiningBlanks(_ text: String.UTF8View) -> [UInt8] {
        var bytes: [UInt8] = []
        for byte in text where byte != blank || bytes.last != blank { bytes.append(byte) }
        return bytes
    }

    /// The text with `<secret>` wherever one stood, compared byte for byte but for capitals.
    package func redact(_ text: String) -> String {
        let said = SaidBytes(text)
        var bytes: [UInt8] = []
        var place = 0
        while place < said.bytes.count {
            if let end = end(at: place, in: said) {
                bytes += Secret.mark.utf8
                place = end
            } else {
                bytes.append(said.bytes[place])
                place += 1
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Where the longest needle ends that begins at a place.
    ///
    /// The longest, so that a part is not taken out of what should go whole.
    private func end(at place: Int, in said: SaidBytes) -> Int? {
        var begun = needles[Int(said.bytes[place])]
        if let escape = said.escape(at: place) { begun += needles[Int(escape.byte)] }
        guard !begun.isEmpty else { return nil }
        return begun.compactMap { needle in
            said.end(of: needle.bytes[...], foldingCase: needle.foldsCase, at: place)
        }.max()
    }
}

private let blank = UInt8(ascii: " ")

/// A small letter for a capital of ASCII.
private func folded(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }

/// A letter of ASCII in the other case; `nil` for what is none.
private func otherCase(_ byte: UInt8) -> UInt8? {
    (0x61...0x7A).contains(folded(byte)) ? byte ^ 0x20 : nil
}

/// How a secret shows in base 64 (RFC 4648 sections 4 and 5): by itself, and in the middle of
/// something longer, where it begins at one of three places of a group.
private struct Base64Forms {
    let all: [[UInt8]]

    /// What is shorter in base 64 may be a word.
    private static let secretMin = 8

    init(of secret: [UInt8]) {
        guard secret.count >= Self.secretMin else {
            all = []
            return
        }
        var forms: [[UInt8]] = []
        for alphabet in [Self.standard, Self.urlSafe] {
            let alone = Self.encode(secret, alphabet)
            let padding = Array("==".utf8).prefix((3 - secret.count % 3) % 3)
            forms += [alone + padding, alone]
            // Digits that its neighbours have a part in are left to them.
            forms += (0...2).map { before in
                let bytes = Array(repeating: 0, count: before) + secret
                let digits = Self.encode(bytes, alphabet)
                return Array(digits[(before * 8 + 5) / 6..<bytes.count * 8 / 6])
            }
        }
        all = forms
    }

    private static let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    private static let standard = Array((letters + "+/").utf8)
    private static let urlSafe = Array((letters + "-_").utf8)

    private static func encode(_ bytes: [UInt8], _ alphabet: [UInt8]) -> [UInt8] {
        var digits: [UInt8] = []
        var (rest, count) = (0, 0)
        for byte in bytes {
            rest = (rest << 8 | Int(byte)) & 0xFFFF
            count += 8
            while count >= 6 {
                count -= 6
                digits.append(alphabet[rest >> count & 63])
            }
        }
        if count > 0 { digits.append(alphabet[rest << (6 - count) & 63]) }
        return digits
    }
}

/// What somebody said, and where it was cut off.
private struct SaidBytes {
    let bytes: [UInt8]
    /// Where the mark of a cut stands at the end, or `nil`.
    private let cut: Int?

    /// Bytes of a secret before a cut that are taken for it; fewer are a chance.
    private static let cutMin = 4

    init(_ text: String) {
        bytes = Array(text.utf8)
        // The end of an isolate may stand behind it.
        let mark = ["\u{2026}", "\u{2026}\u{2069}"].first {
            text.utf8.reversed().starts(with: $0.utf8.reversed())
        }
        cut = mark.map { text.utf8.count - $0.utf8.count }
    }

    /// Where a secret ends that begins at a place, however it is written; `nil` if none does.
    func end(of secret: ArraySlice<UInt8>, foldingCase: Bool, at start: Int) -> Int? {
        func isSame(_ said: UInt8, _ byte: UInt8) -> Bool {
            said == byte || foldingCase && folded(said) == folded(byte)
        }
        var (rest, place) = (secret, start)
        while let byte = rest.first {
            if place == cut, place - start >= Self.cutMin { return place }
            guard place < bytes.count else { return nil }
            let isPlain = isSame(bytes[place], byte)
            // Such a byte may be itself, or begin another way to write one.
            if let escape = escape(at: place), isSame(escape.byte, byte) {
                let behind = place + escape.width
                if !isPlain {
                    place = behind
                } else if let end = end(
                    of: rest.dropFirst(), foldingCase: foldingCase, at: behind)
                {
                    return end
                } else {
                    place += 1
                }
            } else if isPlain {
                place += 1
                while byte == blank, place < bytes.count, bytes[place] == blank { place += 1 }
            } else {
                return nil
            }
            rest = rest.dropFirst()
        }
        return place
    }

    /// The byte that is written in another way at a place, and how many bytes that takes.
    func escape(at place: Int) -> (byte: UInt8, width: Int)? {
        func number(_ skipped: Int, _ count: Int) -> UInt8? {
            let start = place + skipped
            guard start + count <= bytes.count else { return nil }
            return Self.number(bytes[start..<start + count], radix: 16)
        }
        switch bytes[place] {
        case UInt8(ascii: "%"): return number(1, 2).map { ($0, 3) }
        case UInt8(ascii: "\\"):
            guard place + 1 < bytes.count else { return nil }
            if bytes[place + 1] == UInt8(ascii: "u") {
                return number(2, 4).flatMap { $0 < 0x80 ? ($0, 6) : nil }
            }
            return #"/\""#.utf8.contains(bytes[place + 1]) ? (bytes[place + 1], 2) : nil
        case UInt8(ascii: "&"):
            if let byte = numericEntity(at: place) { return byte }
            return Self.entities.first { bytes[place...].starts(with: $0.text.utf8) }
                .map { ($0.byte, $0.text.utf8.count) }
        default: return nil
        }
    }

    /// `&#81;`, `&#x51;`, also with zeros in front and, as browsers read it, without the `;`.
    private func numericEntity(at place: Int) -> (byte: UInt8, width: Int)? {
        var rest = bytes[place...].dropFirst()
        guard rest.popFirst() == UInt8(ascii: "#") else { return nil }
        let isHex = rest.first.map { folded($0) == UInt8(ascii: "x") } ?? false
        if isHex { rest.removeFirst() }
        let digits = rest.prefix(Self.digitsMax).prefix {
            (0x30...0x39).contains($0) || isHex && (0x61...0x66).contains(folded($0))
        }
        guard let byte = Self.number(digits, radix: isHex ? 16 : 10), byte < 0x80 else {
            return nil
        }
        rest = rest.dropFirst(digits.count)
        let end = rest.first == UInt8(ascii: ";") ? rest.startIndex + 1 : rest.startIndex
        return (byte, end - place)
    }

    private static let digitsMax = 8

    /// A number of digits alone, signs refused.
    private static func number(_ digits: ArraySlice<UInt8>, radix: Int) -> UInt8? {
        let text = String(decoding: digits, as: UTF8.self)
        guard text.utf8.allSatisfy({ $0 < 0x80 && $0 != 0x2B && $0 != 0x2D }) else { return nil }
        return UInt8(text, radix: radix)
    }

    private static let entities: [(byte: UInt8, text: String)] = [
        (UInt8(ascii: "&"), "&amp;"), (UInt8(ascii: "<"), "&lt;"), (UInt8(ascii: ">"), "&gt;"),
        (UInt8(ascii: "\""), "&quot;"), (UInt8(ascii: "'"), "&apos;"),
        (UInt8(ascii: "+"), "&plus;"), (UInt8(ascii: "/"), "&sol;"),
        (UInt8(ascii: "="), "&equals;"), (UInt8(ascii: "_"), "&lowbar;"),
    ]
}
