import Domain
import Foundation
import Logging
import Sealing
import Settings
import Signing
import Storage

/// Which master keys a database needs, and where they come from.
struct MasterKeys {
    let settings: SecretSettings
    /// The path of the database.
    let database: String
    let chance: Chance
    let log: Logger

    /// The keys for a store: those of the configuration, or the one beside the database, which is
    /// made when there is none.
    ///
    /// A key is never made, and none is accepted, while the store keeps secrets that the keys do
    /// not open: it would look as if all were well, and what is sealed would be lost.
    ///
    /// - Parameter gaps: Whether that is accepted for once, to give those secrets up.
    func keys(
        for vault: any Vault, acceptingGaps gaps: Bool = false
    ) async throws(ServiceError) -> KeyRing {
        let counts: [MasterKey.ID: Int]
        do throws(StorageError) {
            counts = try await Strongbox.keys(of: vault)
        } catch {
            throw ServiceError(
                "the sealed secrets cannot be read: \(error.detail)", "The log above may say more.")
        }
        let file = MasterKeyFile(besideDatabase: database)
        var sealing = settings.masterKey
        if sealing == nil { sealing = try file.read() }
        if let sealing {
            let ring = KeyRing(sealing, old: settings.oldMasterKeys)
            if !gaps { try check(counts, file) { ring.key($0) != nil } }
            return ring
        }
        if !gaps {
            try check(counts, file) { id in settings.oldMasterKeys.contains { $0.id == id } }
        }
        var chance = chance
        let made = try file.make(using: &chance)
        log.notice(
            "secrets.key_made",
            metadata: [
                "path": "\(file.path)", "key": "\(made.id)",
                "detail": """
                Keep a copy of this file apart from the copies of the database: without it, a \
                backup of the database cannot open the secrets in it.
                """,
            ])
        return KeyRing(made, old: settings.oldMasterKeys)
    }

    private func check(
        _ counts: [MasterKey.ID: Int], _ file: MasterKeyFile, opens: (MasterKey.ID) -> Bool
    ) throws(ServiceError) {
        let missing = counts.filter { !opens($0.key) }
            .sorted { "\($0.key)" < "\($1.key)" }
        guard !missing.isEmpty else { return }
        let list = missing.map { "\($0.value) under the master key \($0.key)" }
            .joined(separator: ", ")
        throw ServiceError(
            "the database keeps secrets that the given master keys do not open: \(list)",
            "Give that key as secrets.master_key, or under secrets.old_master_keys until copyhook "
                + "secrets rewrap has run; if it was made here, put \(file.path) back from a "
                + "backup. A key that is lost for good: copyhook secrets rewrap --discard.")
    }
}
