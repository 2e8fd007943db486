import Domain
import Rules
import StrictJSON

/// Everything that is shared while one configuration is read.
///
/// Which keys exist, which variables set them and what the effective configuration says all come
/// from the same calls that read the values, so that the three cannot disagree.
final class SettingReader {
    /// Variables that are not settings: the shell's access to a running service.
    static let foreignVariables = ["COPYHOOK_URL", "COPYHOOK_API_KEY", "COPYHOOK_BUILD"]
    static let foreignPrefix = "COPYHOOK_TEST_"

    let file: String
    let environment: [String: String]
    let files: FileAccess
    /// What a definition that came from elsewhere may not do: our environment and our files stay
    /// ours, whatever it asks for.
    let followsReferences: Bool
    /// Whether `${NAME}` reads the environment; where not, there is none to speak of.
    let takesVariables: Bool
    private(set) var problems: [Problem] = []
    private(set) var warnings: [Problem] = []
    /// What is as it may be, and has a consequence that is easily overlooked.
    private(set) var hints: [Problem] = []
    let effective = EffectiveNode()
    /// Written while a schema is made; absent otherwise.
    let catalog: SettingCatalog?
    /// Variables of the scalars that were read, with the way to each.
    private var variables: [String: SettingPath] = [:]
    private var usedVariables: Set<String> = []
    /// What came out of references, which no problem may repeat.
    private var referenced: [String] = []
    /// Where a file was read for a value, by the value's key.
    private var filesRead: [(place: Place, path: String)] = []
    /// Where secrets stand in the file itself, in the order of reading.
    private var writtenSecrets: [Place] = []
    /// The way to every secret that was asked for, there or not.
    private(set) var secretPaths: [SettingPath] = []

    init(
        file: String, environment: [String: String], files: FileAccess,
        catalog: SettingCatalog? = nil, followsReferences: Bool = true,
        takesVariables: Bool = true
    ) {
        self.takesVariables = takesVariables
        self.followsReferences = followsReferences
        self.catalog = catalog
        self.file = file
        self.environment = environment
        self.files = files
    }

    /// Another reader of the same, to which nothing has been said yet.
    var reopening: @Sendable () -> SettingReader {
        let (file, environment, files) = (file, environment, files)
        let (followsReferences, takesVariables) = (followsReferences, takesVariables)
        return {
            SettingReader(
                file: file, environment: environment, files: files,
                followsReferences: followsReferences, takesVariables: takesVariables)
        }
    }

    func add(_ problem: Problem) { problems.append(problem) }

    func warn(_ warning: Problem) { warnings.append(warning) }

    func hint(_ hint: Problem) { hints.append(hint) }

    func noteSecret(_ path: SettingPath) {
        if !secretPaths.contains(path) { secretPaths.append(path) }
    }

    /// Notes a secret that stands where it is used, and not in a variable or a file of its own.
    func noteWritten(_ place: Place) { writtenSecrets.append(place) }

    /// The refusal of all that was found, in the order of the file, or nothing.
    func check() throws(ConfigurationRefusal) {
        guard !problems.isEmpty else { return }
        let sorted = problems.enumerated().sorted { left, right in
            let (one, other) = (left.element, right.element)
            let ranks = [one, other].map { $0.file == nil ? 2 : $0.file == file ? 0 : 1 }
            if ranks[0] != ranks[1] { return ranks[0] < ranks[1] }
            if one.file == other.file, one.line != other.line {
                return one.line ?? 0 < other.line ?? 0
            }
            return left.offset < right.offset
        }
        throw ConfigurationRefusal(sorted.map(\.element))
    }
}

// MARK: - Variables

extension SettingReader {
    /// The value that a variable of the environment sets for a scalar, as it stands.
    func override(_ path: SettingPath) -> String? {
        let name = path.variable
        if let other = variables[name], other != path, environment[name] != nil {
            add(
                Problem(
                    file: nil, key: name, what: "it could mean \(other.text) or \(path.text)",
                    remedy: "Rename one of them, or set both in the file."))
        }
        variables[name] = path
        return environment[name]
    }

