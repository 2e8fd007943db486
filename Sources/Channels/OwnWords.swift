import Domain
import Mustache

/// What somebody's template makes of one notification: lines of plain text.
///
/// The platform is told no markup in them: all goes through the channel's own escaping, the
/// template's text like the names in it, and only the page of a copy becomes a link.
package struct OwnWords: Hashable, Sendable {
    /// Of all lines together; a platform may take less.
    package static let limit = TextLimit(4_096, .utf8Bytes)
    /// Of the line that stands for one of several notifications in a message.
    static let lineLimit = TextLimit(100, .utf8Bytes)

    /// At least one; the first and the last are not empty, and of several empty ones one is left.
    let lines: [String]

    /// - Parameters:
    ///   - values: Plain text on one line each; what is absent is not said.
    ///   - condition: The type's last word, which is true.
    /// - Returns: `nil` when the template has nothing to say; our own words then stand.
    init?(
        _ template: MessageTemplate, _ values: [MessageTemplate.Name: String], condition: String
    ) {
        var told: [String: Any] = [condition: true]
        for (name, value) in values { told[name.rawValue] = Self.withoutGap(value) }
        if values[.link] != nil { told[MessageTemplate.Name.link.rawValue] = String(Self.gap) }
        // Mustache would escape for HTML; here each channel escapes as its platform wants it.
        // The library reads on behind a brace at the very end.
        let source = "{{% CONTENT_TYPE:TEXT}}\n\(template.source)\n"
        guard let mustache = try? MustacheTemplate(string: source) else { return nil }
        let text = Self.limit.cut(mustache.render(told))
        var lines: [String] = []
        for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            let isBlank = line.allSatisfy(\.isWhitespace)
            if !isBlank {
                lines.append(String(line))
            } else if let last = lines.last, !last.isEmpty {
                lines.append("")
            }
        }
        if lines.last?.isEmpty == true { lines.removeLast() }
        guard !lines.isEmpty else { return nil }
        self.lines = lines
    }

    /// Where the link stands: the last character for private use, which is taken out of all else.
    private static let gap = MessageTemplate.reserved

    private static func withoutGap(_ text: String) -> String {
        var scalars = text.unicodeScalars
        scalars.removeAll { $0 == gap }
        return String(scalars)
    }

    var hasLink: Bool { lines.contains { $0.unicodeScalars.contains(Self.gap) } }

    /// For a message that stands for several, where the mark stands before each line.
    ///
    /// - Returns: `nil` when nothing else is said in it.
    func firstLine(without mark: String) -> String? {
        var line = Self.withoutGap(lines[0])
        if line.hasPrefix(mark) { line = String(line.dropFirst(mark.count)) }
        let start = line.drop(while: \.isWhitespace)
        return start.isEmpty ? nil : Self.lineLimit.cut(String(start))
    }

    /// As many lines as fit; the last of them may be cut.
    func text(within limit: TextLimit, in dialect: Dialect, link: String?) -> String {
        func written(_ line: String) -> String {
            line.unicodeScalars.split(separator: Self.gap, omittingEmptySubsequences: false)
                .enumerated().map { place, piece in
                    place == 0
                        ? dialect.foreignLine(String(piece)) : dialect.foreign(String(piece))
                }
                .joined(separator: link.map(dialect.address) ?? "")
        }
        var text = ""
        for (place, line) in lines.enumerated() {
            let start = place == 0 ? "" : text + "\n"
            if limit.holds(start + written(line)) {
                text = start + written(line)
                continue
            }
            // What is escaped is longer than what it stands for, so less and less is tried.
            let room = limit.max - limit.unit.length(of: start)
            let pieces = [1, 2, 4, 8].filter { room / $0 >= 3 }.map { share in
                start + written(TextLimit(room / share, limit.unit).cut(line))
            }
            return pieces.first(where: limit.holds) ?? text
        }
        return text
    }
}

extension Dialect {
    /// An address of ours, in visible ASCII, where clients find addresses by themselves.
    fileprivate func address(_ url: String) -> String {
        self == .slack ? "<\(escaped(url))>" : url
    }
}
