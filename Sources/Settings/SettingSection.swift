import Domain
import Rules
import StrictJSON

/// A mapping of the configuration while its keys are read.
///
/// Each key that is asked for is known from then on; ``finish()`` refuses the others.
final class SettingSection {
    let reader: SettingReader
    let path: SettingPath
    private let value: YAMLValue?
    private let line: Int
    private var asked: [String] = []
    /// What `secret` or `secrets` said, once they were asked for.
    var secretsFound: [Secret] = []
    /// What counts in their place, whatever they say.
    private(set) var secretsGiven: [Secret]?

    init(_ reader: SettingReader, _ path: SettingPath, _ value: YAMLValue?, line: Int) {
        self.reader = reader
        self.path = path
        self.line = line
        if let value, case .mapping = value.content {
            self.value = value
        } else {
            if let value, !value.isNull {
                let place = Place(file: reader.file, line: line, key: path.text)
                reader.add(
                    place.problem(
                        "a mapping is wanted, not \(value.kind)",
                        "Write its keys below it, each on a line of its own and indented."))
            }
            self.value = nil
        }
    }

    /// The same section once more, with other secrets, for a reader that finds no fault yet.
    var reopening: @Sendable (_ secrets: [Secret]) -> SettingSection {
        let (path, value, line) = (path, value, line)
        let reopenReader = reader.reopening
        return { secrets in
            let section = SettingSection(reopenReader(), path, value, line: line)
            section.secretsGiven = secrets
            return section
        }
    }

    /// The names below, in the order of the file.
    var names: [String] {
        guard case .mapping(let entries) = value?.content else { return [] }
        return entries.map(\.key)
    }

    /// Whether the key stands in the file with a value or is set by the environment.
    func has(_ key: String) -> Bool {
        entry(key) != nil || reader.override(path.appending(key)) != nil
    }

    func place(_ key: String) -> Place {
        let path = path.appending(key)
        if reader.environment[path.variable] != nil {
            return Place(file: nil, line: nil, key: "\(path.variable): \(path.text)")
        }
        return Place(
            file: reader.file, line: value?[key]?.line ?? line, key: path.text)
    }

    func fail(_ key: String, _ what: String, _ remedy: String) {
        reader.add(place(key).problem(what, remedy))
    }

    /// Says that a mandatory key is missing, at the section's own line.
    func miss(_ key: String, _ remedy: String) {
        note(key)
        let place = Place(file: reader.file, line: line, key: path.appending(key).text)
        reader.add(place.problem("this key is missing", remedy))
    }

    /// Refuses the keys that nobody asked for.
    func finish() {
        guard case .mapping(let entries) = value?.content else { return }
        for entry in entries where !asked.contains(where: { $0.hasSameBytes(as: entry.key) }) {
            let place = Place(
                file: reader.file, line: entry.line, key: path.appending(entry.key).text)
            reader.add(
                place.problem(
                    "there is no key of this name",
                    Spelling.hint(for: entry.key, among: asked)
                        + "Known here are \(asked.joined(separator: ", "))."))
        }
    }

    /// The key's value, unless it is absent or null.
    func entry(_ key: String) -> YAMLValue.Entry? {
        note(key)
        guard let entry = value?[key], !entry.value.isNull else { return nil }
        return entry
    }

    private func note(_ key: String) {
        reader.catalog?.note(path.appending(key), .unsaid)
        if !asked.contains(where: { $0.hasSameBytes(as: key) }) { asked.append(key) }
    }
}

// MARK: - Scalars

extension SettingSection {
    /// The value, or the default when the key is absent or has a problem.
    func scalar<Value>(_ key: String, _ kind: SettingKind<Value>, default standard: Value) -> Value
    {
        let read = optional(key, kind) ?? standard
        reader.catalog?.note(path.appending(key), standard: kind.show(standard))
        show(key, kind.show(read))
        return read
    }

    func optional<Value>(_ key: String, _ kind: SettingKind<Value>) -> Value? {
        catalogue(key, kind)
        show(key, .null)
        guard let text = text(key, isText: kind.isText) else { return nil }
        guard let read = kind.read(text.text) else {
            fail(key, refusal(of: text, kind), kind.remedy)
            return nil
        }
        show(key, kind.show(read))
        return read
    }

