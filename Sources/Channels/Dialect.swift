/// How a platform reads text, and so how text must be written to be shown as it is.
///
/// contracts/notifications.md sections 6 to 15, "Escaping".
package enum Dialect: Hashable, Sendable, CaseIterable {
    /// No escape is documented, so what would be markup is written in its full-width form:
    /// DingTalk, WeCom, Infoflow, Mattermost, Google Chat, and texts of Feishu.
    case fullWidth
    /// `&lt;` and two more; also defuses `<!channel>` and `<@U…>`.
    case slack
    case telegramHTML
    /// Inside the quotation marks of `<a href="…">`.
    case telegramHTMLAttribute
    case telegramMarkdown
    /// Inside `code` and `pre` of MarkdownV2.
    case telegramMarkdownCode
    /// Inside the parentheses of a link of MarkdownV2.
    case telegramMarkdownLink
    case discord
    /// Nothing is interpreted: `plain_text` of Feishu and Slack, `TextRun` of Teams.
    case plain

    /// The text, written so that none of it is read as markup.
    ///
    /// Line breaks stay; whoever puts foreign text on one line has to take them out before.
    package func escaped(_ text: String) -> String {
        var escaped = String.UnicodeScalarView()
        for scalar in text.unicodeScalars { append(scalar, to: &escaped) }
        return String(escaped)
    }

    /// A stranger's text: as ``escaped(_:)``, and with nobody to call and nothing to link in it.
    package func foreign(_ text: String) -> String {
        self == .plain ? QuietText.quiet(text) : escaped(QuietText.quiet(text))
    }

    /// As ``foreign(_:)`` for what stands at the start of a line, where chats that read Markdown
    /// take an item of a list, a rule, a table or code for markup.
    func foreignLine(_ line: String) -> String {
        let text = foreign(line)
        return self != .plain && QuietText.beginsBlock(line) ? QuietText.gapText + text : text
    }

    /// Words of ours such as ids and commands, which people copy: as they are where every
    /// character of them is harmless, else as a stranger's.
    ///
    /// An underscore between two letters begins no emphasis in any dialect we know.
    package func copied(_ text: String) -> String {
        let isHarmless = text.unicodeScalars.allSatisfy { scalar in
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", " ", "-", "_", ".", "·": true
            default: false
            }
        }
        // In full-width an id would be another one. Elsewhere what is escaped is shown as it was.
        return isHarmless && self == .fullWidth ? text : foreign(text)
    }

    private func append(_ scalar: Unicode.Scalar, to text: inout String.UnicodeScalarView) {
        switch self {
        case .plain: text.append(scalar)
        case .fullWidth:
            // The full-width block repeats ASCII at a fixed distance.
            let isMarkup = "<>[]*_~`#".unicodeScalars.contains(scalar)
            text.append(
                isMarkup ? Unicode.Scalar(scalar.value + 0xFEE0) ?? scalar : scalar)
        case .slack, .telegramHTML, .telegramHTMLAttribute:
            switch scalar {
            case "&": text.append(contentsOf: "&amp;".unicodeScalars)
            case "<": text.append(contentsOf: "&lt;".unicodeScalars)
            case ">": text.append(contentsOf: "&gt;".unicodeScalars)
            case "\"" where self == .telegramHTMLAttribute:
                text.append(contentsOf: "&quot;".unicodeScalars)
            default: text.append(scalar)
            }
        case .telegramMarkdown: append(scalar, after: "_*[]()~`>#+-=|{}.!\\", to: &text)
        case .telegramMarkdownCode: append(scalar, after: "`\\", to: &text)
        case .telegramMarkdownLink: append(scalar, after: ")\\", to: &text)
        case .discord: append(scalar, after: "\\*_~|`>#-[<", to: &text)
        }
    }

    private func append(
        _ scalar: Unicode.Scalar, after marked: String, to text: inout String.UnicodeScalarView
    ) {
        if marked.unicodeScalars.contains(scalar) { text.append("\\") }
        text.append(scalar)
    }
}

/// Takes the life out of what clients find in text by themselves, markup or not: mentions,
/// addresses, commands of robots.
enum QuietText {
    /// ZERO WIDTH SPACE: nobody sees it, and no client reads across it.
    private static let gap: Unicode.Scalar = "\u{200B}"
    static let gapText = String(gap)

    /// Whether a reader of Markdown takes the line for more than a piece of a paragraph: CommonMark
    /// 0.31 chapters 4 and 5, and the tables of its dialects.
    ///
    /// An id at the start of a line is none: it must be copied without anything unseen.
    static func beginsBlock(_ line: String) -> Bool {
        let blanks = line.prefix { $0 == " " || $0 == "\t" }
        if blanks.count >= 4 || blanks.contains("\t") { return true }
        let rest = line[blanks.endIndex...]
        guard let first = rest.unicodeScalars.first else { return false }
        if "-+=|>:".unicodeScalars.contains(first) { return true }
        let digits = rest.prefix { ("0"..."9").contains($0) }
        let end = rest[digits.endIndex...].first
        return (1...9).contains(digits.count) && (end == "." || end == ")")
    }

    /// The same text to the eye.
    ///
    /// A gap stands behind every `@`, between `:` and `//`, behind a dot that a letter follows as
    /// in a host's name, behind a `/` that begins a word, and behind an `&` that begins the name
    /// of a character: Mattermost reads `&commat;all` as it reads `@all`.
    static func quiet(_ text: String) -> String {
        let scalars = Array(text.unicodeScalars)
        var quiet = String.UnicodeScalarView()
        for (place, scalar) in scalars.enumerated() {
            quiet.append(scalar)
            let before = place > 0 ? scalars[place - 1] : nil
            let after = place + 1 < scalars.count ? scalars[place + 1] : nil
            switch scalar {
            case "@", "＠": quiet.append(gap)
            case ":" where after == "/": quiet.append(gap)
            case "&" where namesCharacter(scalars[(place + 1)...]): quiet.append(gap)
            case "." where before.map(isWordPart) == true && after.map(isLetter) == true:
                quiet.append(gap)
            case "/" where before.map(isWordPart) != true && after.map(isWordPart) == true:
                quiet.append(gap)
            default: break
            }
        }
        return String(quiet)
    }

    /// Whether a client that reads HTML's names of characters finds one behind an `&`; the longest
    /// has 32 letters.
    private static func namesCharacter(_ rest: ArraySlice<Unicode.Scalar>) -> Bool {
        guard let end = rest.prefix(33).firstIndex(of: ";"), end > rest.startIndex else {
            return false
        }
        return rest[..<end].allSatisfy { isWordPart($0) || $0 == "#" }
    }

    private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isAlphabetic
    }

    private static func isWordPart(_ scalar: Unicode.Scalar) -> Bool {
        isLetter(scalar) || ("0"..."9").contains(scalar)
    }
}
