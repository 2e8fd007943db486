extension String {
    /// The text with what breaks or steers a line as escapes, `\u{1b}`.
    ///
    /// For keys, names and reasons from outside that are shown in an error, a log or a terminal.
    /// Where people read a message as such, see ``PlainText``.
    package var onOneLine: String {
        if unicodeScalars.allSatisfy({ !$0.steersText }) { return self }
        return unicodeScalars.map { $0.steersText ? $0.escape : String($0) }.joined()
    }
}

extension Unicode.Scalar {
    /// Whether it ends a line, moves a cursor, or turns the direction of what follows.
    package var steersText: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }

    /// As a Swift literal would write it: `\u{1b}`.
    package var escape: String { "\\u{\(String(value, radix: 16))}" }
}
