import Crypto
package import Domain

/// The signature in the address of a DingTalk custom robot.
///
/// The secret is the key, as the text it is, and `timestamp`, a line feed and the secret together
/// are what is signed; Feishu has it the other way round. contracts/notifications.md section 7.
package struct DingTalkRobotSignature: Hashable, Sendable {
    /// One hour, as documented.
    package static let window = Duration.seconds(3_600)

    /// Milliseconds since 1970 as text.
    package let timestamp: String
    /// Base 64 of 32 bytes, as it is before it stands in an address.
    package let sign: String

    package init(secret: Secret, at now: Timestamp) {
        timestamp = String(now.milliseconds)
        sign = Base64.encode(Self.code(secret, timestamp))
    }

    /// The address with both members behind it, percent-encoded once: a raw `+` in a query is read
    /// as a blank and would break every second signature.
    package func signing(_ url: String) -> String {
        let encoded = sign.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "+"): "%2B"
            case UInt8(ascii: "/"): "%2F"
            case UInt8(ascii: "="): "%3D"
            default: String(UnicodeScalar(byte))
            }
        }.joined()
        let joint = url.utf8.contains(UInt8(ascii: "?")) ? "&" : "?"
        return "\(url)\(joint)timestamp=\(timestamp)&sign=\(encoded)"
    }

    /// What a stand-in for the platform makes of the two members, percent-decoded.
    package enum Verdict: Hashable, Sendable {
        case fits, stale, wrong
    }

    package static func verdict(
        timestamp: String, sign: String, secret: Secret, at now: Timestamp
    ) -> Verdict {
        guard (1...18).contains(timestamp.utf8.count),
            timestamp.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let milliseconds = Int64(timestamp)
        else { return .stale }
        let age = Duration.milliseconds(now.milliseconds - milliseconds)
        guard age <= window, age >= .zero - window else { return .stale }
        guard let code = Base64.decode(sign),
            ConstantTime.areEqual(code, Self.code(secret, timestamp))
        else { return .wrong }
        return .fits
    }

    private static func code(_ secret: Secret, _ timestamp: String) -> [UInt8] {
        code(timestamp, secret: Array(secret.exposed.utf8))
    }

    /// The same for what a robot sends us.
    static func code(_ timestamp: String, secret: [UInt8]) -> [UInt8] {
        Array(
            HMAC<SHA256>.authenticationCode(
                for: Array("\(timestamp)\n".utf8) + secret, using: SymmetricKey(data: secret)))
    }
}
