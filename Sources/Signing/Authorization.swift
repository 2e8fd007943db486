import StrictJSON

/// The credentials of one scheme in the header `Authorization`, RFC 9110 section 11.6.2.
struct Authorization {
    let credentials: String

    /// `nil` without the header, and for another scheme than the one wanted.
    init?(_ headers: HeaderFields, scheme: String) throws(VerificationRefusal) {
        switch headers.lookup("Authorization") {
        case .absent: return nil
        case .several:
            throw VerificationRefusal(
                .malformedHeader, "Authorization occurs twice", status: 400)
        case .one(let value):
            let parts = value.utf8.split(separator: UInt8(ascii: " "), maxSplits: 1)
            guard parts.count == 2,
                String(Substring(parts[0])).lowercased().hasSameBytes(as: scheme)
            else { return nil }
            credentials = String(Substring(parts[1].drop { $0 == UInt8(ascii: " ") }))
        }
    }
}
