package import Domain
package import StrictJSON
package import Transport

/// Reads definitions that come over the API: what stands under `endpoints.NAME` in a configuration,
/// as JSON, with the same keys, bounds and refusals.
///
/// References are refused, since they would let whoever may send a definition read our environment
/// and our files.
package struct DefinitionReader: Sendable {
    private let egress: EgressPolicy
    private let publicURL: String?
    private let lease: Duration

    package init(egress: EgressPolicy, publicURL: String?, lease: Duration) {
        self.egress = egress
        self.publicURL = publicURL
        self.lease = lease
    }

    package init(_ configuration: Configuration) {
        self.init(
            egress: configuration.egress, publicURL: configuration.server.publicURL,
            lease: configuration.lease)
    }

    package func endpoint(
        _ name: String, _ json: JSONValue
    ) throws(DefinitionRefusal) -> ReadDefinition<Endpoint> {
        try read(name, json) { section in
            let endpoint = Endpoint(name, section, egress: egress, publicURL: publicURL)
            if let endpoint { check(endpoint.timeout, section) }
            return endpoint
        }
    }

    package func connection(
        _ name: String, _ json: JSONValue
    ) throws(DefinitionRefusal) -> ReadDefinition<Connection> {
        try read(name, json) { section in
            let connection = Connection(name, section, egress: egress)
            if let connection { check(connection.timeout, section) }
            return connection
        }
    }

    package func source(
        _ name: String, _ json: JSONValue
    ) throws(DefinitionRefusal) -> ReadDefinition<Source> {
        try read(name, json) { Source(name, $0) }
    }

    private func read<Value>(
        _ name: String, _ json: JSONValue, _ make: (SettingSection) -> Value?
    ) throws(DefinitionRefusal) -> ReadDefinition<Value> {
        guard name.isName else {
            throw DefinitionRefusal([
                DefinitionFinding(
                    pointer: .root, what: "“\(name.onOneLine)” is no name",
                    remedy: "Use 1 to 64 letters, digits, - _ and ., beginning with a letter or "
                        + "digit.")
            ])
        }
        guard case .object = json else {
            throw DefinitionRefusal([
                DefinitionFinding(
                    pointer: .root, what: "one object is wanted, not \(json.kind)",
                    remedy: "Write what would stand under the name in the configuration.")
            ])
        }
        let nothing = FileAccess(
            read: { _ throws(FileTrouble) in throw FileTrouble("there are no files here") },
            list: { _ throws(FileTrouble) in throw FileTrouble("there are no files here") })
        let reader = SettingReader(
            file: "", environment: [:], files: nothing, followsReferences: false)
        let value = make(SettingSection(reader, SettingPath(), YAMLValue(json), line: 1))
        guard reader.problems.isEmpty, let value else {
            throw DefinitionRefusal(reader.problems.map { DefinitionFinding($0) })
        }
        return ReadDefinition(
            value: value, shown: reader.effective.json,
            warnings: reader.warnings.map { DefinitionFinding($0) })
    }

    /// A worker that waits for an answer must not lose its claim meanwhile.
    private func check(_ timeout: Duration, _ section: SettingSection) {
        guard lease < timeout * 2 else { return }
        section.fail(
            "timeout",
            "\(timeout.text) is more than half of the lease of \(lease.text)",
            "Write at most \((lease / 2).text), or have lease made longer in the configuration.")
    }
}

/// A definition that was accepted.
package struct ReadDefinition<Value: Sendable>: Sendable {
    package let value: Value
    /// With all defaults, secrets as `<secret>`.
    package let shown: JSONValue
    /// What is worth a second look.
    package let warnings: [DefinitionFinding]

    package init(value: Value, shown: JSONValue, warnings: [DefinitionFinding] = []) {
        self.value = value
        self.shown = shown
        self.warnings = warnings
    }
}

/// One thing about a definition: where, what, and what to do.
package struct DefinitionFinding: Hashable, Sendable {
    package let pointer: JSONPointer
    /// One sentence without a full stop; never the value of a secret.
    package let what: String
    package let remedy: String

    package init(pointer: JSONPointer, what: String, remedy: String) {
        self.pointer = pointer
        self.what = what
        self.remedy = remedy
    }

    /// Finds the place again that a problem names as the configuration does.
    init(_ problem: Problem) {
        self.init(
            pointer: SettingPath(text: problem.key).pointer, what: problem.what,
            remedy: problem.remedy)
    }
}

/// Why a definition is not accepted; at least one reason.
package struct DefinitionRefusal: Error, Hashable, Sendable {
    package let findings: [DefinitionFinding]

    package init(_ findings: [DefinitionFinding]) { self.findings = findings }

    /// All of it in one line, as far as a person wants to read at once.
    package var text: String {
        let lines = findings.prefix(ConfigurationRefusal.problemsMax).map { finding in
            (finding.pointer == .root ? "" : "\(finding.pointer): ") + finding.what
        }
        return lines.joined(separator: "; ")
    }
}
