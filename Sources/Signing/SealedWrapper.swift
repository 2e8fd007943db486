import StrictJSON

/// `{"encrypt":"…"}`, in which Feishu, DingTalk and WeCom's bots send what they sealed.
struct SealedWrapper {
    /// Base 64, not yet looked at.
    let encrypt: String

    /// A sealed event is one string: it may be as long as a body.
    private static let limits = JSONLimits(stringBytesMax: JSONLimits.intake.bytesMax)

    /// - Throws: `malformedBody` for what is no JSON, `missingCredentials` for what is not sealed.
    init(_ bytes: [UInt8]) throws(VerificationRefusal) {
        let body: JSONValue
        do {
            body = try JSONValue(parsing: bytes, limits: Self.limits)
        } catch {
            throw VerificationRefusal(.malformedBody, "\(error)")
        }
        guard let text = body["encrypt"]?.string else {
            throw VerificationRefusal(.missingCredentials, "the body has no encrypt")
        }
        encrypt = text
    }
}