    /// Refuses variables that look like settings and are none: a slip must not pass in silence.
    func refuseUnknownVariables() {
        let known = variables.keys.sorted()
        for name in environment.keys.sorted() where name.hasPrefix("COPYHOOK_") {
            if variables[name] != nil || usedVariables.contains(name)
                || Self.foreignVariables.contains(name) || name.hasPrefix(Self.foreignPrefix)
            {
                continue
            }
            add(
                Problem(
                    file: nil, key: name, what: "no setting of this configuration has this name",
                    remedy: Spelling.hint(for: name, among: known)
                        + "Unset it, or write the way to the key in capital letters with _ "
                        + "between, as in COPYHOOK_SERVER_LISTEN."))
        }
    }
}

// MARK: - References

extension SettingReader {
    /// The text with `${NAME}` and `${file:PATH}` replaced; `$${` stands for `${` itself.
    ///
    /// Returns `nil` after a problem.
    func expand(_ text: String, at place: Place) -> ExpandedText? {
        guard text.utf8.contains(UInt8(ascii: "$")) else {
            return ExpandedText(text: text, isReference: false)
        }
        var (result, rest, isReference) = ("", text[...], false)
        while let start = rest.firstRange(of: "${") {
            if rest[..<start.lowerBound].last == "$" {
                result += rest[..<start.lowerBound].dropLast() + "${"
                rest = rest[start.upperBound...]
                continue
            }
            result += rest[..<start.lowerBound]
            guard let end = rest[start.upperBound...].firstIndex(of: "}") else {
                add(
                    place.problem(
                        "“${” is never closed", "Write ${NAME}, ${file:PATH}, or $${ for “${”."))
                return nil
            }
            guard followsReferences else {
                add(
                    place.problem(
                        "references are not followed in what comes over the API",
                        "Send the value itself, or $${ for “${”; the commands of copyhook follow "
                            + "${NAME} and ${file:PATH} where they run."))
                return nil
            }
            guard let value = value(of: String(rest[start.upperBound..<end]), at: place) else {
                return nil
            }
            isReference = true
            referenced.append(value)
            result += value
            rest = rest[rest.index(after: end)...]
        }
        return ExpandedText(text: result + rest, isReference: isReference)
    }

    /// What the name of a template's file ends with.
    static let templateSuffix = ".mustache"

    /// Whether a text that is sent away is free of where secrets are kept: the environment, and
    /// files that are not meant for it.
    ///
    /// Reports it otherwise. The text may come from a file as a whole, and only from one whose name
    /// says that it is a template: no key is called so, and nothing of the system.
    func isSendable(_ value: YAMLValue, at place: Place) -> Bool {
        guard case .scalar(let scalar) = value.content else { return true }
        let text = scalar.text.replacing("$${", with: "")
        let isFile = text.hasPrefix("${file:") && text.firstIndex(of: "}") == text.indices.last
        guard text.contains("${") else { return true }
        if isFile {
            if text.dropLast().hasSuffix(Self.templateSuffix) { return true }
            add(
                place.problem(
                    "a template is sent away, and the name of this file does not end with "
                        + Self.templateSuffix,
                    "Rename the file if it is a template: no other is read here, so that no key "
                        + "leaves by mistake."))
            return false
        }
        add(
            place.problem(
                "a template takes nothing from the environment, since all of it is sent",
                "Write the text itself, or ${file:NAME\(Self.templateSuffix)} for the whole of it.")
        )
        return false
    }

