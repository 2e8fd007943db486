import Domain
import Storage
import Testing

@Suite struct PageMarkTests {
    @Test(arguments: Listed.allCases, [0, 1, -5, 1_767_225_600_000] as [Int64])
    func aMarkComesBackAsItWas(_ list: Listed, _ at: Int64) throws {
        let mark = PageMark(list: list, at: Timestamp(milliseconds: at), position: 9_999_999)
        #expect(try PageMark(mark.text, of: list) == mark)
        #expect(PageMark.isWellFormed(mark.text))
    }

    @Test func whatIsNoCursorOfThisListIsRefused() throws {
        let mark = PageMark(list: .events, at: .start, position: 35)
        let text = mark.text
        var strange = ["", "x", "17", "....", text + "0", text.uppercased(), " " + text]
        strange.append(text.replacing("e.", with: "t."))
        for place in text.indices {
            var other = text
            other.replaceSubrange(place...place, with: text[place] == "1" ? "2" : "1")
            strange.append(other)
        }
        for text in strange {
            #expect(throws: StorageError.self, "\(text)") { try PageMark(text, of: .events) }
        }
        #expect(throws: StorageError.self) { try PageMark(text, of: .tasks) }
        for text in [
            "", "x", "17", "x.1.1.1", "e.1.1", "e..1.1", "e.1.1.1.1", "e.A.1.1", "e.1.-1.1",
        ] {
            #expect(!PageMark.isWellFormed(text), "\(text)")
        }
    }

    @Test func aNeedleHasNoCaseInASCIIAndEveryByteElsewhere() {
        for (needle, text) in [
            ("INV", "invoice"), ("inv", "My INVOICE"), ("客服", "客服助手"), ("助手", "客服助手"), ("", "a"),
            ("É", "É"),
        ] {
            #expect(Needle(needle).isIn(text), "\(needle) in \(text)")
        }
        for (needle, text) in [
            ("é", "É"), ("服客", "客服助手"), ("invoices", "invoice"), ("e\u{301}", "\u{E9}"), ("[", "{"),
        ] {
            #expect(!Needle(needle).isIn(text), "\(needle) in \(text)")
        }
        #expect(!Needle("a").isIn(nil, nil))
        #expect(Needle("a").isIn(nil, "ba"))
    }

    @Test func hoursEndWithTheOneThatIsNow() {
        let now = Timestamp.start + .minutes(90)
        let hours = Activity.hours(2, endingAt: now)
        #expect(hours.map(\.since) == [.start, .start + .hours(1)])
        #expect(hours.map(\.until) == [.start + .hours(1), .start + .hours(2)])
        #expect(Activity.hours(0, endingAt: now).count == 1)
        #expect(Activity.hours(1_000, endingAt: now).count == Activity.hoursMax)
    }
}
