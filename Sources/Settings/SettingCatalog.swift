import StrictJSON

/// What a reading of a configuration asks for, written down while it asks.
///
/// The schema is made of this, so that it knows the keys, kinds, bounds and defaults that the
/// reader itself knows.
final class SettingCatalog {
    /// What stands at a key.
    enum Form {
        /// One value: a schema without the description.
        case value(JSONObject)
        case list(JSONObject)
        /// A mapping whose keys are catalogued below it.
        case section
        /// A list of such mappings.
        case sections
        /// Such mappings by names of the user's own.
        case names
        /// Asked for, and never said as what.
        case unsaid
    }

    struct Key {
        /// Names of the user's own and places in lists are `*`.
        let path: [String]
        var form: Form
        /// What it is to write, with the bounds.
        var remedy: String?
        var standard: JSONValue?
    }

    /// In the order of asking, each once.
    private(set) var keys: [Key] = []

    /// The name of the user's own that stands for all of them.
    static let anyName = "any"

    func note(_ path: SettingPath, _ form: Form, remedy: String? = nil) {
        let words = Self.words(of: path)
        guard let place = keys.firstIndex(where: { $0.path == words }) else {
            return keys.append(Key(path: words, form: form, remedy: remedy))
        }
        if case .unsaid = form { return }
        if case .unsaid = keys[place].form {
            keys[place].form = form
            keys[place].remedy = remedy
        }
    }

    func note(_ path: SettingPath, standard: JSONValue) {
        let words = Self.words(of: path)
        guard let place = keys.firstIndex(where: { $0.path == words }) else { return }
        keys[place].standard = standard
    }

    private static func words(of path: SettingPath) -> [String] {
        path.steps.map { step in
            switch step {
            case .key(let key): key == anyName ? "*" : key
            case .index: "*"
            }
        }
    }
}

extension SettingKind {
    /// What the kind looks like to a schema; `${NAME}` stands beside it.
    var schema: JSONObject {
        form ?? (isText ? ["type": ["string", "integer"]] : ["type": "string"])
    }
}
