package import Domain
import Logging
import Sealing
import Signing
import Storage
import StrictJSON

/// A wish under its sender's own key while it is carried out; see
/// ``Administrator/carryingOut(_:)``.
///
/// Source: draft-ietf-httpapi-idempotency-key-header.
package struct WishInHand: Sendable {
    /// How long a key stands for its wish.
    package static let keptFor: Duration = .hours(24)
    /// Wishes that are remembered of one API key; more than these push out the oldest.
    package static let countMax = 10_000
    /// How long a wish may be in hand.
    ///
    /// It takes a commit or two; longer than this somebody has stopped in the middle of it.
    package static let lease: Duration = .seconds(15)
    /// A larger answer is not kept: the wish is carried out again, and finds itself done.
    package static let answerBytesMax = 256 << 10

    fileprivate let record: KeyedWish
    /// Whether an earlier try ended without an answer, so that all of it may be done.
    package let isAgain: Bool
    /// The same draws in every try.
    let chance: Chance

    fileprivate init(_ record: KeyedWish, seed: [UInt8], isAgain: Bool) {
        self.record = record
        self.isAgain = isAgain
        chance = SeededChance.make(seed)
    }

    /// When it was begun first.
    package var madeAt: Timestamp { record.begunAt }

    /// What the audit calls it; says nothing of the sender's key.
    var id: String { "wsh_" + derivedText([record.owner, record.key, madeAt.description]) }

    /// How it stands with a wish that has come.
    package enum Standing: Sendable {
        /// To be carried out now, and ended with ``Administrator/end(_:answer:)`` whatever comes.
        case inYourHand(WishInHand)
        case answered([UInt8])
    }
}

extension Administrator {
    /// Takes a wish in hand, or finds what was answered to it.
    ///
    /// - Parameters:
    ///   - key: The sender's own.
    ///   - digest: Of all that is wished for, 64 hexadecimal digits.
    package func begin(
        _ key: String, digest: String, by who: Principal
    ) async throws(AdministrationError) -> WishInHand.Standing {
        var chance = chance
        let seed = SeededChance.seed(using: &chance)
        let now = time.now()
        let place = WishPlace(owner: who.id, key: key)
        let (wish, standing) = try await ask { () async throws(StorageError) in
            let wish = KeyedWish(
                owner: who.id, key: key, digest: digest, begunAt: now,
                seed: try strongbox.seal(seed, for: place.seed))
            let standing = try await store.begin(
                wish, until: now + WishInHand.lease, forgetting: now - WishInHand.keptFor,
                countMax: WishInHand.countMax)
            return (wish, standing)
        }
        switch standing {
        case .begun: return .inYourHand(WishInHand(wish, seed: seed, isAgain: false))
        case .begunAgain(let first):
            let seed = try await ask { () async throws(StorageError) in
                try strongbox.open(first.seed, from: place.seed)
            }
            return .inYourHand(WishInHand(first, seed: seed, isAgain: true))
        case .answered(let answer):
            return .answered(
                try await ask { () async throws(StorageError) in
                    try strongbox.open(answer, from: place.answer)
                })
        case .inHand:
            throw AdministrationError(
                .wishInHand, "what this Idempotency-Key stands for is being carried out",
                remedy: "Send it again in a moment: it is answered then, and not done twice.")
        case .another:
            throw AdministrationError(
                .wishKeyReused, "this Idempotency-Key stands for another request",
                remedy: "Take a new key for each wish; the same one only to send the same again.")
        }
    }

    /// The same verbs for a wish that may have been carried out before, as far as anybody knows.
    ///
    /// What they make anew is the same in every try, and what they did before they find.
    package func carryingOut(_ wish: WishInHand) -> Administrator {
        var administrator = self
        administrator.wish = wish
        administrator.chance = wish.chance
        return administrator
    }

    /// Ends a wish with its answer, or without one where the next try may find it otherwise.
    ///
    /// Trouble with the store is not the asker's: what was done is done, and the next try finds it.
    package func end(_ wish: WishInHand, answer: [UInt8]?) async {
        let place = WishPlace(owner: wish.record.owner, key: wish.record.key)
        do throws(StorageError) {
            if let answer, answer.count <= WishInHand.answerBytesMax {
                try await store.keep(
                    try strongbox.seal(answer, for: place.answer), of: wish.record)
            } else {
                try await store.putDown(wish.record)
            }
        } catch {
            log.warning(
                "wish.not_ended",
                metadata: ["code": "\(error.code.rawValue)", "detail": "\(error.detail)"])
        }
    }
}

/// What the seals of a wish are bound to.
private struct WishPlace {
    let seed: SealedSecret.Place
    let answer: SealedSecret.Place

    init(owner: String, key: String) {
        let name = derivedText([owner, key])
        seed = SealedSecret.Place(table: "wish", name: name, field: "seed")
        answer = SealedSecret.Place(table: "wish", name: name, field: "answer")
    }
}

// MARK: - What a try before has done

extension Administrator {
    /// Whether a try before of this wish did this already.
    ///
    /// A deed and its entry in the audit are one transaction, and the entry names the wish.
    func hasDone(_ verb: AuditVerb, of object: String) async throws(AdministrationError) -> Bool {
        guard let wish, wish.isAgain else { return false }
        let query = AuditQuery(verb: verb.rawValue, object: object, limit: Selection.limitMax)
        let entries = try await ask { () async throws(StorageError) in
            try await store.auditEntries(query).rows
        }
        return entries.contains { entry in
            (try? JSONValue(parsing: entry.details))?["wish"]?.string == wish.id
        }
    }
}
