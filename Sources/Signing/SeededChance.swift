import Crypto
package import Domain
import Synchronization

/// Draws that follow from a seed, and that nobody who does not have it can guess.
///
/// HMAC-SHA-256 under the seed over a counter: API keys and signing secrets are drawn from it, so
/// what is good enough for a simulation would not be.
package enum SeededChance {
    package static let seedBytes = 32

    package static func seed(using generator: inout some RandomNumberGenerator) -> [UInt8] {
        randomBytes(seedBytes, using: &generator)
    }

    /// The draws of this seed from the first on.
    package static func make(_ seed: [UInt8]) -> Chance {
        let key = SymmetricKey(data: seed)
        let count = Mutex<UInt64>(0)
        return Chance {
            let number = count.withLock { count in
                defer { count += 1 }
                return count
            }
            let bytes = withUnsafeBytes(of: number.bigEndian) { Array($0) }
            let code = HMAC<SHA256>.authenticationCode(for: bytes, using: key)
            return code.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
        }
    }
}
