/// Bytes drawn from good texts: whole, changed at a few places, or joined from two.
struct Mutator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// Source: Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators", 2014.
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }

    mutating func pick<Value>(_ values: [Value]) -> Value { values[number(0...values.count - 1)] }

    /// What JSON and patterns are made of, where a change hurts most.
    private static let tokens = [
        "{", "}", "[", "]", "\"", "\\", ",", ":", "null", "true", "1e999999", "-0", "0.1",
        "\\u0000", "\\ud83d\\ude00", "\\ud83d", "\"a\":", "\"a.b\":", "\"$or\":", "\"prefix\"",
        "\"wildcard\"", "\"numeric\"", "\"exists\":false", "\"anything-but\":", "*", ".", " ",
        "\u{FEFF}", "ß", "İ", "10.0.0.0/8", "{\"a\":", "[{\"a\":1}]",
    ].map { Array($0.utf8) }

    mutating func next(_ seeds: [String]) -> [UInt8] {
        var bytes = Array(pick(seeds).utf8)
        if number(0...7) == 0 {
            let other = Array(pick(seeds).utf8)
            bytes =
                bytes.prefix(number(0...bytes.count)) + other.suffix(number(0...other.count))
        }
        for _ in 0..<pick([0, 0, 0, 1, 1, 2, 5]) { change(&bytes) }
        return bytes
    }

    private mutating func change(_ bytes: inout [UInt8]) {
        let place = number(0...bytes.count)
        let end = min(bytes.count, place + number(0...8))
        switch number(0...6) {
        case 0: bytes.insert(contentsOf: pick(Self.tokens), at: place)
        case 1: bytes.replaceSubrange(place..<end, with: pick(Self.tokens))
        case 2: bytes.removeSubrange(place..<end)
        case 3: bytes.insert(UInt8.random(in: 0...255, using: &self), at: place)
        case 4: bytes.insert(contentsOf: bytes[place..<end], at: place)
        case 5: bytes.removeSubrange(place...)
        default:
            guard place < bytes.count else { return }
            bytes[place] ^= 1 << UInt8(number(0...7))
        }
    }
}
