package import Domain
package import Rules
package import StrictJSON
package import Transport

/// Everything that the service is told when it starts, checked as a whole.
///
/// A value exists only when nothing was wrong. Keys, units, defaults and bounds stand at the
/// properties; `deploy/copyhook.example.yaml` shows them all.
package struct Configuration: Sendable {
    /// The file, as it was named to us.
    package let file: String
    package let server: ServerSettings
    package let store: StoreSettings
    package let secrets: SecretSettings
    /// `lease`: how long a worker holds what it claimed; default 60 s, 1 s to 1 h, and at least
    /// twice the largest `timeout`.
    package let lease: Duration
    /// In the order of the file, as are the next three.
    package let sources: [Source]
    package let connections: [Connection]
    package let endpoints: [Endpoint]
    /// Those of the file itself; a change to them needs a restart.
    package let inlineRules: [Rule]
    /// Those of the file, then those of ``rulesDirectory``.
    package let rules: [Rule]
    /// `rules_dir`, which counts from the directory of the configuration.
    package let rulesDirectory: String?
    /// `egress`, together with our own listener.
    package let egress: EgressPolicy
    package let retention: RetentionSettings
    /// The way to every setting that is read as a secret, set or not, in the order of reading:
    /// what a search for leaks has to plant.
    package let secretKeys: [String]
    /// What is allowed but worth a second look.
    package let warnings: [Problem]
    /// What is as it may be, and has a consequence that is easily overlooked; for `check` alone.
    package let hints: [Problem]
    /// The whole configuration with all defaults, secrets as `<secret>`.
    package let effective: JSONValue
    /// The same as YAML, for people.
    package var effectiveYAML: String { YAMLWriter.text(effective) }

    /// What rules may name.
    package var references: RuleReferences {
        RuleReferences(
            connections: connections.map(\.name), endpoints: endpoints.map(\.name),
            sources: sources.map(\.name))
    }

    /// Reads and checks a configuration.
    ///
    /// - Parameters:
    ///   - path: The file; other paths in it count from its directory.
    ///   - environment: Variables for `${NAME}`, and `COPYHOOK_…` in place of scalars.
    package static func load(
        path: String, environment: [String: String], files: FileAccess = .disk
    ) throws(ConfigurationRefusal) -> Configuration {
        let reader = SettingReader(file: path, environment: environment, files: files)
        let root = root(reader)
        try reader.check()
        let configuration = Configuration(
            SettingSection(reader, SettingPath(), root, line: 1), root)
        try reader.check()
        return configuration
    }

    /// What a reading of `yaml` asks for, whatever is wrong with it.
    static func catalog(of yaml: String) -> SettingCatalog {
        let catalog = SettingCatalog()
        let nothing = FileAccess(
            read: { _ throws(FileTrouble) in throw FileTrouble("there are no files here") },
            list: { _ throws(FileTrouble) in throw FileTrouble("there are no files here") })
        let reader = SettingReader(
            file: "probe", environment: [:], files: nothing, catalog: catalog)
        let value = try? YAMLReader(file: "probe").read(Array(yaml.utf8))
        _ = Configuration(SettingSection(reader, SettingPath(), value, line: 1), value)
        return catalog
    }

    /// All rules with the directory read again; on a refusal the ones in force stay.
    package func readingRulesAgain(
        environment: [String: String], files: FileAccess = .disk
    ) throws(ConfigurationRefusal) -> [Rule] {
        guard let rulesDirectory else { return inlineRules }
        let found = try RuleDirectory.read(
            rulesDirectory, of: file, environment: environment, files: files,
            references: references, besides: inlineRules)
        return inlineRules + found
    }

    /// The whole of the reader's file; `nil` after a problem.
    static func root(_ reader: SettingReader) -> YAMLValue? {
        do throws(FileTrouble) {
            let bytes = try reader.files.read(reader.file)
            do throws(Problem) {
                return try YAMLReader(file: reader.file).read(bytes)
            } catch {
                reader.add(error)
            }
        } catch {
            reader.add(
                Problem(
                    file: reader.file, key: "", what: error.what,
                    remedy: "Name the configuration with --config FILE; "
                        + "deploy/copyhook.example.yaml is one to begin with."))
        }
        return nil
    }
}

// MARK: - Reading