    /// A text that must not be shown.
    ///
    /// - Parameters:
    ///   - isOneLine: Whether control characters are refused; a PEM block has some.
    ///   - opensDoors: Whether who knows it may do something; an address is only hidden.
    func secret(_ key: String, isOneLine: Bool = true, opensDoors: Bool = true) -> Secret? {
        reader.noteSecret(path.appending(key))
        catalogueSecret(key)
        show(key, .null)
        guard let text = text(key, isText: true) else { return nil }
        show(key, .string(Secret.mark))
        if !text.isReference, opensDoors { reader.noteWritten(place(key)) }
        return checked(text.text, key, isOneLine: isOneLine)
    }

    func required(secret key: String, _ remedy: String, opensDoors: Bool = true) -> Secret? {
        guard has(key) else {
            catalogueSecret(key)
            reader.noteSecret(path.appending(key))
            miss(key, remedy)
            return nil
        }
        return secret(key, opensDoors: opensDoors)
    }

    func checked(_ text: String, _ key: String, isOneLine: Bool) -> Secret? {
        checked(text, at: place(key), isOneLine: isOneLine)
    }

    private func checked(_ text: String, at place: Place, isOneLine: Bool) -> Secret? {
        guard let trouble = Self.trouble(in: text, isOneLine: isOneLine) else {
            return Secret(text)
        }
        reader.add(place.problem(trouble.what, trouble.remedy))
        return nil
    }

    /// Why a text is no secret.
    private static func trouble(
        in text: String, isOneLine: Bool
    ) -> (what: String, remedy: String)? {
        if text.isEmpty {
            return ("the secret is empty", "An empty token is not a token: write the real one.")
        }
        // Whoever puts in again what was shown would give the secret away.
        if text.contains(Secret.mark) {
            return (
                "this is how secrets are shown",
                "Send the real one: “\(Secret.mark)” stands for it in answers and lists."
            )
        }
        guard isOneLine else { return nil }
        if !text.isHarmless {
            return (
                "the secret has a control character",
                "Take line feeds and other control characters out."
            )
        }
        if text.utf8.count > Secret.bytesMax {
            return (
                "the secret has more than \(Secret.bytesMax) bytes",
                "Use a shorter one: openssl rand -hex 32 makes 64 characters."
            )
        }
        return nil
    }

    private func refusal<Value>(of text: ExpandedText, _ kind: SettingKind<Value>) -> String {
        // What stands in front of an @ in a URL is a password more often than not.
        let mayHoldSecret = text.isReference || text.text.utf8.contains(UInt8(ascii: "@"))
        return mayHoldSecret || !kind.isShownWhenRefused || text.text.utf8.count > 60
            ? "the value is not accepted" : "“\(text.text)” is not accepted"
    }

    /// The text of a scalar, from the environment or the file.
    func text(_ key: String, isText: Bool = true) -> ExpandedText? {
        note(key)
        if let text = reader.override(path.appending(key)) {
            return ExpandedText(text: text, isReference: true)
        }
        guard let entry = entry(key) else { return nil }
        return text(of: entry.value, at: place(key), isText: isText)
    }

    /// The text of one item of a list, or `nil` after a problem.
    func text(of value: YAMLValue, at place: Place, _ kind: SettingKind<String>) -> String? {
        guard let text = text(of: value, at: place, isText: true) else { return nil }
        if let read = kind.read(text.text) { return read }
        reader.add(place.problem(refusal(of: text, kind), kind.remedy))
        return nil
    }

    private func text(of value: YAMLValue, at place: Place, isText: Bool) -> ExpandedText? {
        guard case .scalar(let scalar) = value.content else {
            reader.add(place.problem("one value is wanted, not \(value.kind)", "Write one value."))
            return nil
        }
        if isText {
            // Digits are ids, which need no quotes as they are kept exactly.
            guard scalar.meaning == .string || scalar.isDigits else {
                reader.add(
                    place.problem(
                        "a text is wanted, and YAML may read this as something else",
                        "Put it in quotes."))
                return nil
            }
        }
        return reader.expand(scalar.text, at: place)
    }

