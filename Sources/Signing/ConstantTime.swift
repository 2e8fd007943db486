import Crypto

/// Comparisons whose duration says nothing about where two secrets differ.
package enum ConstantTime {
    /// Whether both are the same bytes.
    ///
    /// Both sides go through SHA-256 first, so not even their lengths can be measured; the two
    /// digests are then compared by the library, which looks at every byte.
    package static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        SHA256.hash(data: left) == SHA256.hash(data: right)
    }

    /// Whether both texts are the same UTF-8 bytes.
    package static func areEqual(_ left: String, _ right: String) -> Bool {
        areEqual(Array(left.utf8), Array(right.utf8))
    }
}
