import Crypto
import CryptoExtras

/// AES over whole blocks, chained (CBC, NIST SP 800-38A section 6.2), with the padding left to
/// ``BlockPadding``.
///
/// The library would remove padding of 16 bytes only, and tells a wrong one by throwing; WeCom and
/// DingTalk pad to 32, and what is wrong with a callback must not be told.
struct BlockCipher: Sendable {
    /// Bytes of a block and of an initialization vector.
    static let blockCount = 16

    private let key: SymmetricKey

    /// - Parameter key: 16, 24 or 32 bytes.
    init(key: [UInt8]) { self.key = SymmetricKey(data: key) }

    /// - Parameters:
    ///   - plain: Whole blocks.
    ///   - vector: One block.
    /// - Throws: `failed` when either is not.
    func encrypt(_ plain: [UInt8], vector: [UInt8]) throws(SigningError) -> [UInt8] {
        do {
            return Array(
                try AES._CBC.encrypt(
                    plain, using: key, iv: AES._CBC.IV(ivBytes: vector), noPadding: true))
        } catch {
            throw SigningError(.failed, "AES refused \(plain.count) bytes")
        }
    }

    /// `nil` unless both are whole blocks, and at least one is there.
    func decrypt(_ sealed: [UInt8], vector: [UInt8]) -> [UInt8]? {
        guard let vector = try? AES._CBC.IV(ivBytes: vector) else { return nil }
        return (try? AES._CBC.decrypt(sealed, using: key, iv: vector, noPadding: true))
            .map { Array($0) }
    }
}

/// Padding to whole blocks: as many bytes as are missing, at least one, each of that value.
///
/// PKCS#7 (RFC 5652 section 6.3), for any block of up to 255 bytes.
enum BlockPadding {
    /// What lies between a message and the end of its last block.
    struct Removal {
        /// Without the padding; all of it where that was not right, so that a caller can go on
        /// with it and take the same time to fail.
        let bytes: [UInt8]
        let isRight: Bool
    }

    static func add(to bytes: [UInt8], block: Int) -> [UInt8] {
        let count = block - bytes.count % block
        return bytes + Array(repeating: UInt8(truncatingIfNeeded: count), count: count)
    }

    /// Looks at each byte that may be padding, whatever it finds in the others: how long this takes
    /// says nothing about where a wrong one is.
    static func remove(from bytes: [UInt8], block: Int) -> Removal {
        let count = Int(bytes.last ?? 0)
        var faults: UInt8 = 0
        for place in stride(from: 1, through: min(block, bytes.count), by: 1) {
            let isPart: UInt8 = place <= count ? 0xFF : 0
            faults |= isPart & (bytes[bytes.count - place] ^ UInt8(truncatingIfNeeded: count))
        }
        let isRight = faults == 0 && (1...block).contains(count) && count <= bytes.count
        return Removal(bytes: isRight ? Array(bytes.dropLast(count)) : bytes, isRight: isRight)
    }
}
