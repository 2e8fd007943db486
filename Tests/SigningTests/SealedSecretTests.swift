import Domain
import Signing
import Testing

private typealias Place = SealedSecret.Place

private let place = Place(table: "grant", name: "coze-prod", field: "token")
private let secret = Array("a token that nobody may read".utf8)

private func key(_ letter: Character) throws -> MasterKey {
    try MasterKey(parsing: Secret(String(repeating: letter, count: 32)))
}

/// Counts up, so that what is sealed is the same every time.
private struct Counting: RandomNumberGenerator {
    var state: UInt64 = 0

    mutating func next() -> UInt64 {
        state += 0x0123_4567_89AB_CDEF
        return state
    }
}

private func sealed(
    _ bytes: [UInt8] = secret, at place: Place = place, under letter: Character = "a"
) throws -> SealedSecret {
    var chance = Counting()
    return try SealedSecret(sealing: bytes, at: place, under: key(letter), using: &chance)
}

/// The code of what is thrown, and whether the message says `words`.
private func refusal(
    _ words: String = "", _ work: () throws -> Void
) throws -> SealingError.Code? {
    do {
        try work()
        return nil
    } catch let error as SealingError {
        #expect(error.detail.contains(words), "\(error.detail)")
        return error.code
    }
}

@Suite struct SealedSecretTests {
    @Test(arguments: [0, 1, 15, 16, 17, 4_096])
    func whatIsSealedOpens(_ count: Int) throws {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        let stored = try SealedSecret(stored: sealed(bytes).bytes)
        #expect(try stored.opened(at: place, with: KeyRing(key("a"))) == bytes)
        #expect(stored.bytes.count == 99 + count)
    }

    /// The form of version 1 for ever: a database of today has to open tomorrow.
    @Test func versionOneIsWhatItWas() throws {
        let stored = try SealedSecret(stored: sealed(Array("hello".utf8)).bytes)
        #expect(Hexadecimal.encode(stored.bytes) == versionOne)
        #expect(try stored.keyID == key("a").id)
        let bytes = try #require(Hexadecimal.decode(versionOne))
        let opened = try SealedSecret(stored: bytes).opened(at: place, with: KeyRing(key("a")))
        #expect(opened == Array("hello".utf8))
    }

    @Test func everyFlippedBitIsRefused() throws {
        let whole = try sealed().bytes
        let ring = KeyRing(try key("a"))
        var codes: [SealingError.Code: Int] = [:]
        for place in whole.indices {
            for bit in 0..<8 {
                var bytes = whole
                bytes[place] ^= 1 << bit
                let code = try refusal {
                    _ = try SealedSecret(stored: bytes).opened(
                        at: SealedSecretTests.here, with: ring)
                }
                codes[try #require(code, "byte \(place), bit \(bit)"), default: 0] += 1
            }
        }
        // One byte of version, ten of key id, all others authenticated.
        #expect(
            codes == [.unreadable: 8, .unknownKey: 80, .tampered: (whole.count - 11) * 8])
    }

    private static let here = place

    @Test func everyMissingByteIsRefused() throws {
        let whole = try sealed().bytes
        let ring = KeyRing(try key("a"))
        for count in 0..<whole.count {
            let code = try refusal {
                _ = try SealedSecret(stored: Array(whole.prefix(count)))
                    .opened(at: place, with: ring)
            }
            #expect(code == (count < 99 ? .unreadable : .tampered), "\(count)")
        }
        let longer = try refusal {
            _ = try SealedSecret(stored: whole + [0]).opened(at: place, with: ring)
        }
        #expect(longer == .tampered)
    }

    @Test(arguments: [
        ("grant", "coze-prod", "tokem"), ("grant", "coze-dev", "token"),
        ("grants", "coze-prod", "token"), ("grantc", "oze-prod", "token"),
        ("grant", "coze-prodt", "oken"), ("", "", ""),
    ])
    func aRecordInAnotherPlaceIsRefused(_ table: String, _ name: String, _ field: String) throws {
        let other = Place(table: table, name: name, field: field)
        let ring = KeyRing(try key("a"))
        #expect(try refusal { _ = try sealed().opened(at: other, with: ring) } == .tampered)
        let there = try sealed(at: other)
        #expect(try refusal { _ = try there.opened(at: place, with: ring) } == .tampered)
    }

