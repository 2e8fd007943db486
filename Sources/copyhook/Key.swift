/// A key of a terminal, as far as this program has a use for it.
package enum Key: Hashable, Sendable {
    case up, down, pageUp, pageDown, home, end
    case enter, escape, backspace
    /// Ctrl-C, which is a byte like any other while the terminal is raw.
    case interrupt
    case character(Character)
}

/// Makes keys of the bytes that a terminal sends.
///
/// A key may be one byte, a character of several, or a sequence that begins with ESC, and any of
/// them may come in pieces. ESC alone is a key too: that it stands alone can only be told by time,
/// so whoever reads says ``nothingFollows()`` when no more came for a moment.
/// Source: ECMA-48, 5.4 (control sequences); xterm, "PC-Style Function Keys".
package struct KeyReader: Sendable {
    /// Sequences that we know are shorter; what is longer is no key.
    private static let sequenceMax = 32

    private var pending: [UInt8] = []

    package init() {}

    /// Whether a key has begun that is not complete.
    package var isInside: Bool { !pending.isEmpty }

    package mutating func keys(_ bytes: some Sequence<UInt8>) -> [Key] {
        pending += bytes
        var keys: [Key] = []
        while let (key, length) = Self.first(of: pending) {
            pending.removeFirst(length)
            if let key { keys.append(key) }
        }
        return keys
    }

    /// No more bytes came: what has begun is all there will be.
    package mutating func nothingFollows() -> [Key] {
        defer { pending = [] }
        return pending.first == 0x1B ? [.escape] : []
    }

    /// - Returns: The first key, absent for what is none of ours, and the bytes it takes; `nil`
    ///   where it is not complete.
    private static func first(of bytes: [UInt8]) -> (Key?, Int)? {
        guard let byte = bytes.first else { return nil }
        switch byte {
        case 0x1B: return sequence(bytes)
        case 0x03: return (.interrupt, 1)
        case 0x08, 0x7F: return (.backspace, 1)
        case 0x0A, 0x0D: return (.enter, 1)
        case ..<0x20: return (nil, 1)
        default: return character(bytes)
        }
    }

    private static func character(_ bytes: [UInt8]) -> (Key?, Int)? {
        let length =
            switch bytes[0] {
            case ..<0x80: 1
            case 0xC2..<0xE0: 2
            case 0xE0..<0xF0: 3
            case 0xF0..<0xF5: 4
            default: 0
            }
        guard length > 0 else { return (nil, 1) }
        let rest = bytes[1...].prefix(length - 1)
        guard rest.allSatisfy({ $0 & 0xC0 == 0x80 }) else { return (nil, 1) }
        guard rest.count == length - 1 else { return nil }
        guard let text = String(validating: bytes.prefix(length), as: UTF8.self),
            let character = text.first
        else { return (nil, length) }
        return (.character(character), length)
    }

    private static func sequence(_ bytes: [UInt8]) -> (Key?, Int)? {
        guard bytes.count > 1 else { return nil }
        switch bytes[1] {
        case UInt8(ascii: "["):
            guard let end = bytes.dropFirst(2).firstIndex(where: { (0x40...0x7E).contains($0) })
            else { return bytes.count > sequenceMax ? (nil, bytes.count) : nil }
            return (named(bytes[2..<end], bytes[end]), end + 1)
        case UInt8(ascii: "O"):
            guard bytes.count > 2 else { return nil }
            return (named([], bytes[2]), 3)
        default:
            return (.escape, 1)
        }
    }

    /// - Parameter parameters: Which key where the final byte is `~`; of the others, which keys
    ///   were held with it.
    private static func named(_ parameters: ArraySlice<UInt8>, _ final: UInt8) -> Key? {
        switch Character(Unicode.Scalar(final)) {
        case "A": .up
        case "B": .down
        case "H": .home
        case "F": .end
        case "~":
            switch String(decoding: parameters.prefix { $0 != UInt8(ascii: ";") }, as: UTF8.self) {
            case "1", "7": .home
            case "4", "8": .end
            case "5": .pageUp
            case "6": .pageDown
            default: nil
            }
        default: nil
        }
    }
}
