import Testing
import copyhook

@Suite struct KeyTests {
    private static let rows: [(String, [Key])] = [
        ("jk", [.character("j"), .character("k")]),
        ("\u{1B}[A\u{1B}[B", [.up, .down]),
        ("\u{1B}OA\u{1B}OB\u{1B}OH\u{1B}OF", [.up, .down, .home, .end]),
        (
            "\u{1B}[5~\u{1B}[6~\u{1B}[1~\u{1B}[4~\u{1B}[7~\u{1B}[8~",
            [.pageUp, .pageDown, .home, .end, .home, .end]
        ),
        // With Ctrl held.
        ("\u{1B}[1;5A\u{1B}[5;5~", [.up, .pageUp]),
        ("\r\n\u{7F}\u{8}\u{3}", [.enter, .enter, .backspace, .backspace, .interrupt]),
        ("客é👍", [.character("客"), .character("é"), .character("👍")]),
        // Keys that are none of ours: F5, Insert, Ctrl-Z, a report of the mouse.
        ("\u{1B}[15~\u{1B}[2~\u{1A}\u{1B}[<0;1;1Mq", [.character("q")]),
        ("\u{1B}q", [.escape, .character("q")]),
        ("\u{1B}\u{1B}[A", [.escape, .up]),
    ]

    @Test(arguments: rows)
    func bytesAreKeysHoweverTheyAreCut(bytes: String, keys: [Key]) {
        let bytes = Array(bytes.utf8)
        for cut in 0...bytes.count {
            var reader = KeyReader()
            let found = reader.keys(bytes[..<cut]) + reader.keys(bytes[cut...])
            #expect(found == keys, "cut at \(cut)")
            #expect(!reader.isInside)
        }
        var reader = KeyReader()
        #expect(bytes.flatMap { reader.keys([$0]) } == keys)
    }

    @Test func escapeIsAKeyWhenNothingFollows() {
        var reader = KeyReader()
        #expect(reader.keys([0x1B]).isEmpty && reader.isInside)
        #expect(reader.nothingFollows() == [.escape])
        #expect(!reader.isInside && reader.nothingFollows().isEmpty)
    }

    @Test func whatIsNoTextIsNoKeyAndEndsNothing() {
        var reader = KeyReader()
        #expect(reader.keys([0xFF, 0xC3, 0x28, 0x80]) == [.character("(")])
        #expect(reader.keys([0xED, 0xA0, 0x80, 0x71]) == [.character("q")])
        let long = [0x1B, 0x5B] + [UInt8](repeating: 0x31, count: 100)
        #expect(reader.keys(long).isEmpty && !reader.isInside)
    }
}
