import Domain
import StrictJSON

/// The attributes of one event, checked: CloudEvents specification 1.0.2, section 2.
struct CloudEvent: Hashable {
    let id: String
    let source: String
    let type: String
    /// Absent, too, where it is not RFC 3339: an event is not lost over it.
    let time: Timestamp?

    /// Reads an object of the JSON event format, section 3.
    ///
    /// Unknown extensions stay where they are; `null` is absent.
    init(_ value: JSONValue) throws(VerificationRefusal) {
        guard let object = value.object else {
            throw VerificationRefusal(.malformedBody, "an event is an object, not \(value.kind)")
        }
        for member in object.members where !Self.isData(member.key) {
            try Self.check(member)
        }
        guard value["data"]?.present == nil || value["data_base64"]?.present == nil else {
            throw VerificationRefusal(.malformedBody, "data and data_base64 are both there")
        }
        if let coded = value["data_base64"]?.present {
            guard let text = coded.string, Base64.decode(text) != nil else {
                throw VerificationRefusal(.malformedBody, "data_base64 is not base 64")
            }
        }
        func text(_ name: String) throws(VerificationRefusal) -> String {
            guard let text = value[name]?.string, !text.isEmpty else {
                throw VerificationRefusal(.malformedBody, "\(name) is not text, or is empty")
            }
            return text
        }
        guard try text("specversion").hasSameBytes(as: "1.0") else {
            throw VerificationRefusal(.malformedBody, "specversion is not 1.0")
        }
        id = try text("id")
        source = try text("source")
        guard let type = value["type"]?.string, value["type"]?.exactID != nil else {
            throw VerificationRefusal(
                .malformedBody, "type is not text of 1 to \(keyBytesMax) bytes")
        }
        self.type = type
        time = value["time"]?.string.flatMap { Timestamp(rfc3339: $0) }
    }

    static func isData(_ key: String) -> Bool {
        key.hasSameBytes(as: "data") || key.hasSameBytes(as: "data_base64")
    }

    /// Section 3.1: names of small letters and digits; values are no lists and no objects.
    private static func check(_ member: JSONObject.Member) throws(VerificationRefusal) {
        guard isName(member.key) else {
            throw VerificationRefusal(
                .malformedBody, "an attribute's name is not of a to z and 0 to 9")
        }
        switch member.value {
        case .array, .object:
            throw VerificationRefusal(
                .malformedBody, "the attribute \(member.key.prefix(64)) is \(member.value.kind)")
        case .null, .bool, .number, .string: break
        }
    }

    static func isName(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy {
                (0x61...0x7A).contains($0) || (0x30...0x39).contains($0)
            }
    }
}

extension CloudEvent {
    /// Reads an event whose attributes are headers: HTTP protocol binding, section 3.1.
    ///
    /// - Returns: It, and the object that structured mode would have sent.
    static func readBinary(
        _ request: IncomingRequest
    ) throws(VerificationRefusal) -> (event: CloudEvent, body: JSONValue) {
        var object = JSONObject()
        for (name, value) in request.headers.lines {
            guard let name = name.lowercased().suffix(behind: "ce-") else { continue }
            // The header of HTTP itself says what the data is.
            if name.hasSameBytes(as: "datacontenttype") { continue }
            guard isName(name), !isData(name), object[name] == nil else {
                throw VerificationRefusal(
                    .malformedHeader, "a ce- header has no name of an attribute, or is there twice",
                    status: 400)
            }
            guard let text = CloudEventsHeader.decode(value) else {
                throw VerificationRefusal(
                    .malformedHeader, "ce-\(name.prefix(64)) cannot be decoded", status: 400)
            }
            object[name] = .string(text)
        }
        for name in ["specversion", "id", "source", "type"] {
            guard let text = object[name]?.string, !text.isEmpty else {
                throw VerificationRefusal(
                    .missingHeader, "ce-\(name) is missing or empty", status: 400)
            }
        }
        if let type = try request.headers.word("Content-Type") {
            object["datacontenttype"] = .string(type)
        }
        try addData(of: request, to: &object)
        let body = JSONValue.object(object)
        return (try CloudEvent(body), body)
    }

    private static func addData(
        of request: IncomingRequest, to object: inout JSONObject
    ) throws(VerificationRefusal) {
        guard !request.body.isEmpty else { return }
        let type = MediaType(request.headers)
        // JSON event format, section 3.1.1: no type means JSON.
        if isJSON(type?.essence ?? "application/json") {
            do {
                object["data"] = try JSONValue(parsing: request.body)
            } catch {
                throw VerificationRefusal(.malformedBody, "\(error)")
            }
        } else if type?.essence.suffix(behind: "text/") != nil,
            let text = String(validating: request.body, as: UTF8.self)
        {
            object["data"] = .string(text)
        } else {
            object["data_base64"] = .string(Base64.encode(request.body))
        }
    }

    private static func isJSON(_ essence: String) -> Bool {
        essence.utf8.reversed().starts(with: "+json".utf8.reversed())
            || essence.hasSameBytes(as: "application/json")
            || essence.hasSameBytes(as: "text/json")
    }
}

/// The values of `ce-` headers, HTTP protocol binding, section 3.1.3.2.
package enum CloudEventsHeader {
    /// The text of a value: what stands in quotes is taken out of them, then percent-decoded once.
    ///
    /// `nil` for a `%` without two digits, a quoted text without an end, and what is not UTF-8.
    package static func decode(_ value: String) -> String? {
        guard value.utf8.first == UInt8(ascii: "\"") else {
            return PercentCoding.decode(Array(value.utf8))
        }
        var bytes: [UInt8] = []
        var rest = value.utf8.dropFirst()
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\\"):
                guard let escaped = rest.popFirst() else { return nil }
                bytes.append(escaped)
            case UInt8(ascii: "\""): return rest.isEmpty ? PercentCoding.decode(bytes) : nil
            default: bytes.append(byte)
            }
        }
        return nil
    }
}
