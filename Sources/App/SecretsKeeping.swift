package import Domain
import Foundation
package import Logging
package import Sealing
package import Settings
import Signing
import Storage
import StorageSQLite

/// What people do with the sealed secrets of a store while the service is stopped.
package struct SecretsKeeping: Sendable {
    private let configuration: Configuration
    private let chance: Chance
    private let log: Logger

    package init(_ configuration: Configuration, chance: Chance = .system, log: Logger) {
        self.configuration = configuration
        self.chance = chance
        self.log = log
    }

    /// What came of a change of the master key.
    package struct Outcome: Hashable, Sendable {
        /// The public name of the key that seals from now on.
        package let key: String
        package let rewrapping: Strongbox.Rewrapping
    }

    /// Wraps every record's key under the first master key.
    ///
    /// - Parameter discarding: Whether records that no key opens are deleted.
    package func rewrap(
        discarding: Bool, progress: (_ done: Int, _ total: Int) -> Void
    ) async throws(ServiceError) -> Outcome {
        let path = configuration.store.path
        guard FileManager.default.fileExists(atPath: path) else {
            throw ServiceError(
                "there is no database \(path)", "Check store.url in \(configuration.file).")
        }
        let store: SQLiteStore
        do throws(StorageError) {
            store = try SQLiteStore.open(path: path)
        } catch {
            throw ServiceError(
                error.detail,
                "Stop the service first: copyhook secrets works on "
                    + "a store that nobody uses.")
        }
        let result: Result<Outcome, ServiceError>
        do throws(ServiceError) {
            let keys = try await MasterKeys(
                settings: configuration.secrets, database: path, chance: chance, log: log
            ).keys(for: store, acceptingGaps: discarding)
            do throws(StorageError) {
                let rewrapping = try await Strongbox(store, keys: keys, chance: chance)
                    .rewrapAll(discarding: discarding, progress: progress)
                result = .success(Outcome(key: "\(keys.sealing.id)", rewrapping: rewrapping))
            } catch {
                throw ServiceError(
                    "the sealed secrets cannot be wrapped again: \(error.detail)",
                    "Run it once more; what is done stays done, and the old key opens the rest.")
            }
        } catch {
            result = .failure(error)
        }
        try? await store.close()
        return try result.get()
    }
}
