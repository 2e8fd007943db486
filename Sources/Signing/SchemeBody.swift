import Domain
import StrictJSON

/// What a proved request carries, as one strict JSON object.
struct SchemeBody {
    let json: JSONValue
    /// What is kept as the event's body: `nil` where that is the request's own.
    let stored: [UInt8]?

    /// The object that `bytes` spell.
    static func object(_ bytes: [UInt8]) throws(VerificationRefusal) -> JSONValue {
        let body: JSONValue
        do {
            body = try JSONValue(parsing: bytes)
        } catch {
            throw VerificationRefusal(.malformedBody, "\(error)")
        }
        guard body.object != nil else {
            throw VerificationRefusal(.malformedBody, "the body is \(body.kind), not an object")
        }
        return body
    }

    /// A body that is an object, whatever it is called.
    ///
    /// What is no JSON and is not said to be is not broken but of another kind.
    static func json(_ request: IncomingRequest) throws(VerificationRefusal) -> SchemeBody {
        do {
            return SchemeBody(json: try object(request.body), stored: nil)
        } catch {
            guard let type = MediaType(request.headers)?.essence, !type.hasSuffix("/json"),
                !type.hasSuffix("+json"), (try? JSONValue(parsing: request.body)) == nil
            else { throw error }
            throw VerificationRefusal(.unsupportedContent, "the body is not said to be JSON")
        }
    }

    /// An object that stands in a field of a form.
    static func object(
        in field: String, of form: JSONObject
    ) throws(VerificationRefusal) -> SchemeBody {
        guard let text = form[field]?.string else {
            throw VerificationRefusal(.malformedBody, "the form has no field \(field)")
        }
        let bytes = Array(text.utf8)
        return SchemeBody(json: try object(bytes), stored: bytes)
    }

    /// The fields of a form as members, each a text.
    static func form(_ form: JSONObject) -> SchemeBody {
        let json = JSONValue.object(form)
        return SchemeBody(json: json, stored: json.bytes())
    }
}

extension IncomingRequest {
    /// The fields of `application/x-www-form-urlencoded`, or `nil` for a body of another kind.
    ///
    /// WHATWG URL standard, section 5.1. A field that comes twice is refused as a doubled key of an
    /// object is, and what is not UTF-8 as well.
    func form() throws(VerificationRefusal) -> JSONObject? {
        guard let type = MediaType(headers)?.essence,
            type.hasSameBytes(as: "application/x-www-form-urlencoded")
        else { return nil }
        var fields = JSONObject()
        for part in body.split(separator: UInt8(ascii: "&")) {
            let name = part.prefix { $0 != UInt8(ascii: "=") }
            let rest = part[name.endIndex...].dropFirst()
            guard let key = PercentCoding.decode(name, plusIsSpace: true),
                let value = PercentCoding.decode(rest, plusIsSpace: true)
            else { throw VerificationRefusal(.malformedBody, "the form cannot be decoded") }
            guard fields[key] == nil else {
                throw VerificationRefusal(.malformedBody, "a field of the form is there twice")
            }
            guard fields.count < Self.fieldsMax else {
                throw VerificationRefusal(
                    .malformedBody, "the form has more than \(Self.fieldsMax) fields")
            }
            fields[key] = .string(value)
        }
        return fields
    }

    /// Fields of a form; looking one up walks the others.
    private static var fieldsMax: Int { 256 }
}

/// The kind of a body as its `Content-Type` says it.
struct MediaType: Hashable {
    /// `type/subtype` in small letters.
    let essence: String
    /// In small letters, absent where it is not said.
    let charset: String?

    /// `nil` without a `Content-Type`, and where there are several.
    init?(_ headers: HeaderFields) {
        guard case .one(let text) = headers.lookup("Content-Type") else { return nil }
        let parts = text.lowercased().split(separator: ";", omittingEmptySubsequences: false).map {
            $0.filter { $0 != " " && $0 != "\t" && $0 != "\"" }
        }
        essence = parts[0]
        charset = parts.dropFirst().compactMap { $0.suffix(behind: "charset=") }.first
    }
}

/// Percent-encoding, RFC 3986 section 2.1.
enum PercentCoding {
    /// The text that `bytes` stand for, or `nil` for a `%` without two digits and for bytes that
    /// are not UTF-8.
    ///
    /// - Parameter plusIsSpace: In forms it is; nowhere else.
    static func decode(_ bytes: some Collection<UInt8>, plusIsSpace: Bool = false) -> String? {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var rest = bytes[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let high = rest.popFirst(), let low = rest.popFirst(),
                    let value = Hexadecimal.decode(String(decoding: [high, low], as: UTF8.self))
                else { return nil }
                decoded += value
            case UInt8(ascii: "+") where plusIsSpace: decoded.append(0x20)
            default: decoded.append(byte)
            }
        }
        return String(validating: decoded, as: UTF8.self)
    }
}
