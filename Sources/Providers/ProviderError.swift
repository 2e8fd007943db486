/// Why a connection, as configured, cannot be spoken for.
///
/// Raised once, when the configuration is read; what a platform refuses later is a `Failure`.
package struct ProviderError: Error, Hashable {
    package enum Code: String, Hashable, Sendable, CaseIterable {
        /// The address is not absolute, or not of HTTP.
        case badBaseURL
        /// A credential of another platform, an empty one, or one that no header can carry.
        case badCredential
        /// The private key cannot sign.
        case badKey
    }

    package let code: Code
    /// Where to mend it, as a path of configuration keys: `connections.prod.auth.jwt.private_key`.
    package let place: String
    /// What is wrong and what would be accepted; never any part of a secret.
    package let detail: String

    package init(_ code: Code, at place: String, _ detail: String) {
        self.code = code
        self.place = place
        self.detail = detail
    }
}

extension ProviderError: CustomStringConvertible {
    package var description: String { "\(place): \(detail)" }
}
