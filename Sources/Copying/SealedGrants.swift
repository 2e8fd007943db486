package import Domain
package import Logging
package import Providers
package import Sealing
import Signing
import Storage
import StrictJSON
import Synchronization

/// Keeps grants in the store, sealed.
///
/// A grant is only handed out to the credential that got it: a connection that was given another
/// account begins anew.
package final class SealedGrants: GrantKeeper {
    private let strongbox: Strongbox
    private let log: Logger
    /// What was refused last, by connection: should the store not let go of it, it still is not
    /// handed out again.
    private let refused = Mutex<[String: Secret]>([:])

    package init(_ strongbox: Strongbox, log: Logger) {
        self.strongbox = strongbox
        self.log = log
    }

    package func kept(for connection: Connection, at now: Timestamp) async -> Grant? {
        let kept = await read(connection)?.grant
        guard let kept, kept.isGood(at: now), kept.owner == Self.owner(connection),
            refused.withLock({ $0[connection.name] }) != kept.grant.token
        else { return nil }
        return kept.grant
    }

    package func keep(_ grant: Grant, for connection: Connection, at now: Timestamp) async {
        guard let renewAt = grant.renewAt else { return }
        let kept = KeptGrant(
            grant: grant, renewAt: renewAt, obtainedAt: now, owner: Self.owner(connection))
        do throws(StorageError) {
            try await strongbox.put(kept.bytes, at: Self.place(connection))
        } catch {
            complain(error, connection)
        }
    }

    package func forget(_ grant: Grant, for connection: Connection) async {
        refused.withLock { $0[connection.name] = grant.token }
        guard let (kept, box) = await read(connection), kept.grant.token == grant.token else {
            return
        }
        do throws(StorageError) {
            try await strongbox.delete(box)
        } catch {
            complain(error, connection)
        }
    }

    private func read(
        _ connection: Connection
    ) async -> (grant: KeptGrant, box: Strongbox.Kept)? {
        do throws(StorageError) {
            guard let box = try await strongbox.kept(at: Self.place(connection)) else { return nil }
            return KeptGrant(box.secret).map { ($0, box) }
        } catch {
            complain(error, connection)
            return nil
        }
    }

    private func complain(_ error: StorageError, _ connection: Connection) {
        log.warning(
            "grant.not_kept",
            metadata: ["connection": "\(connection.name)", "detail": "\(error.detail)"])
    }

    private static func place(_ connection: Connection) -> SealedSecret.Place {
        SealedSecret.Place(table: "grant", name: connection.name, field: "token")
    }

    /// Follows from the account; kept inside the seal only.
    private static func owner(_ connection: Connection) -> String {
        switch connection.credential {
        case .jwt(let appID, let keyID, let privateKey, let accountID):
            derivedText(
                [connection.baseURL, appID, keyID, privateKey.exposed, accountID ?? ""])
        case .token(let token): derivedText([connection.baseURL, token.exposed])
        case .keyue(let token, let uid, let username):
            derivedText([connection.baseURL, token.exposed, uid.exposed, username.exposed])
        }
    }
}

/// A grant as it lies under its seal: a JSON object.
private struct KeptGrant {
    let grant: Grant
    let renewAt: Timestamp
    let obtainedAt: Timestamp
    let owner: String

    init(grant: Grant, renewAt: Timestamp, obtainedAt: Timestamp, owner: String) {
        self.grant = grant
        self.renewAt = renewAt
        self.obtainedAt = obtainedAt
        self.owner = owner
    }

    init?(_ bytes: [UInt8]) {
        guard let value = try? JSONValue(parsing: bytes), let token = value["token"]?.string,
            let renewAt = value["renew_at"]?.number?.int64,
            let obtainedAt = value["obtained_at"]?.number?.int64,
            let owner = value["owner"]?.string
        else { return nil }
        self.renewAt = Timestamp(milliseconds: renewAt)
        self.obtainedAt = Timestamp(milliseconds: obtainedAt)
        self.owner = owner
        grant = Grant(token: Secret(token), renewAt: self.renewAt)
    }

    var bytes: [UInt8] {
        let value: JSONValue = [
            "token": .string(grant.token.exposed),
            "renew_at": .number(JSONNumber(renewAt.milliseconds)),
            "obtained_at": .number(JSONNumber(obtainedAt.milliseconds)),
            "owner": .string(owner),
        ]
        return value.bytes()
    }

    /// By the wall clock, which may have been set since.
    ///
    /// A clock that stands before the moment of getting says nothing about the end. The end has its
    /// margin already.
    func isGood(at now: Timestamp) -> Bool { obtainedAt <= now && now < renewAt }
}
