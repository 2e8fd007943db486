import Domain
import Storage
import Testing

private func wish(
    _ key: String = "k", of owner: String = "key_1", digest: Character = "a",
    at now: Timestamp = .start
) -> KeyedWish {
    KeyedWish(
        owner: owner, key: key, digest: String(repeating: digest, count: 64), begunAt: now,
        seed: Array("\(owner)\(key)\(now.milliseconds)".utf8))
}

private let lease: Duration = .seconds(15)
private let day: Duration = .hours(24)

extension KeyedWishes {
    fileprivate func begin(_ wish: KeyedWish) async throws -> KeyedWish.Standing {
        try await begin(
            wish, until: wish.begunAt + lease, forgetting: wish.begunAt - day, countMax: 3)
    }
}

@Suite struct KeyedWishTests {
    @Test(arguments: Backend.all)
    func aWishIsBegunOnceAndThenAnswered(_ backend: Backend) async throws {
        try await backend.run { store in
            let first = wish()
            #expect(try await store.begin(first) == .begun)
            #expect(try await store.begin(wish(at: .start + .seconds(1))) == .inHand)
            #expect(try await store.begin(wish(digest: "b", at: .start)) == .another)
            // Two owners, and two keys that differ only behind a NUL.
            #expect(try await store.begin(wish(of: "key_2")) == .begun)
            #expect(try await store.begin(wish("k\0")) == .begun)
            #expect(try await store.begin(wish("k\0b")) == .begun)
            try await store.keep(Array("answer".utf8), of: first)
            try await store.keep(Array("later".utf8), of: first)
            try await store.putDown(first)
            #expect(
                try await store.begin(wish(at: .start + .hours(1)))
                    == .answered(Array("answer".utf8)))
            #expect(try await store.begin(wish(digest: "b", at: .start + day)) == .another)
        }
    }

    @Test(arguments: Backend.all)
    func whoComesAfterATryThatWasLostGetsItsSeed(_ backend: Backend) async throws {
        try await backend.run { store in
            let first = wish()
            _ = try await store.begin(first)
            let late = Timestamp.start + lease
            #expect(try await store.begin(wish(at: late + .milliseconds(-1))) == .inHand)
            #expect(try await store.begin(wish(at: late)) == .begunAgain(first))
            #expect(try await store.begin(wish(at: late)) == .inHand, "it is lent again")
            try await store.putDown(first)
            #expect(try await store.begin(wish(at: late)) == .begunAgain(first))
        }
    }

    @Test(arguments: Backend.all)
    func aCrashEndsEveryHold(_ backend: Backend) async throws {
        try await backend.run { store in
            _ = try await store.begin(wish())
            _ = try await store.begin(wish("done"))
            try await store.keep([1], of: wish("done"))
        } thenAfterACrash: { store in
            let now = Timestamp.start + .milliseconds(1)
            let open = try await store.begin(wish(at: now))
            #expect(open == .begunAgain(wish()))
            let done = try await store.begin(wish("done", at: now))
            #expect(done == .answered([1]))
        }
    }

    @Test(arguments: Backend.all)
    func aKeyIsFreeAgainWhenItsTimeIsOver(_ backend: Backend) async throws {
        try await backend.run { store in
            let first = wish()
            _ = try await store.begin(first)
            try await store.keep([1], of: first)
            let end = Timestamp.start + day
            #expect(try await store.begin(wish(at: end)) == .answered([1]))
            let next = wish(digest: "b", at: end + .milliseconds(1))
            #expect(try await store.begin(next) == .begun)
            // Whoever still holds the old one changes nothing about the new one.
            try await store.keep([2], of: first)
            try await store.putDown(first)
            #expect(
                try await store.begin(wish(digest: "b", at: end + .milliseconds(2))) == .inHand)
        }
    }

    @Test(arguments: Backend.all)
    func theOldestOfAnOwnerMakeRoom(_ backend: Backend) async throws {
        try await backend.run { store in
            _ = try await store.begin(wish(of: "key_2"))
            for number in 1...5 { _ = try await store.begin(wish("\(number)")) }
            #expect(try await store.begin(wish(of: "key_2")) == .inHand)
            for number in 3...5 { #expect(try await store.begin(wish("\(number)")) == .inHand) }
            #expect(try await store.begin(wish("1")) == .begun)
            #expect(try await store.begin(wish("3")) == .begun, "the one before pushed it out")
        }
    }

    @Test(arguments: Backend.all)
    func whatIsOldIsTakenAway(_ backend: Backend) async throws {
        try await backend.run { store in
            for number in 0..<3 {
                _ = try await store.begin(wish("\(number)", at: .start + .seconds(number)))
            }
            let pruned = try await store.prune(
                .wishes, olderThan: .start + .seconds(2), from: nil, limit: 10,
                at: .start + .seconds(2))
            #expect(pruned == Pruned(removed: 2, next: nil))
            #expect(try await store.begin(wish("2", at: .start + .seconds(2))) == .inHand)
            #expect(try await store.begin(wish("1", at: .start + .seconds(2))) == .begun)
        }
    }
}
