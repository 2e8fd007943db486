import Domain
import Rules
import Storage
import StrictJSON

/// What became of the rules in files between two readings; `nil` where nothing did.
struct RuleFilesChange: Hashable {
    /// Names that an entry of the audit lists of each kind; the count beside them is whole.
    static let namesMax = 200

    private(set) var came: [String] = []
    private(set) var changed: [String] = []
    private(set) var went: [String] = []

    init?(from before: FileRules, to after: FileRules) {
        for rule in after.all {
            guard let old = before[rule.name] else {
                came.append(rule.name)
                continue
            }
            if old != rule { changed.append(rule.name) }
        }
        went = before.all.map(\.name).filter { after[$0] == nil }
        guard !came.isEmpty || !changed.isEmpty || !went.isEmpty else { return nil }
    }

    func note(of directory: String, at now: Timestamp) -> AuditNote {
        AuditNote(
            .rulesReloaded, of: directory, by: .files(in: directory), at: now,
            details: [
                "came": Self.list(came), "changed": Self.list(changed),
                "went": Self.list(went),
            ])
    }

    private static func list(_ names: [String]) -> JSONValue {
        [
            "count": .number(JSONNumber(Int64(names.count))),
            "names": .array(names.prefix(namesMax).map { .string($0) }),
        ]
    }
}
