import Domain

/// Ids that follow from the time and a count, so that a simulator which was started anew does not
/// hand out those of its last life.
enum MintedID {
    /// Nineteen digits, as Coze has them: a 7, milliseconds and a count.
    static func digits(_ number: Int, at now: Timestamp) -> String {
        String(
            7_000_000_000_000_000_000 + now.milliseconds % 10_000_000_000_000 * 100_000
                + Int64(number % 100_000))
    }

    /// So many lower-case hexadecimal digits.
    static func hexadecimal(_ count: Int, _ number: Int, at now: Timestamp) -> String {
        var generator = SeededGenerator(
            seed: UInt64(bitPattern: now.milliseconds) << 20 ^ UInt64(truncatingIfNeeded: number))
        var text = ""
        while text.utf8.count < count {
            let part = String(generator.next(), radix: 16)
            text += String(repeating: "0", count: 16 - part.utf8.count) + part
        }
        return String(text.prefix(count))
    }

    /// In the form of a UUID of version 4.
    static func uuid(_ number: Int, at now: Timestamp) -> String {
        var digits = Array(hexadecimal(32, number, at: now).utf8)
        digits[12] = UInt8(ascii: "4")
        digits[16] = UInt8(ascii: "a")
        let groups = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32]
        return groups.map { String(decoding: digits[$0], as: UTF8.self) }.joined(separator: "-")
    }
}
