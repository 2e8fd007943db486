import Domain
import StrictJSON

/// A key as somebody asks for one.
package struct NewKey: Hashable, Sendable {
    static let nameBytesMax = 64
    static let expiryMax: Duration = .days(3_650)

    let name: String
    /// Without one that another includes already.
    let scopes: [Scope]
    let expiry: Expiry?

    enum Expiry: Hashable, Sendable {
        case after(Duration)
        case at(Timestamp)
    }

    /// Reads `{"name", "scopes": […], "expires": "90d" | time}`; `expires` may be absent.
    package init(parsing body: [UInt8]) throws(AdministrationError) {
        let json: JSONValue
        do { json = try JSONValue(parsing: body) } catch { throw AdministrationError(error) }
        guard case .object(let object) = json else {
            throw .key("one object is wanted, not \(json.kind)", at: .root)
        }
        for key in object.keys where !["name", "scopes", "expires"].contains(key) {
            throw .key("there is no member of this name", at: .root.appending(key))
        }
        name = try Self.name(object["name"])
        scopes = try Self.scopes(object["scopes"])
        expiry = try object["expires"].flatMap { value throws(AdministrationError) in
            value.isNull ? nil : try Self.expiry(value)
        }
    }

    /// When a key that is made now ends.
    func end(at now: Timestamp) throws(AdministrationError) -> Timestamp? {
        guard let expiry else { return nil }
        let end =
            switch expiry {
            case .after(let duration): now + duration
            case .at(let moment): moment
            }
        guard end > now, end <= now + Self.expiryMax else {
            throw .key(
                "the end is not between now and \(Self.expiryMax.text) from now", at: .expires)
        }
        return end
    }

    private static func name(_ value: JSONValue?) throws(AdministrationError) -> String {
        let pointer = JSONPointer(tokens: ["name"])
        guard let text = value?.string else { throw .key("a name is missing", at: pointer) }
        let isPlain = text.unicodeScalars.allSatisfy {
            $0.properties.generalCategory != .control && $0.properties.generalCategory != .format
        }
        guard isPlain, (1...nameBytesMax).contains(text.utf8.count) else {
            throw .key(
                "a name has 1 to \(nameBytesMax) bytes, without control characters", at: pointer)
        }
        return text
    }

    private static func scopes(_ value: JSONValue?) throws(AdministrationError) -> [Scope] {
        let pointer = JSONPointer(tokens: ["scopes"])
        guard let words = value?.array, !words.isEmpty else {
            throw .key("a list of scopes is missing", at: pointer)
        }
        var scopes: Set<Scope> = []
        for (place, word) in words.enumerated() {
            guard let scope = word.string.flatMap({ Scope(rawValue: $0) }) else {
                throw .key("this is no scope", at: pointer.appending(String(place)))
            }
            scopes.insert(scope)
        }
        return Scope.allCases.filter { scope in
            scopes.contains(scope)
                && !scopes.contains { $0 != scope && $0.includes.contains(scope) }
        }
    }

    private static func expiry(_ value: JSONValue) throws(AdministrationError) -> Expiry {
        guard let text = value.string else {
            throw .key("an end is a string, not \(value.kind)", at: .expires)
        }
        if let duration = Duration(text: text) { return .after(duration) }
        if let moment = Timestamp(rfc3339: text) { return .at(moment) }
        throw .key("this is neither a duration nor a time", at: .expires)
    }
}

extension JSONPointer {
    fileprivate static let expires = JSONPointer(tokens: ["expires"])
}

extension AdministrationError {
    fileprivate static func key(_ detail: String, at pointer: JSONPointer) -> Self {
        AdministrationError(
            .keyInvalid, detail, pointer: pointer,
            remedy: "Write {\"name\": \"ci\", \"scopes\": [\"read\"], \"expires\": \"90d\"}; "
                + "scopes are \(Scope.allCases.map(\.rawValue).joined(separator: ", ")), and "
                + "`expires` may be left out, or a time in RFC 3339.")
    }
}
