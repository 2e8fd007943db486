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
        let listener = listen.address.map { Listener($0, port: UInt16(listen.port)) }
        self.init(
            allow: rules, ports: ports.map { UInt16($0) },
            ownListeners: listen.port == 0 ? [] : listener.map { [$0] } ?? [])
        section.finish()
    }

    private static func rules(_ section: SettingSection) -> [AllowRule] {
        let any = SettingKind<String>.text("Write an address or a block, as in 10.0.0.0/8.")
        var rules: [AllowRule] = []
        for (index, item) in (section.items("allow") ?? []).enumerated() {
            let place = section.itemPlace("allow", index, item)
            guard let text = section.text(of: item, at: place, any) else { continue }
            do throws(InvalidAllowRule) {
                rules.append(try AllowRule(parsing: text))
            } catch {
                section.reader.add(
                    place.problem(section.reader.redact(error.reason), error.remedy.asSentence))
            }
        }
        return rules
    }
}

extension EgressRefusal {
    /// The refusal as a problem: what is wrong, and what to do.
    func problem(at place: Place) -> Problem {
        place.problem(reason, remedy.isEmpty ? "Write https://HOST/PATH." : remedy.asSentence)
    }
}
