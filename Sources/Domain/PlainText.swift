/// Text from outside, made fit to stand on one line among words of ours.
///
/// Names of bots are chosen by strangers, and reasons of failures are a server's own: they hold
/// line breaks, characters that turn the direction of writing, and some that nobody sees. None of
/// it may move or hide what stands next to it.
package enum PlainText {
    /// The text on one line: white space of any kind and control characters become single blanks,
    /// invisible and direction-changing characters are dropped, and nothing is blank at the ends.
    package static func line(_ text: String) -> String {
        var scalars = String.UnicodeScalarView()
        var needsBlank = false
        for scalar in text.unicodeScalars {
            if isBlank(scalar) {
                needsBlank = !scalars.isEmpty
                continue
            }
            guard !isHidden(scalar) else { continue }
            if needsBlank { scalars.append(" ") }
            needsBlank = false
            scalars.append(scalar)
        }
        return String(scalars)
    }

    private static func isBlank(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isWhitespace || scalar.properties.generalCategory == .control
    }

    /// Whether it shows nothing and steers what is around it, as direction marks do.
    ///
    /// Joiners, variation selectors and tags stay: Indic scripts, emoji and flags are written with
    /// them.
    private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x200C, 0x200D, 0x180B...0x180D, 0xFE00...0xFE0F, 0xE0020...0xE007F,
            0xE0100...0xE01EF:
            false
        case 0xFFF9...0xFFFB: true
        default: scalar.properties.isDefaultIgnorableCodePoint
        }
    }
}