    private func value(of reference: String, at place: Place) -> String? {
        if reference.hasPrefix("file:") {
            return contents(String(reference.dropFirst(5)), at: place)
        }
        let isName =
            !reference.isEmpty
            && reference.utf8.allSatisfy {
                $0 == UInt8(ascii: "_") || (0x30...0x39).contains($0)
                    || (0x41...0x5A).contains($0 & 0xDF)
            }
        guard isName else {
            add(
                place.problem(
                    "this is no reference", "Write ${NAME}, ${file:PATH}, or $${ for “${”."))
            return nil
        }
        usedVariables.insert(reference)
        if let value = environment[reference] { return value }
        guard takesVariables else {
            add(
                place.problem(
                    "nothing is taken from the environment here",
                    "Write the text itself, or $${ where “${” is meant."))
            return nil
        }
        add(
            place.problem(
                "the variable \(reference) is not set",
                "Set \(reference) in the environment, or write $${ where “${” is meant."))
        return nil
    }

    /// A file's text without the line feeds at its end, which editors put there.
    func contents(_ path: String, at place: Place) -> String? {
        guard followsReferences else {
            add(
                place.problem(
                    "files are not read for what comes over the API",
                    "Send what is in the file; the commands of copyhook read it where they run."))
            return nil
        }
        do throws(FileTrouble) {
            let bytes = try files.read(resolve(path, from: file))
            filesRead.append((place, path))
            guard bytes.count <= FileAccess.bytesMax else { throw .tooLarge }
            guard var text = String(validating: bytes, as: UTF8.self) else {
                throw FileTrouble("the file is not UTF-8")
            }
            while let last = text.unicodeScalars.last, last == "\n" || last == "\r" {
                text.unicodeScalars.removeLast()
            }
            return text
        } catch {
            add(
                place.problem(
                    "the file \(path) cannot be used: \(error.what)",
                    "Paths count from the directory of the configuration; the service must be "
                        + "allowed to read the file."))
            return nil
        }
    }

    /// The files behind the value of this place that others than their owner may read.
    ///
    /// Credentials of systemd are handed over by an access list, which shows as a group's right.
    func openFiles(at place: Place) -> [String] {
        filesRead.filter { $0.place.key == place.key }.map(\.path)
            .filter { isOpen(resolve($0, from: file)) }
    }

    private func isOpen(_ path: String) -> Bool {
        if let directory = environment["CREDENTIALS_DIRECTORY"], !directory.isEmpty,
            path.hasPrefix(directory + "/")
        {
            return false
        }
        return files.isOpenToOthers(path)
    }

    /// Warns of every file behind a value that others than its owner may use, and of this one where
    /// secrets stand in it.
    ///
    /// No more than that, unlike for a master key: volumes that an orchestrator mounts for one
    /// service alone often show so.
    func warnOfOpenFiles() {
        if let first = writtenSecrets.first(where: { $0.file != nil }), isOpen(file) {
            warn(
                first.problem(
                    "a secret stands in a file that others than its owner may read or change",
                    "Run chmod 0600 \(file), or write ${NAME} or ${file:PATH} for the secret."))
        }
        for read in filesRead where isOpen(resolve(read.path, from: file)) {
            warn(
                read.place.problem(
                    "others than its owner may read or change the file \(read.path)",
                    "Run chmod 0400 \(read.path), and give it to the user who reads it."))
        }
    }

    /// The text with everything that came out of a reference taken out.
    func redact(_ text: String) -> String {
        referenced.filter { $0.utf8.count >= 4 }.sorted { $0.utf8.count > $1.utf8.count }
            .reduce(text) { $0.replacing($1, with: Secret.mark) }
    }
}

/// A text after its references were followed.
struct ExpandedText {
    let text: String
    /// Whether any part is from elsewhere, and so must not be repeated in a problem.
    let isReference: Bool
}

/// Where a value comes from, for its problems.
struct Place {
    let file: String?
    let line: Int?
    let key: String

    func problem(_ what: String, _ remedy: String) -> Problem {
        Problem(file: file, line: line, key: key, what: what, remedy: remedy)
    }
}
