package import Domain
import Sealing
package import Settings
import Signing
package import StrictJSON

/// A definition as people see it: what it says, where it comes from, and whether it works.
package struct DefinitionEntry<Value: Sendable>: Sendable {
    package enum Origin: Hashable, Sendable {
        /// The configuration, as it was named to us.
        case file(String)
        case api
    }

    package let name: String
    /// Absent where what is stored cannot be read any more.
    package let value: Value?
    package let origin: Origin
    /// With all defaults, secrets as `<secret>`; `null` where it cannot be read.
    package let shown: JSONValue
    /// Absent for those of the configuration, and where it cannot be read.
    package let updatedAt: Timestamp?
    /// Stands for the definition as it is: one that was put anew has another.
    package let tag: String
    /// Why it is not in force.
    package internal(set) var problem: String?
    package internal(set) var warnings: [DefinitionFinding]
    /// Whether the configuration has one of this name, which is in force in its place.
    package internal(set) var isShadowed = false
    /// As it was put, with its secrets; `nil` for those of the configuration.
    let definition: JSONValue?

    init(_ definition: FileDefinition<Value>) {
        name = definition.name
        value = definition.value
        origin = .file(definition.file)
        shown = definition.shown
        updatedAt = nil
        // Of what may be shown: a hash of a secret would help to guess it.
        tag = "\"" + sha256Hex(definition.shown.bytes()).prefix(32) + "\""
        warnings = []
        self.definition = nil
    }

    init(_ name: String, _ stored: StoredDefinition, as kind: DefinitionKind<Value>) {
        self.name = name
        origin = .api
        updatedAt = stored.updatedAt
        tag = "\"\(stored.edition)\""
        definition = stored.definition
        do throws(DefinitionRefusal) {
            let read = try kind.read(name, stored.definition)
            value = read.value
            shown = read.shown
            warnings = read.warnings
        } catch {
            value = nil
            shown = .null
            warnings = []
            problem = "what is stored is refused now: " + error.text
        }
    }

    /// One that does not open, or is no definition.
    init(unreadable name: String, _ problem: String) {
        self.name = name
        self.problem = problem
        origin = .api
        value = nil
        shown = .null
        updatedAt = nil
        tag = "\"unreadable\""
        warnings = []
        definition = nil
    }

    /// What all kinds have in common; the definition last.
    package func json(_ more: JSONObject = JSONObject()) -> JSONValue {
        var object: JSONObject = ["name": .string(name)]
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
        if !warnings.isEmpty {
            object["warnings"] = .array(warnings.map(\.json))
        }
        for member in more.members { object[member.key] = member.value }
        object["definition"] = shown
        return .object(object)
    }
}

extension DefinitionFinding {
    /// `{"pointer", "detail", "remedy"}`.
    var json: JSONValue {
        [
            "pointer": .string(pointer.description), "detail": .string(what.onOneLine),
            "remedy": .string(remedy.onOneLine),
        ]
    }

    /// Of a definition whose secret was rotated away, when it is put in again.
    static let secretIsOvertaken = DefinitionFinding(
        pointer: JSONPointer(tokens: ["secret"]),
        what:
            "the secret was rotated: the rotated one counts, and the one that this says no "
            + "longer, or only until overlap_until",
        remedy: "Write the rotated secret here, or rotate to the one that is to count; a secret "
            + "that was not here before counts at once, and alone.")
}

/// What lies sealed in the vault: `{"definition", "updated_at", "edition"}`.
struct StoredDefinition {
    let definition: JSONValue
    let updatedAt: Timestamp
    /// 32 hexadecimal digits by chance, so that nothing of a secret is in the tag.
    let edition: String

    init(_ definition: JSONValue, at now: Timestamp, using chance: inout Chance) {
        self.definition = definition
        updatedAt = now
        let digits = [chance.next(), chance.next()].map { draw in
            let text = String(draw, radix: 16)
            return String(repeating: "0", count: 16 - text.count) + text
        }
        edition = digits.joined()
    }

    init?(_ bytes: [UInt8]) {
        guard let value = try? JSONValue(parsing: bytes), let definition = value["definition"],
            let updatedAt = value["updated_at"]?.number?.int64,
            let edition = value["edition"]?.string
        else { return nil }
        self.definition = definition
        self.updatedAt = Timestamp(milliseconds: updatedAt)
        self.edition = edition
    }

    var bytes: [UInt8] {
        let value: JSONValue = [
            "definition": definition,
            "updated_at": .number(JSONNumber(updatedAt.milliseconds)),
            "edition": .string(edition),
        ]
        return value.bytes()
    }
}
