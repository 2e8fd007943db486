package import Domain
package import Signing
package import Storage

/// The store's vault together with the keys that open it: secrets go in and come out as bytes.
///
/// The one way to keep a secret at rest. Access tokens that platforms gave us are kept this way;
/// sources, connections and endpoints that are put in at run time lie here as a whole, under the
/// place `source/NAME/definition`, since any part of a definition may be a secret.
package struct Strongbox: Sendable {
    private let vault: any Vault
    private let keys: KeyRing
    private let chance: Chance

    package init(_ vault: any Vault, keys: KeyRing, chance: Chance) {
        self.vault = vault
        self.keys = keys
        self.chance = chance
    }

    /// What was kept, and the record that it was read from, by which it can be deleted later.
    package struct Kept: Hashable, Sendable {
        package let secret: [UInt8]
        fileprivate let record: SealedRecord
    }

    /// What lies at a place, whether it opens or not.
    package struct Found: Hashable, Sendable {
        /// `nil` for what does not open.
        package let secret: [UInt8]?
        /// Why it does not.
        package let trouble: String?
        fileprivate let record: SealedRecord
    }

    /// Seals and stores, in the place of what was there.
    package func put(
        _ secret: [UInt8], at place: SealedSecret.Place, noting note: AuditNote? = nil
    ) async throws(StorageError) {
        try await vault.put(try sealed(secret, at: place), noting: note)
    }

    /// Seals and stores, unless something else lies there by now than what was found.
    ///
    /// - Parameter found: `nil` where nothing was.
    /// - Returns: Whether it did.
    package func replace(
        _ found: Found?, with secret: [UInt8], at place: SealedSecret.Place,
        noting note: AuditNote?
    ) async throws(StorageError) -> Bool {
        let record = try sealed(secret, at: place)
        guard let found else { return try await vault.add(record, noting: note) }
        return try await vault.replace(found.record, with: record, noting: note)
    }

    /// Deletes what was found, unless something else lies there by now.
    ///
    /// - Returns: Whether it did.
    package func delete(
        _ found: Found, noting note: AuditNote?
    ) async throws(StorageError) -> Bool {
        try await vault.delete(found.record, noting: note)
    }

    /// What lies at a place, or `nil`.
    package func found(at place: SealedSecret.Place) async throws(StorageError) -> Found? {
        guard let record = try await vault.sealedRecord(place.id) else { return nil }
        do throws(SealingError) {
            let secret = try SealedSecret(stored: record.bytes).opened(at: place, with: keys)
            return Found(secret: secret, trouble: nil, record: record)
        } catch {
            return Found(secret: nil, trouble: error.detail, record: record)
        }
    }

    /// The places of one field in a table where something lies, by name in byte order.
    package func places(
        of field: String, in table: String
    ) async throws(StorageError) -> [SealedSecret.Place] {
        let places = try await vault.sealedIDs().compactMap { SealedSecret.Place(id: $0) }
        return places.filter {
            $0.table.utf8.elementsEqual(table.utf8) && $0.field.utf8.elementsEqual(field.utf8)
        }.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    /// What is kept at a place, or `nil`.
    ///
    /// - Throws: `.corrupt` for what does not open, saying why.
    package func kept(at place: SealedSecret.Place) async throws(StorageError) -> Kept? {
        guard let record = try await vault.sealedRecord(place.id) else { return nil }
        let secret = try read(place) { () throws(SealingError) in
            try SealedSecret(stored: record.bytes).opened(at: place, with: keys)
        }
        return Kept(secret: secret, record: record)
    }

    /// Deletes what was read, unless something else stands in its place by now.
    package func delete(_ kept: Kept) async throws(StorageError) {
        _ = try await vault.delete(kept.record)
    }

    private func sealed(
        _ secret: [UInt8], at place: SealedSecret.Place
    ) throws(StorageError) -> SealedRecord {
        var chance = chance
        let sealed = try read(place) { () throws(SealingError) in
            try SealedSecret(sealing: secret, at: place, under: keys.sealing, using: &chance)
        }
        return SealedRecord(id: place.id, bytes: sealed.bytes)
    }

    /// Sealed for a place that is not in the vault: for what is short-lived and kept beside other
    /// things, in one transaction with them.
    ///
    /// A change of the master key leaves such bytes as they are.
    package func seal(
        _ secret: [UInt8], for place: SealedSecret.Place
    ) throws(StorageError) -> [UInt8] {
        try sealed(secret, at: place).bytes
    }

    /// What ``seal(_:for:)`` sealed.
    package func open(
        _ bytes: [UInt8], from place: SealedSecret.Place
    ) throws(StorageError) -> [UInt8] {
        try read(place) { () throws(SealingError) in
            try SealedSecret(stored: bytes).opened(at: place, with: keys)
        }
    }

    private func read<Value>(
        _ place: SealedSecret.Place, _ work: () throws(SealingError) -> Value
    ) throws(StorageError) -> Value {
        do throws(SealingError) {
            return try work()
        } catch {
            throw StorageError(
                .corrupt, detail: "the sealed secret \(place): \(error.detail)")
        }
    }
}

// MARK: - Changing the master key

extension Strongbox {
    /// What became of the records of a vault.
    package struct Rewrapping: Hashable, Sendable {
        /// Wrapped by the first key now.
        package var rewrapped = 0
        /// Wrapped by it before.
        package var current = 0
        /// Changed or deleted by somebody else meanwhile, and so left alone.
        package var changed = 0
        /// Ids of those that do not open, each with why; left as they are.
        package var broken: [String] = []
        /// The same, deleted.
        package var discarded: [String] = []

        package var total: Int {
            rewrapped + current + changed + broken.count + discarded.count
        }
    }

    /// Wraps the key of every record again, under the first master key, one record a transaction.
    ///
    /// May be cut short and begun again at any point: what is done stays done, and old keys open
    /// the rest.
    ///
    /// - Parameters:
    ///   - discarding: Whether records that do not open are deleted.
    ///   - progress: Called after each record with how many are done and how many there are.
    package func rewrapAll(
        discarding: Bool = false, progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) async throws(StorageError) -> Rewrapping {
        var chance = chance
        var outcome = Rewrapping()
        let ids = try await vault.sealedIDs()
        for (place, id) in ids.enumerated() {
            defer { progress(place + 1, ids.count) }
            guard let record = try await vault.sealedRecord(id) else {
                outcome.changed += 1
                continue
            }
            let sealed: SealedSecret
            do throws(SealingError) {
                sealed = try rewrapped(record, using: &chance)
            } catch {
                let line = "\(id): \(error.detail)"
                if discarding, try await vault.delete(record) {
                    outcome.discarded.append(line)
                } else {
                    outcome.broken.append(line)
                }
                continue
            }
            guard sealed.bytes != record.bytes else {
                outcome.current += 1
                continue
            }
            let new = SealedRecord(id: id, bytes: sealed.bytes)
            if try await vault.replace(record, with: new) {
                outcome.rewrapped += 1
            } else {
                outcome.changed += 1
            }
        }
        return outcome
    }

    private func rewrapped(
        _ record: SealedRecord, using chance: inout Chance
    ) throws(SealingError) -> SealedSecret {
        guard let place = SealedSecret.Place(id: record.id) else {
            throw SealingError(.unreadable, "its id is not one of a sealed secret")
        }
        let sealed = try SealedSecret(stored: record.bytes)
        // A body that does not open is told of now, while there may be a backup.
        _ = try sealed.opened(at: place, with: keys)
        if sealed.keyID == keys.sealing.id { return sealed }
        return try sealed.rewrapped(at: place, with: keys, using: &chance)
    }

    /// How many records each master key has sealed, by the key's public name.
    ///
    /// Bytes that are no sealed secret count under none.
    package static func keys(
        of vault: any Vault
    ) async throws(StorageError) -> [MasterKey.ID: Int] {
        var counts: [MasterKey.ID: Int] = [:]
        for id in try await vault.sealedIDs() {
            guard let record = try await vault.sealedRecord(id),
                let sealed = try? SealedSecret(stored: record.bytes)
            else { continue }
            counts[sealed.keyID, default: 0] += 1
        }
        return counts
    }
}
