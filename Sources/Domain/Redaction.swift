/// Takes secrets out of text that came back from whoever was told them.
///
/// A server may repeat what it was sent, and what it says is stored and shown. It may do so as
/// JSON, HTML and addresses write it, and what it says may have been cut in the middle of a secret.
package struct Redaction: Sendable {
    /// Longest first, so that a part is not taken out of what should go whole; with one blank where
    /// there are several, since what is said comes so.
    private let needles: [[UInt8]]

    package init(of secrets: [Secret]) {
        needles = secrets.map { Self.joiningBlanks($0.exposed.utf8) }.filter { !$0.isEmpty }
            .sorted { $0.count > $1.count }
    }

    private static func joiningBlanks(_ text: String.UTF8View) -> [UInt8] {
        var bytes: [UInt8] = []
        for byte in text where byte != blank || bytes.last != blank { bytes.append(byte) }
        return bytes
    }

    /// The text with `<secret>` wherever one stood, compared byte for byte.
    package func redact(_ text: String) -> String {
        let said = SaidBytes(text)
        var bytes: [UInt8] = []
        var place = 0
        while place < said.bytes.count {
            if let end = needles.lazy.compactMap({ said.end(of: $0[...], at: place) }).first {
                bytes += "<secret>".utf8
                place = end
            } else {
                bytes.append(said.bytes[place])
                place += 1
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

private let blank = UInt8(ascii: " ")

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
    func end(of secret: ArraySlice<UInt8>, at start: Int) -> Int? {
        var (rest, place) = (secret, start)
        while let byte = rest.first {
            if place == cut, place - start >= Self.cutMin { return place }
            guard place < bytes.count else { return nil }
            let isPlain = bytes[place] == byte
            // Such a byte may be itself, or begin another way to write one.
            if let width = escape(of: byte, at: place) {
                if !isPlain {
                    place += width
                } else if let end = end(of: rest.dropFirst(), at: place + width) {
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

    /// How many bytes another way to write a byte takes, if it stands there.
    private func escape(of byte: UInt8, at place: Int) -> Int? {
        func number(_ skipped: Int, _ count: Int) -> UInt8? {
            let start = place + skipped
            guard start + count <= bytes.count else { return nil }
            let digits = String(decoding: bytes[start..<start + count], as: UTF8.self)
            guard digits.utf8.allSatisfy({ $0 < 0x80 && $0 != 0x2B && $0 != 0x2D }) else {
                return nil
            }
            return UInt8(digits, radix: 16)
        }
        switch bytes[place] {
        case UInt8(ascii: "%"): return number(1, 2) == byte ? 3 : nil
        case UInt8(ascii: "\\"):
            guard place + 1 < bytes.count else { return nil }
            if bytes[place + 1] == UInt8(ascii: "u") {
                return byte < 0x80 && number(2, 4) == byte ? 6 : nil
            }
            return bytes[place + 1] == byte && #"/\""#.utf8.contains(byte) ? 2 : nil
        case UInt8(ascii: "&"):
            return Self.entities.first { entity in
                entity.byte == byte && bytes[place...].starts(with: entity.text.utf8)
            }?.text.utf8.count
        default: return nil
        }
    }

    private static let entities: [(byte: UInt8, text: String)] = [
        (UInt8(ascii: "&"), "&amp;"), (UInt8(ascii: "<"), "&lt;"), (UInt8(ascii: ">"), "&gt;"),
        (UInt8(ascii: "\""), "&quot;"), (UInt8(ascii: "\""), "&#34;"), (UInt8(ascii: "'"), "&#39;"),
        (UInt8(ascii: "'"), "&#x27;"),
    ]
}
