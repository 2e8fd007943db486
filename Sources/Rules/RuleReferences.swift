import StrictJSON

/// The names that rules may refer to: connections and endpoints of the configuration.
package struct RuleReferences: Hashable, Sendable {
    package var connections: [String]
    package var endpoints: [String]
    /// A pattern may ask for a source that is not there; the lint says so where these are known.
    package var sources: [String]?

    package init(connections: [String], endpoints: [String], sources: [String]? = nil) {
        self.connections = connections
        self.endpoints = endpoints
        self.sources = sources
    }

    /// Refuses a rule that names something which is not there.
    package func check(_ rule: Rule) throws(RuleRefusal) {
        for (place, copy) in rule.copies.enumerated() {
            try check(
                copy.connection, among: connections, what: "connection",
                at: ["copy", "\(place)", "connection"])
        }
        for (place, name) in (rule.notify ?? []).enumerated() {
            try check(name, among: endpoints, what: "endpoint", at: ["notify", "\(place)"])
        }
    }

    private func check(
        _ name: String, among known: [String], what: String, at tokens: [String]
    ) throws(RuleRefusal) {
        guard !known.contains(where: { $0.utf8.elementsEqual(name.utf8) }) else { return }
        let choices =
            known.isEmpty
            ? "The configuration has no \(what)s; add one under \"\(what)s\"."
            : "Known \(what)s: \(known.joined(separator: ", "))."
        throw RuleRefusal(
            pointer: JSONPointer(tokens: tokens), what: "there is no \(what) \"\(name)\"",
            remedy: Spelling.hint(for: name, among: known) + choices)
    }
}
