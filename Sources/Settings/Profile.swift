package import Domain

/// A service that a person asks from the shell, under a name of their own: where it is, and with
/// which key.
///
/// The file is YAML: `profiles: { prod: { url: "https://…", key: "${file:prod.key}" } }`.
package struct Profile: Hashable, Sendable {
    package let name: String
    /// `url`; the command's own default where absent.
    package let url: String?
    /// `key`: best a reference, since whoever reads the file could use it.
    package let key: Secret?

    /// Reads all profiles of a file.
    ///
    /// - Throws: Every problem with file, line, key and remedy; among them a file with a key in it
    ///   that others may read.
    package static func read(
        _ path: String, environment: [String: String], files: FileAccess = .disk
    ) throws(ConfigurationRefusal) -> [Profile] {
        let reader = SettingReader(file: path, environment: environment, files: files)
        let root = Configuration.root(reader)
        try reader.check()
        let section = SettingSection(reader, SettingPath(), root, line: 1)
        let profiles = section.named("profiles").map { Profile($0.name, $0.section) }
        section.finish()
        reader.warnOfOpenFiles()
        try reader.check()
        if let open = reader.warnings.first { throw ConfigurationRefusal([open]) }
        return profiles
    }

    private init(_ name: String, _ section: SettingSection) {
        self.name = name
        url = section.optional("url", .text("Write the address, as in http://127.0.0.1:8080."))
        key = section.secret("key")
        section.finish()
    }
}
