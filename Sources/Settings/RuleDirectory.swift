import Domain
package import Rules
import StrictJSON

/// `rules_dir`: rules as files of their own, `*.yaml`, `*.yml` or `*.json`, one each.
///
/// A rule's name is its `name`, or else the file's without its ending. The files are read in the
/// order of their names' bytes. Names that begin with a dot are passed over: editors leave them.
package enum RuleDirectory {
    static let filesMax = 10_000

    /// All rules of the directory, or every problem that was found: nothing half.
    ///
    /// - Parameters:
    ///   - path: The directory.
    ///   - file: The configuration, from whose directory the paths of references count.
    ///   - references: What rules may name.
    ///   - others: Rules from elsewhere, whose names are taken.
    package static func read(
        _ path: String, of file: String, environment: [String: String], files: FileAccess,
        references: RuleReferences, besides others: [Rule]
    ) throws(ConfigurationRefusal) -> [Rule] {
        let reader = SettingReader(file: file, environment: environment, files: files)
        let rules = read(path, reader, references, others)
        try reader.check()
        return rules
    }

    static func read(
        _ path: String, _ reader: SettingReader, _ references: RuleReferences, _ others: [Rule]
    ) -> [Rule] {
        let names: [String]
        do throws(FileTrouble) {
            names = try reader.files.list(path)
        } catch {
            reader.add(
                Problem(
                    file: path, key: "rules_dir", what: error.what,
                    remedy: "Make the directory, or take rules_dir out."))
            return []
        }
        let wanted = names.filter { name in
            !name.hasPrefix(".") && [".yaml", ".yml", ".json"].contains { name.hasSuffix($0) }
        }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        guard wanted.count <= filesMax else {
            reader.add(
                Problem(
                    file: path, key: "rules_dir", what: "there are more than \(filesMax) files",
                    remedy: "Put rules over the API, or fewer of them."))
            return []
        }
        var rules = RuleCollection(others)
        for name in wanted {
            let file = path.hasSuffix("/") ? path + name : "\(path)/\(name)"
            guard let value = value(file, reader) else { continue }
            let rule = RuleReader(reader: reader, file: file)
            let stem = String(name[..<(name.lastIndex(of: ".") ?? name.endIndex)])
            guard let read = rule.rule(value, at: SettingPath(), name: stem) else { continue }
            rule.check(read, references, value, at: SettingPath())
            let entry = value["name"]
            rules.add(
                read, from: Place(file: file, line: entry?.line ?? 1, key: "name"), reader)
        }
        return rules.rules
    }

    private static func value(_ file: String, _ reader: SettingReader) -> YAMLValue? {
        do throws(FileTrouble) {
            let bytes = try reader.files.read(file)
            do throws(Problem) {
                if let value = try YAMLReader(file: file).read(bytes) { return value }
                reader.add(
                    Problem(
                        file: file, key: "", what: "the file is empty",
                        remedy: "Write a rule, or take the file away."))
            } catch {
                reader.add(error)
            }
        } catch {
            reader.add(
                Problem(
                    file: file, key: "", what: error.what,
                    remedy: "The service must be allowed to read the file."))
        }
        return nil
    }
}
