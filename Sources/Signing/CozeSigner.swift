import Crypto
package import Domain

/// The three headers that Coze puts on a callback.
///
/// contracts/coze.md section 3.2.
///
/// Made here for simulators and for `send`; checked by ``CozeScheme``.
package enum CozeSigner {
    package static let nonceHeader = "X-Coze-Nonce"
    package static let timestampHeader = "X-Coze-Timestamp"
    package static let signatureHeader = "X-Coze-Signature"

    /// The headers that prove `body` to a holder of `token`.
    ///
    /// - Parameters:
    ///   - token: The callback app's `verify_token`.
    ///   - timestamp: When the event was triggered; 13 digits of milliseconds until the year 2286.
    ///   - nonce: 1 to 64 of `A-Z`, `a-z`, `0-9`, `_`, `-`; the receiver refuses others.
    ///   - body: Exactly the bytes that will be sent.
    package static func headers(
        token: Secret, timestamp: Timestamp, nonce: String, body: [UInt8]
    ) -> [(name: String, value: String)] {
        let time = String(timestamp.milliseconds)
        let digest = digest(timestamp: time, nonce: nonce, token: token, body: body)
        return [
            (nonceHeader, nonce), (timestampHeader, time),
            (signatureHeader, Hexadecimal.encode(digest)),
        ]
    }

    /// A nonce of 16 characters.
    package static func nonce(using generator: inout some RandomNumberGenerator) -> String {
        let bits = generator.next()
        return Base32.encode((0..<10).map { UInt8(truncatingIfNeeded: bits >> (6 * $0)) })
    }

    /// SHA-1 over the four parts without separators, 20 bytes; header values as received, in
    /// whatever form.
    package static func digest(
        timestamp: String, nonce: String, token: Secret, body: [UInt8]
    ) -> [UInt8] {
        var hash = Insecure.SHA1()
        hash.update(data: Array(timestamp.utf8))
        hash.update(data: Array(nonce.utf8))
        hash.update(data: Array(token.exposed.utf8))
        hash.update(data: body)
        return Array(hash.finalize())
    }
}