extension Configuration {
    private init(_ root: SettingSection, _ value: YAMLValue?) {
        let reader = root.reader
        file = reader.file
        server = ServerSettings(root.section("server"))
        store = StoreSettings(root.section("store"))
        secrets = SecretSettings(root.section("secrets"))
        lease = root.scalar("lease", .duration(.seconds(1) ... .hours(1)), default: .seconds(60))
        let egress = EgressPolicy(root.section("egress"), listen: server.listen)
        self.egress = egress
        retention = RetentionSettings(root.section("retention"))
        sources = root.named("sources").compactMap { Source($0.name, $0.section) }
        Self.warnOfNameOfPublishing(sources, root)
        let connections = root.named("connections")
        let readConnections = connections.compactMap {
            Connection($0.name, $0.section, egress: egress)
        }
        self.connections = readConnections
        let endpoints = root.named("endpoints")
        let publicURL = server.publicURL
        self.endpoints = endpoints.compactMap { name, section in
            var endpoint = Endpoint(name, section, egress: egress, publicURL: publicURL)
            endpoint?.sites = Self.sites(of: readConnections)
            return endpoint
        }
        // Names as written: one that has a problem of its own is not missing as well.
        let references = RuleReferences(
            connections: connections.map(\.name), endpoints: endpoints.map(\.name))
        let inlineRules = Self.inlineRules(root, references)
        self.inlineRules = inlineRules
        let directory = root.optional(
            "rules_dir", .text("Write the path of a directory."))
        rulesDirectory = directory.map { resolve($0, from: reader.file) }
        rules =
            inlineRules
            + (rulesDirectory.map { RuleDirectory.read($0, reader, references, inlineRules) }
                ?? [])
        root.finish()
        Self.checkLease(lease, self.connections, self.endpoints, root)
        reader.refuseUnknownVariables()
        reader.warnOfOpenFiles()
        secretKeys = reader.secretPaths.map(\.text)
        warnings = reader.warnings
        hints = reader.hints
        effective = reader.effective.json
    }

    /// Warned of and not refused, unlike over the API: whoever publishes nothing may call a source
    /// so, and what started before starts again.
    private static func warnOfNameOfPublishing(_ sources: [Source], _ root: SettingSection) {
        let name = Event.Identity.sourceOfAPI
        guard sources.contains(where: { $0.name.hasSameBytes(as: name) }) else { return }
        root.reader.warn(
            root.section("sources").place(name).problem(
                "what is published without a source is kept under this name, and is refused now",
                "Use another name, or publish with one of your own."))
    }

    /// Where people look at what the connections hold, as far as it is known.
    private static func sites(of connections: [Connection]) -> [String: String] {
        Dictionary(connections.compactMap { one in one.site.map { (one.name, $0) } }) { $1 }
    }

    private static func inlineRules(
        _ root: SettingSection, _ references: RuleReferences
    ) -> [Rule] {
        let path = SettingPath().appending("rules")
        let definitions = root.items("rules") ?? []
        let reader = RuleReader(reader: root.reader, file: root.reader.file)
        var rules = RuleCollection()
        for (index, value) in definitions.enumerated() {
            let path = path.appending(index)
            guard let rule = reader.rule(value, at: path) else { continue }
            reader.check(rule, references, value, at: path)
            let line = value["name"]?.line ?? value.line
            rules.add(
                rule,
                from: Place(file: reader.file, line: line, key: path.appending("name").text),
                root.reader)
        }
        let shown = definitions.enumerated().compactMap {
            reader.json($0.element, at: path.appending($0.offset), isExpanding: false)
        }
        root.show("rules", .array(shown))
        return rules.rules
    }

    /// A worker that waits for an answer must not lose its claim meanwhile.
    private static func checkLease(
        _ lease: Duration, _ connections: [Connection], _ endpoints: [Endpoint],
        _ root: SettingSection
    ) {
        let timeouts =
            connections.map { (name: "connections.\($0.name)", timeout: $0.timeout) }
            + endpoints.map { (name: "endpoints.\($0.name)", timeout: $0.timeout) }
        guard let largest = timeouts.map(\.timeout).max(), lease < largest * 2,
            let name = timeouts.first(where: { $0.timeout == largest })?.name
        else { return }
        root.fail(
            "lease", "the lease of \(lease.text) is shorter than twice the timeout of \(name)",
            "Write at least \((largest * 2).text), or shorten \(name).timeout below "
                + "\((lease / 2).text).")
    }
}

extension Configuration: CustomStringConvertible, CustomReflectable {
    package var description: String { effectiveYAML }

    /// Nothing but what may be shown.
    package var customMirror: Mirror { Mirror(self, children: ["effective": effectiveYAML]) }
}