    func show(_ key: String, _ json: JSONValue) {
        reader.effective.set(json, at: path.appending(key))
    }
}

// MARK: - The catalog

extension SettingSection {
    func catalogue<Value>(_ key: String, _ kind: SettingKind<Value>) {
        reader.catalog?.note(path.appending(key), .value(kind.schema), remedy: kind.remedy)
    }

    func catalogueSecret(_ key: String) {
        reader.catalog?.note(path.appending(key), .value(["type": ["string", "integer"]]))
    }

    func catalogueSecrets(_ key: String) {
        reader.catalog?.note(path.appending(key), .list(["type": ["string", "integer"]]))
    }
}

// MARK: - Lists and sections

extension SettingSection {
    /// The values of a list with their places, or `nil` when the key is absent.
    func list<Value>(_ key: String, _ kind: SettingKind<Value>) -> [Value]? {
        reader.catalog?.note(path.appending(key), .list(kind.schema), remedy: kind.remedy)
        guard let items = items(key) else {
            show(key, .null)
            return nil
        }
        var values: [Value] = []
        for (index, item) in items.enumerated() {
            let place = itemPlace(key, index, item)
            guard let text = text(of: item, at: place, isText: kind.isText) else { continue }
            guard let read = kind.read(text.text) else {
                reader.add(place.problem(refusal(of: text, kind), kind.remedy))
                continue
            }
            values.append(read)
        }
        show(key, .array(values.map(kind.show)))
        return values
    }

    /// Secrets of a list, each with its place.
    func secrets(_ key: String) -> [(secret: Secret, place: Place)]? {
        catalogueSecrets(key)
        reader.noteSecret(path.appending(key))
        guard let items = items(key) else { return nil }
        show(key, .array(items.map { _ in .string(Secret.mark) }))
        return items.enumerated().compactMap { index, item in
            let place = itemPlace(key, index, item)
            guard let expanded = text(of: item, at: place, isText: true) else { return nil }
            if !expanded.isReference { reader.noteWritten(place) }
            return checked(expanded.text, at: place, isOneLine: true).map { ($0, place) }
        }
    }

    func itemPlace(_ key: String, _ index: Int, _ item: YAMLValue) -> Place {
        Place(
            file: reader.file, line: item.line, key: path.appending(key).appending(index).text)
    }

    func items(_ key: String) -> [YAMLValue]? {
        reader.catalog?.note(path.appending(key), .list(["type": ["string", "integer"]]))
        guard let entry = entry(key) else { return nil }
        guard case .list(let items) = entry.value.content else {
            fail(key, "a list is wanted, not \(entry.value.kind)", "Write [one, another].")
            return nil
        }
        return items
    }

    /// The mappings of a list.
    func sections(inList key: String) -> [SettingSection]? {
        reader.catalog?.note(path.appending(key), .sections)
        return items(key)?.enumerated().map { index, item in
            SettingSection(
                reader, path.appending(key).appending(index), item, line: item.line)
        }
    }

    /// A mapping below; when it is absent, its keys have their defaults.
    func section(_ key: String) -> SettingSection {
        reader.catalog?.note(path.appending(key), .section)
        let entry = entry(key)
        return SettingSection(
            reader, path.appending(key), entry?.value, line: value?[key]?.line ?? line)
    }

    /// The mappings below a mapping of names, in the order of the file.
    func named(_ key: String) -> [(name: String, section: SettingSection)] {
        reader.catalog?.note(path.appending(key), .names)
        let all = section(key)
        reader.effective.set(.object([:]), at: path.appending(key))
        return all.names.compactMap { name in
            let section = all.section(name)
            guard name.isName else {
                all.fail(
                    name, "this is no name",
                    "Use 1 to 64 letters, digits, - _ and ., beginning with a letter or digit.")
                return nil
            }
            return (name, section)
        }
    }
}

extension String {
    /// Whether a source, a connection or an endpoint may be called so.
    var isName: Bool {
        func isWord(_ byte: UInt8) -> Bool {
            (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
        }
        guard let first = utf8.first, isWord(first), utf8.count <= 64 else { return false }
        return utf8.allSatisfy { isWord($0) || "-_.".utf8.contains($0) }
    }
}
