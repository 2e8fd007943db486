package import Domain
import Signing
package import Storage

/// The key that opens the whole API.
///
/// Kept is its SHA-256 alone: a key of 256 random bits cannot be guessed from that.
package struct AdministratorKey: Sendable {
    static let setting = "admin_key_sha256"

    private let hash: String

    /// Finds the key, or makes it.
    ///
    /// A preset (`server.admin_key`) is never stored, so that it ends with the configuration that
    /// held it. Without one, the first start makes a key; later starts know its hash.
    ///
    /// - Returns: The key, and its text where it was made just now: to be shown once, then dropped.
    package static func establish(
        preset: Secret?, registry: any Registry, using generator: inout some RandomNumberGenerator
    ) async throws(StorageError) -> (key: AdministratorKey, made: Secret?) {
        if let preset { return (AdministratorKey(preset), nil) }
        if let hash = try await registry.setting(setting) {
            return (AdministratorKey(hash: hash), nil)
        }
        let made = APIKey.make(using: &generator)
        let key = AdministratorKey(made)
        try await registry.set(setting, to: key.hash)
        return (key, made)
    }

    package init(_ text: Secret) { hash = APIKey.hash(text) }

    private init(hash: String) { self.hash = hash }

    /// Whether what stood behind `Bearer` is the key, in a time that says nothing about it.
    package func authorizes(_ bearer: String) -> Bool {
        ConstantTime.areEqual(APIKey.hash(Secret(bearer)), hash)
    }
}

extension Principal {
    package static let administrator = Principal(id: "admin", name: "admin", scopes: [.admin])
}
