import Domain
import StrictJSON

/// A proved request while the parts of its event are read: where the settings name a place that
/// one counts, and otherwise the platform's own.
struct EventParts {
    let request: IncomingRequest
    let body: JSONValue
    let pointers: SchemePointers

    /// - Throws: `malformedBody` or `missingHeader`, with 400, where a place that the settings name
    ///   holds nothing readable.
    func type(
        _ own: () throws(VerificationRefusal) -> String
    ) throws(VerificationRefusal) -> String {
        if let pointer = pointers.type {
            return try SchemePointers.required(pointer, in: body)
        }
        if let header = pointers.typeHeader { return try request.headers.requiredWord(header) }
        return try own()
    }

    /// As ``type(_:)``.
    func key(
        _ own: () throws(VerificationRefusal) -> String?
    ) throws(VerificationRefusal) -> String? {
        if let pointer = pointers.key { return try SchemePointers.required(pointer, in: body) }
        if let header = pointers.keyHeader { return try request.headers.requiredWord(header) }
        return try own()
    }

    func time(_ own: @autoclosure () -> Timestamp?) -> Timestamp? {
        pointers.time.map { SchemePointers.time($0, in: body) } ?? own()
    }

    func entity(_ own: @autoclosure () -> EntityReference?) -> EntityReference? {
        pointers.entity.map { EntityReference(body.value(at: $0)) } ?? own()
    }

    /// The body's `entity`, or else `data.entity`, where one is an object of our own shape.
    var entityOfOurShape: EntityReference? {
        EntityReference(body["entity"]) ?? EntityReference(body["data"]?["entity"])
    }

    /// A key for a body that has none: the same for the same bytes.
    static func digest(of bytes: [UInt8]) -> String { "sha256:" + sha256Hex(bytes) }
}

extension HeaderFields {
    /// A short text of a header that is no proof, `nil` where it is absent or empty.
    ///
    /// - Throws: `malformedHeader`, with 400, when it is there twice, too long or unprintable.
    func word(_ name: String) throws(VerificationRefusal) -> String? {
        switch lookup(name) {
        case .absent, .one(""): return nil
        case .one(let value):
            guard let word = JSONValue.string(value).exactID else {
                throw VerificationRefusal(
                    .malformedHeader, "\(name) is not text of 1 to \(keyBytesMax) bytes",
                    status: 400)
            }
            return word
        case .several:
            throw VerificationRefusal(.malformedHeader, "\(name) occurs twice", status: 400)
        }
    }

    /// As ``word(_:)``, and `missingHeader`, with 400, where it is absent.
    func requiredWord(_ name: String) throws(VerificationRefusal) -> String {
        guard let word = try word(name) else {
            throw VerificationRefusal(.missingHeader, "\(name) is missing", status: 400)
        }
        return word
    }
}
