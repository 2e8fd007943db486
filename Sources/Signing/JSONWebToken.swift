package import Domain
package import StrictJSON

/// Tokens with RS256, as Coze wants them for its OAuth.
///
/// RFC 7515, contracts/coze.md section 2.3.
package enum JSONWebToken {
    /// Signs exactly these texts; the same ones give the same token.
    ///
    /// - Parameters:
    ///   - header: A JSON object, UTF-8; nothing is added or moved.
    ///   - payload: The same.
    package static func sign(
        header: String, payload: String, with key: RSAPrivateKey
    ) throws(SigningError) -> String {
        let signed =
            Base64.encode(Array(header.utf8), .url) + "."
            + Base64.encode(Array(payload.utf8), .url)
        return signed + "." + Base64.encode(try key.signature(over: Array(signed.utf8)), .url)
    }

    /// What a token says, once it is proved.
    package struct Claims: Hashable, Sendable {
        package let header: JSONObject
        package let payload: JSONObject
    }

    /// Reads a token that the holder of `key`'s other half signed.
    ///
    /// Only RS256 counts, whatever the header asks for. Times, audience and use are the caller's
    /// to check.
    ///
    /// - Throws: `badToken`.
    package static func verify(
        _ token: String, with key: RSAPublicKey
    ) throws(SigningError) -> Claims {
        let parts = token.utf8.split(
            separator: UInt8(ascii: "."), omittingEmptySubsequences: false
        ).map { String(Substring($0)) }
        guard parts.count == 3, let signature = Base64.decode(parts[2], .url) else {
            throw SigningError(.badToken, "not three parts in base64url")
        }
        guard key.isValid(signature, over: Array("\(parts[0]).\(parts[1])".utf8)) else {
            throw SigningError(.badToken, "the signature is not of this key")
        }
        let header = try object(parts[0], named: "header")
        guard header["alg"]?.string == "RS256" else {
            throw SigningError(.badToken, "alg is not RS256")
        }
        return Claims(header: header, payload: try object(parts[1], named: "payload"))
    }

    /// The `kid` of a token that nobody has verified yet: good for choosing a key, no more.
    package static func claimedKeyID(_ token: String) -> String? {
        let first = token.utf8.prefix { $0 != UInt8(ascii: ".") }
        return try? object(String(Substring(first)), named: "header")["kid"]?.string
    }

    private static func object(
        _ part: String, named name: String
    ) throws(SigningError) -> JSONObject {
        guard let bytes = Base64.decode(part, .url),
            let object = (try? JSONValue(parsing: bytes))?.object
        else { throw SigningError(.badToken, "the \(name) is no JSON object in base64url") }
        return object
    }
}

/// The token that is exchanged for an access token of Coze.
///
/// contracts/coze.md sections 2.3, 2.4.
///
/// It can be used once: each request for a token, repeats included, needs a new one.
package struct CozeAssertion: Hashable, Sendable {
    /// 600 s, as in the official sample; the upper bound is not documented.
    package static let lifetimeDefault = Duration.seconds(600)

    /// The OAuth app's id.
    package var appID: String
    /// Fingerprint of the public key, as the console shows it.
    package var keyID: String
    /// The API's host without a scheme: `api.coze.cn`.
    package var audience: String
    package var issuedAt: Timestamp
    package var lifetime: Duration
    /// Random, another one each time; see ``tokenID(using:)``.
    package var tokenID: String

    package init(
        appID: String, keyID: String, audience: String, issuedAt: Timestamp,
        lifetime: Duration = lifetimeDefault, tokenID: String
    ) {
        self.appID = appID
        self.keyID = keyID
        self.audience = audience
        self.issuedAt = issuedAt
        self.lifetime = lifetime
        self.tokenID = tokenID
    }

    /// 32 random bytes as 64 hexadecimal digits; more than 32 characters are recommended.
    package static func tokenID(using generator: inout some RandomNumberGenerator) -> String {
        Hexadecimal.encode(randomBytes(32, using: &generator))
    }

    /// `{"alg","typ","kid"}`, exactly what is signed.
    package var header: String {
        text([("alg", "RS256"), ("typ", "JWT"), ("kid", .string(keyID))])
    }

    /// `{"iss","aud","iat","exp","jti"}`, exactly what is signed; times in whole seconds.
    package var payload: String {
        let issued = issuedAt.wholeSeconds
        return text([
            ("iss", .string(appID)), ("aud", .string(audience)),
            ("iat", .number(JSONNumber(issued))),
            ("exp", .number(JSONNumber(issued + lifetime.components.seconds))),
            ("jti", .string(tokenID)),
        ])
    }

    package func signed(with key: RSAPrivateKey) throws(SigningError) -> String {
        try JSONWebToken.sign(header: header, payload: payload, with: key)
    }

    private func text(_ members: [(String, JSONValue)]) -> String {
        var writer = JSONWriter()
        writer.value(.object(JSONObject(members)))
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
