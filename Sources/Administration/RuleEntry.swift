package import Domain
package import Rules
import Signing
import Storage
package import StrictJSON

/// A rule as people see it: what it says, where it comes from, and whether it works.
package struct RuleEntry: Hashable, Sendable {
    package let name: String
    /// Absent where the stored definition cannot be read any more; without its template where
    /// that is all that is refused.
    package let rule: Rule?
    package let origin: Rule.Origin
    /// Absent for rules in files.
    package let updatedAt: Timestamp?
    /// Why the rule is not, or not wholly, in force.
    package internal(set) var problem: String?
    /// What is worth a second look; looked for where one rule is put or asked for.
    package internal(set) var warnings: [PatternFinding] = []
    /// Whether a rule in a file has taken this one's place.
    package internal(set) var isShadowed = false
    /// What it was read from; absent for rules in files.
    let stored: StoredRule?

    init(_ rule: Rule) {
        name = rule.name
        self.rule = rule
        origin = rule.origin
        updatedAt = nil
        stored = nil
    }

    init(_ stored: StoredRule) {
        name = stored.name
        origin = .api
        updatedAt = stored.updatedAt
        self.stored = stored
        let json = (try? JSONValue(parsing: stored.definition, limits: .match)) ?? .null
        do throws(RuleRefusal) {
            rule = try Rule(parsing: json, name: stored.name)
        } catch {
            problem = error.description
            // Words that are no longer accepted are no reason to copy no longer.
            rule =
                error.pointer.tokens.first == "template"
                ? Self.withoutTemplate(json, stored.name) : nil
        }
    }

    private static func withoutTemplate(_ json: JSONValue, _ name: String) -> Rule? {
        guard case .object(var object) = json else { return nil }
        object["template"] = nil
        return try? Rule(parsing: .object(object), name: name)
    }

    /// As it was put, or as it stands in the file with what has its default left out; `null` where
    /// what is stored is no JSON.
    package var definition: JSONValue {
        guard let stored else { return rule?.json ?? .null }
        return (try? JSONValue(parsing: stored.definition, limits: .match)) ?? .null
    }

    /// Stands for the definition as it is: another definition has another tag.
    var tag: String {
        let bytes = stored?.definition ?? rule?.json.bytes() ?? []
        return "\"" + sha256Hex(bytes).prefix(32) + "\""
    }

    /// The definition apart, so that what was read can be put again unchanged.
    package var json: JSONValue {
        var object: JSONObject = ["name": .string(name)]
        object["enabled"] = .bool(rule?.isEnabled ?? false)
        switch origin {
        case .file(let path):
            object["origin"] = "file"
            object["file"] = .string(path)
        case .api:
            object["origin"] = "api"
        }
        object["updated_at"] = .text(updatedAt?.description)
        object["etag"] = .string(tag)
        object["problem"] = .text(problem)
        if !warnings.isEmpty { object["warnings"] = .array(warnings.map(\.json)) }
        object["definition"] = definition
        return .object(object)
    }
}

extension PatternFinding {
    fileprivate var json: JSONValue {
        [
            "pointer": .string(pointer.description), "detail": .string(what.onOneLine),
            "remedy": .string(remedy.onOneLine),
        ]
    }
}
