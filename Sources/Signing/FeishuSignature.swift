import Crypto
package import Domain

/// The signature inside a message to a Feishu or Lark custom bot.
///
/// `timestamp`, a line feed and the secret together are the **key**, and the signed message is
/// empty; DingTalk has it the other way round. contracts/notifications.md section 6.
package struct FeishuSignature: Hashable, Sendable {
    /// One hour, as documented; whether exactly an hour passes is not confirmed.
    package static let window = Duration.seconds(3_600)

    /// Whole seconds as text: the wire wants a JSON string.
    package let timestamp: String
    /// Base 64 of 32 bytes.
    package let sign: String

    package init(secret: Secret, at now: Timestamp) {
        timestamp = String(now.wholeSeconds)
        sign = Base64.encode(Self.code(secret, timestamp))
    }

    /// Whether a stand-in for the platform takes the two members.
    package static func accepts(
        timestamp: String, sign: String, secret: Secret, at now: Timestamp
    ) -> Bool {
        guard let code = Base64.decode(sign), (1...18).contains(timestamp.utf8.count),
            timestamp.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let seconds = Int64(timestamp)
        else { return false }
        let age = Duration.seconds(now.wholeSeconds) - .seconds(seconds)
        let isEqual = ConstantTime.areEqual(code, Self.code(secret, timestamp))
        return isEqual && age <= window && age >= .zero - window
    }

    private static func code(_ secret: Secret, _ timestamp: String) -> [UInt8] {
        let key = SymmetricKey(data: Array("\(timestamp)\n\(secret.exposed)".utf8))
        return Array(HMAC<SHA256>.authenticationCode(for: [UInt8](), using: key))
    }
}
