import StrictJSON
import Transport

extension EgressPolicy {
    /// `egress`: `allow`, addresses that may be called although they are private, with plain http
    /// permitted to them alone (default none); `ports`, for all others (default 443 and 8443).
    init(_ section: SettingSection, listen: ListenAddress) {
        let rules = Self.rules(section)
        section.show("allow", .array(rules.map { .string("\($0)") }))
        let ports =
            section.list("ports", .whole(1...65_535))
            ?? EgressPolicy.portsByDefault.map(Int.init)
        section.show("ports", .array(ports.map { .number(JSONNumber($0)) }))
        let listeners = listen.addresses.map { Listener($0, port: UInt16(listen.port)) }
        self.init(
            allow: rules, ports: ports.map { UInt16($0) },
            ownListeners: listen.port == 0 ? [] : listeners)
        section.finish()
    }

    private static func rules(_ section: SettingSection) -> [AllowRule] {
        let any = SettingKind<String>.text("Write an address or a block, as in 10.0.0.0/8.")
        var rules: [AllowRule] = []
        for (index, item) in (section.items("allow") ?? []).enumerated() {
            let place = section.itemPlace("allow", index, item)
            guard let text = section.text(of: item, at: place, any) else { continue }
            do throws(InvalidAllowRule) {
                let rule = try AllowRule(parsing: text)
                warn(of: rule, at: place, section.reader)
                rules.append(rule)
            } catch {
                section.reader.add(
                    place.problem(section.reader.redact(error.reason), error.remedy.asSentence))
            }
        }
        return rules
    }

    /// Warns where a rule opens whole ranges of addresses that are nobody else's business: then
    /// whoever may choose an address to call reaches everything that trusts its neighbours.
    private static func warn(of rule: AllowRule, at place: Place, _ reader: SettingReader) {
        let opened = SpecialRanges.neighbourhoods(in: rule.block).map(\.words)
        let isEverything = rule.block.prefixLength == 0
        let isMetadata = SpecialRanges.holdsMetadata(rule.block)
        guard isEverything || isMetadata || !opened.isEmpty else { return }
        let what =
            isEverything
            ? "every address"
            : opened.isEmpty
                ? "a metadata service" : "much of " + opened.joined(separator: " and of ")
        reader.warn(
            place.problem(
                "this lets calls go to \(what), with plain http too",
                "Name the service that is meant and its port, as in 10.1.2.3:8080."))
    }
}

extension EgressRefusal {
    /// The refusal as a problem: what is wrong, and what to do.
    func problem(at place: Place) -> Problem {
        place.problem(reason, remedy.isEmpty ? "Write https://HOST/PATH." : remedy.asSentence)
    }
}
