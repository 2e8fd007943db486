import Domain
import Foundation
import Settings
import StrictJSON

/// A directory of rules, a file each.
struct RuleFolder {
    struct Found {
        let file: String
        let name: String
        let definition: JSONValue
        /// The name as a token of a JSON pointer.
        var pointed: String {
            name.replacing("~", with: "~0").replacing("/", with: "~1")
        }
    }

    private let directory: String

    init(_ directory: String) { self.directory = directory }

    /// - Throws: When it is not there and cannot be made.
    init(making directory: String) throws(CommandFailure) {
        do {
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: true)
        } catch {
            throw .failed(
                "\(directory) cannot be made", "Name a directory that you may write.")
        }
        self.directory = directory
    }

    /// Every rule, in the order of the files' names.
    func read() throws(CommandFailure) -> [Found] {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: directory)
        } catch {
            throw .badUsage(
                "\(directory) cannot be read", "Name a directory with a rule in each file.")
        }
        var found: [Found] = []
        for name in names.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
            guard !name.hasPrefix("."),
                [".yaml", ".yml", ".json"].contains(where: { name.hasSuffix($0) })
            else { continue }
            let file = directory.hasSuffix("/") ? directory + name : "\(directory)/\(name)"
            let rule = try read(
                file, stem: String(name[..<(name.lastIndex(of: ".") ?? name.endIndex)]))
            if let other = found.first(where: { $0.name.hasSameBytes(as: rule.name) }) {
                throw .badUsage(
                    "\(file) and \(other.file) hold the same rule, \(rule.name.onOneLine)",
                    "Rename one of them, or take it away.")
            }
            found.append(rule)
        }
        return found
    }

    private func read(_ file: String, stem: String) throws(CommandFailure) -> Found {
        let definition: JSONValue
        do throws(ConfigurationRefusal) {
            definition = try RuleDefinition.json(try bytes(of: file), file: file)
        } catch {
            throw .badUsage(error.description)
        }
        return Found(file: file, name: definition["name"]?.text ?? stem, definition: definition)
    }

    private func bytes(of file: String) throws(ConfigurationRefusal) -> [UInt8] {
        do throws(CommandFailure) {
            return try InputFile.read(file)
        } catch {
            throw ConfigurationRefusal([
                Problem(file: file, key: "", what: error.what, remedy: error.remedy)
            ])
        }
    }

    /// Writes a rule, unless its file says so already.
    ///
    /// - Returns: Whether it did; `nil` where no file could hold the rule.
    func write(_ definition: JSONValue, as name: String) throws(CommandFailure) -> Bool? {
        let path = "\(directory)/\(Self.fileName(of: name))"
        guard let yaml = RuleDefinition.yaml(definition, name: name) else { return nil }
        let text = Data(yaml.utf8)
        guard (try? Data(contentsOf: URL(filePath: path))) != text else { return false }
        do {
            try text.write(to: URL(filePath: path), options: .atomic)
        } catch {
            throw .failed("\(path) cannot be written", "Name a directory that you may write.")
        }
        return true
    }

    /// One for each name.
    ///
    /// Rules have no slash in theirs, but a dot in front would hide the file.
    private static func fileName(of name: String) -> String {
        let escaped = name.replacing("%", with: "%25")
        return (escaped.hasPrefix(".") ? "%2E" + escaped.dropFirst() : escaped) + ".yaml"
    }
}
