import Crypto
import Domain

/// The secrets that a sender and a source share for signing, while one is being changed several.
struct SharedKeys: Sendable {
    private let keys: [SymmetricKey]

    /// - Parameter secrets: At least one; `hex:` and `base64:` mark binary ones.
    /// - Throws: `empty` without secrets or for an empty one, `undecodable`.
    init(_ secrets: [Secret]) throws(SigningError) {
        guard !secrets.isEmpty else { throw SigningError(.empty, "name at least one secret") }
        var keys: [SymmetricKey] = []
        for secret in secrets { keys.append(SymmetricKey(data: try secretBytes(parsing: secret))) }
        self.keys = keys
    }

    /// The code that a sender with the newest of the keys makes.
    func code(over content: [UInt8], _ algorithm: HMACProof.Algorithm) -> [UInt8] {
        keys.first.map { algorithm.code(over: content, $0) } ?? []
    }

    /// Whether one of the keys made one of the codes.
    ///
    /// Every code is compared with every key, whether or not an earlier pair fits.
    func made(
        oneOf codes: [[UInt8]], over content: [UInt8], _ algorithm: HMACProof.Algorithm
    ) -> Bool {
        var isMade = false
        for key in keys {
            let expected = algorithm.code(over: content, key)
            for code in codes {
                let isEqual = ConstantTime.areEqual(code, expected)
                isMade = isMade || isEqual
            }
        }
        return isMade
    }
}

extension SharedKeys: CustomStringConvertible, CustomReflectable {
    var description: String { "<\(keys.count) keys>" }
    var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}

extension HMACProof.Algorithm {
    /// RFC 2104.
    fileprivate func code(over content: [UInt8], _ key: SymmetricKey) -> [UInt8] {
        switch self {
        case .sha256: Array(HMAC<SHA256>.authenticationCode(for: content, using: key))
        case .sha512: Array(HMAC<SHA512>.authenticationCode(for: content, using: key))
        case .sha1: Array(HMAC<Insecure.SHA1>.authenticationCode(for: content, using: key))
        }
    }
}
