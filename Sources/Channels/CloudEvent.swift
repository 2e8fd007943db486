import Signing
package import StrictJSON
package import Transport

/// One event as CloudEvents 1.0 writes it, and its two forms on the wire.
///
/// contracts/notifications.md section 5; CloudEvents JSON format and HTTP protocol binding.
package struct CloudEvent: Hashable, Sendable {
    package enum Content: Hashable, Sendable {
        case json(JSONValue)
        case text(String)
        case bytes([UInt8])
    }

    /// `specversion`, `id`, `source`, `type` and whatever else there is, in order.
    ///
    /// Strings, whole numbers and booleans; what is unset is left out.
    package let attributes: JSONObject
    package let content: Content?

    package init(attributes: JSONObject, content: Content?) {
        self.attributes = attributes
        self.content = content
    }

    /// The whole event in the body.
    package var structured: (headers: [HTTPField], body: [UInt8]) {
        var event = attributes
        switch content {
        case .json(let value): event["data"] = value
        case .text(let text): event["data"] = .string(text)
        case .bytes(let bytes): event["data_base64"] = .string(Base64.encode(bytes))
        case nil: break
        }
        return (
            [HTTPField("content-type", "application/cloudevents+json; charset=utf-8")],
            JSONValue.object(event).bytes()
        )
    }

    /// The attributes in headers, the content in the body.
    package var binary: (headers: [HTTPField], body: [UInt8]) {
        let headers = attributes.members.map { member in
            // The content's type is HTTP's own header, as it is.
            member.key == "datacontenttype"
                ? HTTPField("content-type", member.value.string ?? "")
                : HTTPField("ce-\(member.key)", Self.headerValue(member.value))
        }
        let body: [UInt8] =
            switch content {
            case .json(let value): value.bytes()
            case .text(let text): Array(text.utf8)
            case .bytes(let bytes): bytes
            case nil: []
            }
        return (headers, body)
    }

    /// An attribute as a header: percent-encoded are the blank, `"`, `%` and all that is not
    /// visible ASCII (HTTP protocol binding section 3.1.3.2).
    private static func headerValue(_ value: JSONValue) -> String {
        let text =
            switch value {
            case .string(let string): string
            case .bool(let bool): bool ? "true" : "false"
            default: value.text ?? ""
            }
        let digits = Array("0123456789ABCDEF".utf8)
        var encoded: [UInt8] = []
        for byte in text.utf8 {
            let isPlain = (0x21...0x7E).contains(byte) && byte != 0x22 && byte != 0x25
            encoded += isPlain ? [byte] : [0x25, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
        return String(decoding: encoded, as: UTF8.self)
    }
}
