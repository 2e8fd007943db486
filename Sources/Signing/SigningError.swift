/// Why a key, a scheme or something to be signed is not usable.
///
/// Raised while a configuration is read or a request is made; what strangers send is judged by
/// ``VerificationRefusal`` instead.
package struct SigningError: Error, Hashable, Sendable {
    package enum Code: String, Hashable, Sendable {
        /// A secret, a token or a list of them is empty.
        case empty
        /// The text after the prefix is not what the prefix announces.
        case undecodable
        /// The decoded key has a length that the algorithm or its specification forbids.
        case wrongLength
        /// The public half inside a private key belongs to another key.
        case inconsistent
        /// A key of the wrong kind: a private one where a public one belongs, or a mixture.
        case wrongKind
        /// A message identifier that cannot stand in a header or would blur what is signed.
        case badIdentifier
        /// A token that was not made with this key, or is no token.
        case badToken
        /// The cryptographic library refused.
        case failed
    }

    package let code: Code
    /// What is wrong and what would be accepted; never any part of a secret.
    package let detail: String

    package init(_ code: Code, _ detail: String) {
        self.code = code
        self.detail = detail
    }
}

extension SigningError: CustomStringConvertible {
    package var description: String { detail }
}
