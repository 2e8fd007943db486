package import Domain
package import Storage

extension MemoryStore: KeyedWishes {
    package func begin(
        _ wish: KeyedWish, until end: Timestamp, forgetting moment: Timestamp, countMax: Int
    ) throws(StorageError) -> KeyedWish.Standing {
        if let place = place(of: wish) {
            let known = keyedWishes[place]
            if known.wish.begunAt >= moment {
                guard known.wish.digest == wish.digest else { return .another }
                if let answer = known.answer { return .answered(answer) }
                guard known.leasedUntil <= wish.begunAt else { return .inHand }
                keyedWishes[place].leasedUntil = end
                return .begunAgain(known.wish)
            }
            keyedWishes.remove(at: place)
        }
        keyedWishes.append(StoredWish(wish: wish, leasedUntil: end))
        let own = keyedWishes.indices.filter {
            Bytes(keyedWishes[$0].wish.owner) == Bytes(wish.owner)
        }
        for place in own.dropLast(countMax).reversed() { keyedWishes.remove(at: place) }
        return .begun
    }

    package func keep(_ answer: [UInt8], of wish: KeyedWish) throws(StorageError) {
        change(wish) { $0.answer = answer }
    }

    package func putDown(_ wish: KeyedWish) throws(StorageError) {
        change(wish) { $0.leasedUntil = Timestamp(milliseconds: 0) }
    }

    private func change(_ wish: KeyedWish, _ change: (inout StoredWish) -> Void) {
        guard let place = place(of: wish), keyedWishes[place].wish.seed == wish.seed,
            keyedWishes[place].answer == nil
        else { return }
        change(&keyedWishes[place])
    }

    private func place(of wish: KeyedWish) -> Int? {
        keyedWishes.firstIndex {
            Bytes($0.wish.owner) == Bytes(wish.owner) && Bytes($0.wish.key) == Bytes(wish.key)
        }
    }
}

struct StoredWish: Sendable {
    let wish: KeyedWish
    var leasedUntil: Timestamp
    var answer: [UInt8]?
}
