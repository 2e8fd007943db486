import Channels
import Domain
import StrictJSON
import Testing

@Test func everySharedLengthAndCutHolds() throws {
    guard let cases = try SharedFiles.cases("escaping.json") else { return }
    var counts: [String: Int] = [:]
    for vector in cases {
        let kind = try #require(vector["kind"]?.string)
        let text = expanded(try #require(vector["input"]?.string))
        switch kind {
        case "length":
            for unit in TextLimit.Unit.allCases {
                let due = vector["expected"]?[unit.rawValue]?.number?.int64
                #expect(Int64(unit.length(of: text)) == due, "\(text) \(unit)")
            }
        case "truncate":
            let max = try #require(vector.value(at: "/limit/max")?.number?.int64)
            let unit = try #require(
                vector.value(at: "/limit/unit")?.string.flatMap(TextLimit.Unit.init))
            let limit = TextLimit(Int(max), unit)
            let cut = limit.cut(text)
            #expect(limit.holds(cut))
            #expect((cut == text) == vector.value(at: "/expected/unchanged")?.bool)
            #expect(cut == text || cut.hasSuffix("…"))
            #expect(text.hasPrefix(cut == text ? cut : String(cut.dropLast())))
        default: continue
        }
        counts[kind, default: 0] += 1
    }
    print("text vectors: \(counts.sorted { $0.key < $1.key })")
    #expect(counts == ["length": 10, "truncate": 6])
}

@Test(arguments: [
    ("abcd", 4, TextLimit.Unit.graphemes, "abcd"), ("abcde", 4, .graphemes, "abc…"),
    ("文文", 6, .utf8Bytes, "文文"), ("文文文", 8, .utf8Bytes, "文…"),
    ("😀😀😀", 6, .utf16Units, "😀😀😀"), ("😀😀😀😀", 6, .utf16Units, "😀😀…"),
    ("👨‍👩‍👧‍👦👨‍👩‍👧‍👦", 27, .utf8Bytes, "…"), ("👨‍👩‍👧‍👦👨‍👩‍👧‍👦", 28, .utf8Bytes, "👨‍👩‍👧‍👦…"), ("", 3, .utf8Bytes, ""),
])
func textIsCutBetweenCharacters(
    _ text: String, _ max: Int, _ unit: TextLimit.Unit, _ due: String
) {
    #expect(TextLimit(max, unit).cut(text) == due)
}

@Test(arguments: [
    (0, "0 毫秒", "0 ms"), (999, "999 毫秒", "999 ms"), (1_000, "1 秒", "1 s"),
    (1_840, "1.8 秒", "1.8 s"), (59_999, "59 秒", "59 s"), (60_000, "1 分", "1 min"),
    (125_000, "2 分 5 秒", "2 min 5 s"), (3_600_000, "1 小时", "1 h"),
    (3_780_000, "1 小时 3 分", "1 h 3 min"), (90_000_000, "1 天 1 小时", "1 d 1 h"),
    (-5, "0 毫秒", "0 ms"),
])
func aLengthOfTimeIsSaidInItsTwoLargestUnits(_ milliseconds: Int64, _ zh: String, _ en: String) {
    #expect(Phrase.duration(.milliseconds(milliseconds)) == Phrase(zh, en))
}
