package import Domain

/// The part of the store that remembers wishes which came under keys of their senders' own, and
/// what was answered to them, so that one that comes again is not carried out again.
///
/// A wish is begun before anything of it is done, with a seed: whatever it makes anew is drawn
/// from that. A try that ended without an answer, such as by a crash, may have done all of it; the
/// next one gets the same seed, and so finds what is there already.
package protocol KeyedWishes: Sendable {
    /// Takes a wish in hand, or says what stands in the way.
    ///
    /// - Parameters:
    ///   - end: Until when it is in hand; a restart ends that, too.
    ///   - moment: What was begun before means nothing any more.
    ///   - countMax: How many are remembered of one owner; the oldest make room.
    func begin(
        _ wish: KeyedWish, until end: Timestamp, forgetting moment: Timestamp, countMax: Int
    ) async throws(StorageError) -> KeyedWish.Standing

    /// Remembers the answer to a wish that was begun; the first one stays.
    func keep(_ answer: [UInt8], of wish: KeyedWish) async throws(StorageError)

    /// Puts a wish down without an answer: it may be begun again at once.
    func putDown(_ wish: KeyedWish) async throws(StorageError)
}

/// A wish under its sender's own key.
package struct KeyedWish: Hashable, Sendable {
    /// Whose key it is; two owners may use one key.
    package let owner: String
    package let key: String
    /// What is wished for, as a digest; the same key means this and nothing else.
    package let digest: String
    /// When it was begun first.
    package let begunAt: Timestamp
    /// Opaque, as the caller sealed it.
    package let seed: [UInt8]

    package init(owner: String, key: String, digest: String, begunAt: Timestamp, seed: [UInt8]) {
        self.owner = owner
        self.key = key
        self.digest = digest
        self.begunAt = begunAt
        self.seed = seed
    }

    /// How it stands with a wish that somebody wants to begin.
    package enum Standing: Hashable, Sendable {
        /// It is in the caller's hand, for the first time.
        case begun
        /// It is in the caller's hand, and was in another's before: as it was begun first.
        case begunAgain(KeyedWish)
        /// Somebody else has it in hand.
        case inHand
        /// As the answer was given to ``KeyedWishes/keep(_:of:)``.
        case answered([UInt8])
        /// The key stands for another wish.
        case another
    }
}