    /// Parts of two good records, put together.
    @Test func aHeadBelongsToItsBody() throws {
        var chance = Counting()
        let one = try SealedSecret(
            sealing: secret, at: place, under: key("a"), using: &chance)
        let other = try SealedSecret(
            sealing: secret, at: place, under: key("a"), using: &chance)
        let ring = KeyRing(try key("a"))
        let mixed = try SealedSecret(
            stored: Array(one.bytes.prefix(71)) + Array(other.bytes.dropFirst(71)))
        #expect(try refusal { _ = try mixed.opened(at: place, with: ring) } == .tampered)
        #expect(one.bytes != other.bytes)
    }

    @Test func aMissingKeyIsNamed() throws {
        let needed = "\(try key("a").id)"
        #expect(needed.utf8.count == 16)
        let code = try refusal(needed) {
            _ = try sealed().opened(at: place, with: KeyRing(key("b"), old: [key("c")]))
        }
        #expect(code == .unknownKey)
        #expect(try key("a").id == key("a").id && key("a").id != key("b").id)
        #expect(!needed.contains("aaaa"))
    }

    @Test func aNewKeyWrapsWithoutTouchingTheBody() throws {
        var chance = Counting()
        let old = try sealed()
        let both = KeyRing(try key("b"), old: [try key("a")])
        let new = try old.rewrapped(at: place, with: both, using: &chance)

        #expect(try new.keyID == key("b").id)
        #expect(new.bytes.dropFirst(71) == old.bytes.dropFirst(71))
        #expect(try old.opened(at: place, with: both) == secret)
        #expect(try new.opened(at: place, with: KeyRing(key("b"))) == secret)
        let late = try refusal { _ = try new.opened(at: place, with: KeyRing(key("a"))) }
        #expect(late == .unknownKey)
        let without = try refusal {
            _ = try old.rewrapped(at: place, with: KeyRing(key("b")), using: &chance)
        }
        #expect(without == .unknownKey)
    }

    @Test(arguments: [
        (["a", "b", "c"], "a/b/c"), (["", "", ""], "//"), (["a/b", "c", "d"], "a%2Fb/c/d"),
        (["a", "b%2F", "/"], "a/b%252F/%2F"), (["客", "é", "e\u{301}"], "客/é/e\u{301}"),
    ])
    func aPlaceHasOneId(_ parts: [String], _ id: String) {
        let place = Place(table: parts[0], name: parts[1], field: parts[2])
        #expect(Array(place.id.utf8) == Array(id.utf8))
        #expect(Place(id: id) == place)
    }

    @Test(arguments: ["", "a", "a/b", "a/b/c/d", "a/b/%", "a/b/%2", "a/b/%2f", "a/b/%41", "a/%%/c"])
    func whatIsNoIdIsRefused(_ id: String) {
        #expect(Place(id: id) == nil)
    }

    @Test func aMasterKeyShowsNothing() throws {
        let key = try key("a")
        var dumped = ""
        dump(key, to: &dumped)
        for shown in ["\(key)", String(reflecting: key), dumped] {
            #expect(!shown.contains("aaaa"))
            #expect(shown.contains("\(key.id)"))
        }
    }

    @Test(arguments: [
        ("hex:" + String(repeating: "0a", count: 32), true),
        ("hex:" + String(repeating: "0a", count: 31), false),
        ("hex:" + String(repeating: "0", count: 63), false),
        ("base64:AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=", true),
        (String(repeating: "x", count: 31), false), (String(repeating: "x", count: 32), true),
    ])
    func aMasterKeyHas32Bytes(_ text: String, _ isKey: Bool) {
        let key = try? MasterKey(parsing: Secret(text))
        #expect((key != nil) == isKey)
    }

    @Test func aNewMasterKeyIsMadeOfChance() throws {
        var chance = Counting()
        let one = MasterKey.make(using: &chance)
        let other = MasterKey.make(using: &chance)
        #expect(one != other && one.exposed.utf8.count == 68)
        #expect(try MasterKey(parsing: one).id != MasterKey(parsing: other).id)
    }
}

/// Made once, by ``Counting`` and the key of 32 times `a`.
private let versionOne =
    "011c47495283a251ddf6cb03f2e1d0bfae9d8c7b6a59483e7994bf069ede4d5d4881d1cef5875db6"
    + "47f44444863cdc5d5b56a3006c6e6dcdfbf25d6cf7f2a79b88832f4c4d1593cfbead9c8b7a695847"
    + "362514e9cf9966636e49ad956904c511f1d5fc51f74a2fbf"
