import Domain
package import StrictJSON

/// Where in a body an event's parts stand, for senders whose bodies we do not know.
///
/// Each is a JSON Pointer (RFC 6901) of the source's settings; `nil` keeps the scheme's own place.
package struct SchemePointers: Hashable, Sendable {
    package var type: JSONPointer?
    package var key: JSONPointer?
    package var time: JSONPointer?
    package var entity: JSONPointer?
    /// The header that names the type, for senders that say it there; no proof covers it.
    package var typeHeader: String?
    /// The header with the sender's id of the event; no proof covers it.
    package var keyHeader: String?

    package init(
        type: JSONPointer? = nil, key: JSONPointer? = nil, time: JSONPointer? = nil,
        entity: JSONPointer? = nil, typeHeader: String? = nil, keyHeader: String? = nil
    ) {
        self.type = type
        self.key = key
        self.time = time
        self.entity = entity
        self.typeHeader = typeHeader
        self.keyHeader = keyHeader
    }
}

extension SchemePointers {
    /// The mandatory text or id at `pointer`.
    ///
    /// - Throws: `malformedBody` when nothing readable is there.
    static func required(
        _ pointer: JSONPointer, in body: JSONValue
    ) throws(VerificationRefusal) -> String {
        guard let text = body.value(at: pointer)?.exactID else {
            throw VerificationRefusal(
                .malformedBody, "\(pointer) is not text of 1 to \(keyBytesMax) bytes")
        }
        return text
    }

    /// A moment: RFC 3339 text, or an integer of seconds or, from 100 000 000 000 (the year 5138 in
    /// seconds, 1973 in milliseconds), milliseconds.
    ///
    /// `nil` for anything else.
    static func time(_ pointer: JSONPointer, in body: JSONValue) -> Timestamp? {
        switch body.value(at: pointer) {
        case .string(let text)?: return Timestamp(rfc3339: text)
        case .number(let number)?:
            guard let value = number.int64, value >= 0 else { return nil }
            return value < 100_000_000_000
                ? JSONValue.number(number).seconds : JSONValue.number(number).milliseconds
        default: return nil
        }
    }
}

extension EntityReference {
    /// Reads an entity of our own shape: `{"type", "id", "name"?, "workspace_id"?, "version"?}`.
    ///
    /// `nil` unless type and id are there; members of another type count as absent.
    package init?(_ value: JSONValue?) {
        guard let value, let type = value["type"]?.string,
            value["type"]?.exactID != nil, let id = value["id"]?.exactID
        else { return nil }
        self.init(
            type: type, id: id, name: value["name"]?.storableText,
            workspaceID: value["workspace_id"]?.exactID, version: value["version"]?.exactID)
    }
}
