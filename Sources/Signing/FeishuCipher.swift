import Crypto
package import Domain

/// What an app's Encrypt Key does: seals events and signs them.
///
/// contracts/sources.md section 8. The key's text is hashed for AES-256-CBC, and stands as it is
/// inside the signed bytes.
package struct FeishuCipher: Sendable {
    package static let timestampHeader = "X-Lark-Request-Timestamp"
    package static let nonceHeader = "X-Lark-Request-Nonce"
    package static let signatureHeader = "X-Lark-Signature"

    private let cipher: BlockCipher
    private let text: [UInt8]

    /// - Throws: `empty`.
    package init(encryptKey: Secret) throws(SigningError) {
        guard !encryptKey.exposed.isEmpty else {
            throw SigningError(.empty, "the Encrypt Key must not be empty")
        }
        text = Array(encryptKey.exposed.utf8)
        cipher = BlockCipher(key: sha256(text))
    }

    /// The text of `encrypt`: base 64 of the vector and the sealed blocks.
    ///
    /// - Parameters:
    ///   - message: The event, UTF-8 JSON.
    ///   - vector: 16 bytes of chance.
    package func encrypt(
        _ message: [UInt8], vector: [UInt8]
    ) throws(SigningError) -> String {
        let padded = BlockPadding.add(to: message, block: BlockCipher.blockCount)
        return Base64.encode(vector + (try cipher.encrypt(padded, vector: vector)))
    }

    /// The message inside `encrypt`, or `nil` when it does not open with this key.
    package func decrypt(_ sealed: String) -> [UInt8]? {
        guard let opened = open(sealed), opened.isRight else { return nil }
        return opened.bytes
    }

    /// `nil` for what is not base 64 of a vector and at least one block; all else opens, to
    /// nonsense where the key is another one.
    func open(_ sealed: String) -> BlockPadding.Removal? {
        guard let bytes = Base64.decode(sealed),
            let plain = cipher.decrypt(
                Array(bytes.dropFirst(BlockCipher.blockCount)),
                vector: Array(bytes.prefix(BlockCipher.blockCount)))
        else { return nil }
        return BlockPadding.remove(from: plain, block: BlockCipher.blockCount)
    }

    /// SHA-256 over timestamp, nonce, key and body without separators, 32 bytes: no HMAC.
    package func digest(timestamp: String, nonce: String, body: [UInt8]) -> [UInt8] {
        var hash = SHA256()
        hash.update(data: Array(timestamp.utf8))
        hash.update(data: Array(nonce.utf8))
        hash.update(data: text)
        hash.update(data: body)
        return Array(hash.finalize())
    }

    /// The three headers that prove `body`, the sealed one.
    ///
    /// - Parameter nonce: 1 to ``keyBytesMax`` visible ASCII characters.
    package func headers(
        at now: Timestamp, nonce: String, body: [UInt8]
    ) -> [(name: String, value: String)] {
        let timestamp = String(now.wholeSeconds)
        let digest = digest(timestamp: timestamp, nonce: nonce, body: body)
        return [
            (Self.timestampHeader, timestamp), (Self.nonceHeader, nonce),
            (Self.signatureHeader, Hexadecimal.encode(digest)),
        ]
    }
}

extension FeishuCipher: CustomStringConvertible, CustomReflectable {
    package var description: String { "<Encrypt Key>" }
    package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
