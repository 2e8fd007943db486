import Crypto
package import Domain

/// What the token and the EncodingAESKey of a callback do: sign, and seal for one receiver.
///
/// contracts/sources.md sections 9 and 10: WeCom's callbacks and DingTalk's events use the same.
///
/// A sealed message is AES-256-CBC over 16 bytes of chance, the message's length (4 bytes,
/// big-endian), the message and the receiver's id, padded to 32 bytes; the vector is the first half
/// of the key.
package struct WeComCipher: Sendable {
    /// Letters and digits of an EncodingAESKey.
    package static let keyTextCount = 43
    /// The longest receiver id, in UTF-8 bytes.
    package static let receiverBytesMax = 64

    private static let chanceCount = 16
    private static let headCount = chanceCount + 4
    private static let paddingBlock = 32

    private let token: String
    private let key: [UInt8]
    private let cipher: BlockCipher
    private let receiver: [UInt8]

    /// - Parameters:
    ///   - token: As the platform's page for callbacks shows it.
    ///   - encodingAESKey: The same; 43 letters and digits.
    ///   - receiver: Whom messages are for: a CorpId, SuiteId, AppKey or SuiteKey; empty for the
    ///     intelligent bots of one's own company.
    /// - Throws: `empty` for an empty token, `wrongLength` or `undecodable` for the key or a
    ///   receiver that is too long.
    package init(
        token: Secret, encodingAESKey: Secret, receiver: String
    ) throws(SigningError) {
        guard !token.exposed.isEmpty else {
            throw SigningError(.empty, "the token must not be empty")
        }
        guard receiver.utf8.count <= Self.receiverBytesMax else {
            throw SigningError(
                .wrongLength, "a receiver has at most \(Self.receiverBytesMax) bytes")
        }
        self.token = token.exposed
        self.receiver = Array(receiver.utf8)
        key = try encodedKey(encodingAESKey, letters: Self.keyTextCount, bytes: 32)
        cipher = BlockCipher(key: key)
    }

    /// SHA-1 over token, timestamp, nonce and sealed text, sorted by their bytes and joined, 20
    /// bytes.
    package func digest(timestamp: String, nonce: String, encrypt: String) -> [UInt8] {
        var hash = Insecure.SHA1()
        let parts = [token, timestamp, nonce, encrypt].map { Array($0.utf8) }
        for part in parts.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            hash.update(data: part)
        }
        return Array(hash.finalize())
    }

    /// Seals a message: base 64.
    ///
    /// - Parameter chance: 16 bytes; since the vector is fixed, they alone make two sealings of one
    ///   message differ.
    package func encrypt(
        _ message: [UInt8], chance: [UInt8]
    ) throws(SigningError) -> String {
        guard chance.count == Self.chanceCount else {
            throw SigningError(.wrongLength, "sealing takes \(Self.chanceCount) bytes of chance")
        }
        let count = withUnsafeBytes(of: UInt32(truncatingIfNeeded: message.count).bigEndian) {
            Array($0)
        }
        let plain = chance + count + message + receiver
        return Base64.encode(
            try cipher.encrypt(
                BlockPadding.add(to: plain, block: Self.paddingBlock), vector: vector))
    }

    /// The message inside a sealed text.
    ///
    /// To be called once the signature is proved.
    ///
    /// - Throws: `decryptFailed` for whatever does not open with this key, `receiverMismatch` for
    ///   what was sealed for somebody else.
    package func decrypt(_ sealed: String) throws(VerificationRefusal) -> [UInt8] {
        let failure = VerificationRefusal(
            .decryptFailed, "the message does not open with the EncodingAESKey")
        guard let bytes = Base64.decode(sealed), let padded = cipher.decrypt(bytes, vector: vector)
        else { throw failure }
        let plain = BlockPadding.remove(from: padded, block: Self.paddingBlock)
        guard plain.isRight, plain.bytes.count >= Self.headCount else { throw failure }
        let count = plain.bytes[Self.chanceCount..<Self.headCount].reduce(0) { $0 << 8 | Int($1) }
        let rest = plain.bytes[Self.headCount...]
        guard count <= rest.count else { throw failure }
        guard ConstantTime.areEqual(Array(rest.dropFirst(count)), receiver) else {
            throw VerificationRefusal(
                .receiverMismatch, "the message was sealed for another receiver")
        }
        return Array(rest.prefix(count))
    }

    /// Bytes that nobody without the key can foretell, the same for the same parts.
    ///
    /// The chance of an answer: drawn from the request, so that judging one stays a pure function.
    func derivedChance(_ parts: [String]) -> [UInt8] {
        var code = HMAC<SHA256>(key: SymmetricKey(data: key))
        for part in ["copyhook answer"] + parts {
            code.update(data: withUnsafeBytes(of: UInt64(part.utf8.count).bigEndian) { Array($0) })
            code.update(data: Array(part.utf8))
        }
        return Array(code.finalize())
    }

    private var vector: [UInt8] { Array(key.prefix(BlockCipher.blockCount)) }
}

extension WeComCipher: CustomStringConvertible, CustomReflectable {
    package var description: String { "<EncodingAESKey>" }
    package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}

/// The key that a platform shows in base 64 without its padding.
///
/// The last letter was drawn like the others, so the bits of it that no byte uses may be anything:
/// padding it with zeros on the right makes of them a byte that is dropped.
///
/// - Throws: `wrongLength`, `undecodable`.
func encodedKey(
    _ text: Secret, letters: Int, bytes: Int
) throws(SigningError) -> [UInt8] {
    let letterCount = text.exposed.utf8.count
    guard letterCount == letters else {
        throw SigningError(
            .wrongLength, "an EncodingAESKey has \(letters) characters, not \(letterCount)")
    }
    let padding = String(repeating: "A", count: (4 - letters % 4) % 4)
    guard let decoded = Base64.decode(text.exposed + padding) else {
        throw SigningError(.undecodable, "an EncodingAESKey has letters and digits only")
    }
    return Array(decoded.prefix(bytes))
}
