import Crypto
package import Domain

/// What the token and the EncodingAESKey of an Infoflow (如流) robot do.
///
/// contracts/sources.md section 10, after published code; no page of the vendor was read. MD5 and
/// ECB are weak: equal blocks show, and blocks can be moved. Whoever can should keep such a source
/// inside the own network.
package struct InfoflowCipher: Sendable {
    /// Characters of an EncodingAESKey.
    package static let keyTextCount = 22

    private let token: String
    private let cipher: BlockCipher

    /// - Throws: `empty` for an empty token, `wrongLength` or `undecodable` for the key.
    package init(token: Secret, encodingAESKey: Secret) throws(SigningError) {
        guard !token.exposed.isEmpty else {
            throw SigningError(.empty, "the token must not be empty")
        }
        self.token = token.exposed
        cipher = BlockCipher(
            key: try encodedKey(encodingAESKey, letters: Self.keyTextCount, bytes: 16))
    }

    /// MD5 over number, time and token without separators, 16 bytes.
    package func digest(number: String, timestamp: String) -> [UInt8] {
        Array(Insecure.MD5.hash(data: Array("\(number)\(timestamp)\(token)".utf8)))
    }

    /// A message as it stands in a request: base64url without padding.
    package func encrypt(_ message: [UInt8]) throws(SigningError) -> String {
        let plain = BlockPadding.add(to: message, block: BlockCipher.blockCount)
        var sealed: [UInt8] = []
        // One block under a vector of zeros is that block in ECB.
        for start in stride(from: 0, to: plain.count, by: BlockCipher.blockCount) {
            sealed += try cipher.encrypt(
                Array(plain[start..<start + BlockCipher.blockCount]), vector: Self.zeros)
        }
        return Base64.encode(sealed, .url)
    }

    /// The message inside, or `nil` when it does not open with this key.
    package func decrypt(_ sealed: String) -> [UInt8]? {
        guard let opened = open(sealed), opened.isRight else { return nil }
        return opened.bytes
    }

    /// `nil` for what is not base64url of whole blocks.
    ///
    /// Chaining adds to each opened block the sealed one before it; adding that once more takes it
    /// away. So one call opens all, where block after block a body of 1 MiB would take 65 536.
    func open(_ sealed: String) -> BlockPadding.Removal? {
        guard let bytes = Base64.decode(sealed, .url),
            var plain = cipher.decrypt(bytes, vector: Self.zeros)
        else { return nil }
        for place in plain.indices.dropFirst(BlockCipher.blockCount) {
            plain[place] ^= bytes[place - BlockCipher.blockCount]
        }
        return BlockPadding.remove(from: plain, block: BlockCipher.blockCount)
    }

    private static let zeros = [UInt8](repeating: 0, count: BlockCipher.blockCount)
}

extension InfoflowCipher: CustomStringConvertible, CustomReflectable {
    package var description: String { "<EncodingAESKey>" }
    package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
