package import Domain

extension PlainText {
    /// The text on one line, cut to `limit`, and kept to itself where it is written from the
    /// right.
    ///
    /// Markup and mentions are another matter and each channel's own.
    package static func isolatedLine(_ text: String, limit: TextLimit? = nil) -> String {
        let line = line(text)
        guard line.unicodeScalars.contains(where: isWrittenFromRight) else {
            return limit?.cut(line) ?? line
        }
        let room = limit.map { limit in
            TextLimit(
                limit.max - limit.unit.length(of: isolateStart + isolateEnd), limit.unit)
        }
        return isolateStart + (room?.cut(line) ?? line) + isolateEnd
    }

    /// FIRST STRONG ISOLATE and its end (Unicode Standard Annex 9, section 2.7): what is inside
    /// may run from the right without pulling in what is outside.
    private static let isolateStart = "\u{2068}"
    private static let isolateEnd = "\u{2069}"

    /// The blocks of scripts that run from right to left; the standard library does not tell the
    /// direction of a character.
    private static func isWrittenFromRight(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x0590...0x08FF, 0xFB1D...0xFDFF, 0xFE70...0xFEFE, 0x10800...0x10FFF,
            0x1E800...0x1EFFF:
            true
        default: false
        }
    }
}
