import StrictJSON
import Yams

/// Reads one YAML document into values that know their lines.
///
/// Only what a configuration needs: mappings with text as keys, lists and scalars. Aliases are
/// refused, as a file of a few lines can unfold to billions of values by them, and so are tags,
/// which only some readers know.
struct YAMLReader {
    /// Mappings and lists inside one another: more than a pattern may have, which stands in a
    /// rule in a list.
    static let depthMax = 80

    let file: String

    /// The root, or `nil` when the document is empty.
    func read(_ bytes: [UInt8]) throws(Problem) -> YAMLValue? {
        guard bytes.count <= FileAccess.bytesMax else {
            throw problem(nil, FileTrouble.tooLarge.what, "Keep it below 1 MiB.")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw problem(nil, "the file is not UTF-8", "Save it as UTF-8.")
        }
        return try read(text: text.hasPrefix("\u{FEFF}") ? String(text.dropFirst()) : text)
    }

    private func read(text: String) throws(Problem) -> YAMLValue? {
        do {
            // The parser holds the anchors; it must outlive the walk.
            let parser = try Parser(yaml: text, resolver: .basic, encoding: .utf8)
            return try withExtendedLifetime(parser) {
                guard let root = try parser.singleRoot() else { return nil }
                return try value(root, at: SettingPath())
            }
        } catch let problem as Problem {
            throw problem
        } catch let error as YamlError {
            throw self.problem(error, in: text)
        } catch {
            throw problem(nil, "the file cannot be read as YAML", "Check it with another reader.")
        }
    }

    private func value(_ node: Node, at path: SettingPath) throws(Problem) -> YAMLValue {
        let line = node.mark?.line ?? 1
        func refuse(_ what: String, _ remedy: String) -> Problem {
            Problem(file: file, line: line, key: path.text, what: what, remedy: remedy)
        }
        guard node.anchor == nil else {
            throw refuse("anchors and aliases (& and *) are not used here", "Write the value out.")
        }
        guard path.steps.count <= Self.depthMax else {
            throw refuse("this is nested deeper than \(Self.depthMax) levels", "Write it flatter.")
        }
        func check(_ tag: Tag, _ allowed: Set<String>) throws(Problem) {
            guard allowed.contains(tag.description) else {
                throw refuse("tags (!) are not used here", "Leave the tag out.")
            }
        }
        switch node {
        case .scalar(let scalar):
            let isPlain = scalar.style == .plain && scalar.tag.description == ""
            try check(scalar.tag, ["", "tag:yaml.org,2002:str"])
            return YAMLValue(
                content: .scalar(YAMLScalar(text: scalar.string, isQuoted: !isPlain)), line: line)
        case .sequence(let sequence):
            try check(sequence.tag, ["", "tag:yaml.org,2002:seq"])
            var elements: [YAMLValue] = []
            for element in sequence {
                elements.append(try value(element, at: path.appending(elements.count)))
            }
            return YAMLValue(content: .list(elements), line: line)
        case .mapping(let mapping):
            try check(mapping.tag, ["", "tag:yaml.org,2002:map"])
            var entries: [YAMLValue.Entry] = []
            for (keyNode, valueNode) in mapping {
                guard case .scalar(let key) = keyNode, keyNode.anchor == nil else {
                    throw refuse("a key is not a plain text", "Write keys as plain words.")
                }
                entries.append(
                    YAMLValue.Entry(
                        key: key.string, line: key.mark?.line ?? line,
                        value: try value(valueNode, at: path.appending(key.string))))
            }
            return YAMLValue(content: .mapping(entries), line: line)
        case .alias:
            throw refuse("anchors and aliases (& and *) are not used here", "Write the value out.")
        }
    }

    private func problem(
        _ line: Int?, key: String = "", _ what: String, _ remedy: String
    ) -> Problem {
        Problem(file: file, line: line, key: key, what: what, remedy: remedy)
    }
}

// MARK: - What the parser says

extension YAMLReader {
    private func problem(_ error: YamlError, in text: String) -> Problem {
        switch error {
        case .scanner(_, let words, let mark, _), .parser(_, let words, let mark, _),
            .composer(_, let words, let mark, _):
            return syntax(words, line: mark.line, in: text)
        case .duplicatedKeysInMapping(let keys, let context):
            return doubled(keys.first ?? "", first: context.mark, in: text)
        case .reader(let words, let offset, _, _):
            let before = text.prefix(offset ?? 0)
            let line = before.unicodeScalars.count { $0 == "\n" } + 1
            return problem(
                offset == nil ? nil : line, "this is not YAML: \(words)",
                "Take the control character out.")
        default:
            return problem(nil, "this is not YAML", "Check the file with another reader.")
        }
    }

    private func syntax(_ words: String, line: Int, in text: String) -> Problem {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let own = lines.indices.contains(line - 1) ? lines[line - 1] : ""
        let indent = own.prefix { $0 == " " || $0 == "\t" }
        if indent.contains("\t") {
            return problem(
                line, "a tab stands in the indentation", "Indent with blanks; YAML takes no tabs.")
        }
        if words.contains("nesting level") {
            return problem(line, "this is nested too deeply", "Write it flatter.")
        }
        if words.contains("another document") {
            return problem(
                line, "a second document begins here", "Keep one document: take out the line ---.")
        }
        return problem(
            line, "this is not YAML: \(words)",
            "Look at this line and the one before: indentation, a missing colon, an open quote "
                + "or bracket, or a text that needs quotes.")
    }

    /// The parser stops at a doubled key before there are values, so that the way to it and its
    /// second place are read from the lines themselves.
    private func doubled(_ key: String, first: Mark, in text: String) -> Problem {
        let outline = YAMLOutline(text)
        let second = outline.repetition(of: key, from: first.line, column: first.column)
        return problem(
            second ?? first.line,
            key: outline.path(to: key, line: first.line, column: first.column),
            "this key stands here twice, first in line \(first.line)",
            "Keep one of them; the other would be lost.")
    }
}
