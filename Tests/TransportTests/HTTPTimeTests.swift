import Domain
import Testing
import Transport

/// 2026-03-18T08:30:15.000Z, a Wednesday.
private let start = Timestamp(milliseconds: 1_773_822_615_000)

@Suite struct HTTPTimeTests {
    @Test(arguments: [
        (784_111_777_000, "Sun, 06 Nov 1994 08:49:37 GMT"),
        (1_773_822_615_000, "Wed, 18 Mar 2026 08:30:15 GMT"),
        (1_773_822_615_999, "Wed, 18 Mar 2026 08:30:15 GMT"),
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (-1, "Wed, 31 Dec 1969 23:59:59 GMT"),
        (-345_600_000, "Sun, 28 Dec 1969 00:00:00 GMT"),
        (951_782_400_000, "Tue, 29 Feb 2000 00:00:00 GMT"),
        (4_107_542_400_000, "Mon, 01 Mar 2100 00:00:00 GMT"),
    ])
    func aMomentIsWrittenInTheOneFormThatMayBeSent(_ milliseconds: Int64, _ text: String) {
        let moment = Timestamp(milliseconds: milliseconds)
        #expect(moment.httpDate == text)
        #expect(
            Timestamp(httpDate: text, at: start).map { (moment - $0) / .seconds(1) < 1 } == true)
    }

    @Test(arguments: [
        ("Wednesday, 18-Mar-26 08:31:45 GMT", 2026), ("Sunday, 06-Nov-94 08:49:37 GMT", 1994),
        ("Monday, 01-Jan-76 00:00:00 GMT", 2076), ("Monday, 01-Jan-77 00:00:00 GMT", 1977),
        ("Monday, 01-Jan-00 00:00:00 GMT", 2000),
    ])
    func twoDigitsOfAYearAreAtMostFiftyYearsAhead(_ text: String, _ year: Int) throws {
        let moment = try #require(Timestamp(httpDate: text, at: start))
        #expect(moment.description.hasPrefix("\(year)-"))
    }

    @Test(arguments: [
        ("120", 120), ("0", 0), (" 30 ", 30), ("\t7", 7), ("1.5", 2), ("1.0", 1), ("0.001", 1),
        ("86399", 86_399), ("86400", 86_400), ("86401", 86_400),
        ("99999999999999999999999", 86_400), ("86399.5", 86_400), ("", nil), (" ", nil),
        ("-5", nil), ("+5", nil), ("5, 10", nil), ("soon", nil), ("5s", nil), ("1e3", nil),
        ("1.", nil), (".5", nil), ("1.2.3", nil), ("٣", nil), ("１", nil),
        ("Wed, 18 Mar 2026 08:31:45 GMT", 90), ("Wed, 18 Mar 2026 08:28:45 GMT", 0),
        ("Wednesday, 18-Mar-26 08:31:45 GMT", 90), ("Wed Mar 18 08:31:45 2026", 90),
        ("Sun Nov  6 08:49:37 1994", 0), ("Sunday, 06-Nov-94 08:49:37 GMT", 0),
        ("Wed, 18 Mar 2027 08:31:45 GMT", 86_400), ("Wed, 18 Mar 2026 08:31:45 UTC", nil),
        ("Wed, 18 Mar 2026 08:31:45", nil), ("Wed, 18 Mrz 2026 08:31:45 GMT", nil),
        ("Wed, 31 Feb 2026 08:31:45 GMT", nil), ("Wed, 18 Mar 2026 25:31:45 GMT", nil),
        ("wed, 18 Mar 2026 08:31:45 GMT", nil), ("Wed, 18 mar 2026 08:31:45 GMT", nil),
        ("Wed, 8 Mar 2026 08:31:45 GMT", nil), ("2026-03-18T08:31:45Z", nil),
    ])
    func retryAfterIsReadInEveryForm(_ text: String, _ seconds: Int64?) {
        let headers = [HTTPField("retry-AFTER", text)]
        #expect(
            RetryAfter.duration(in: headers, at: start) == seconds.map { .seconds($0) }, "\(text)")
    }

    @Test func aPartOfASecondBeforeADateIsWaitedWhole() {
        let text = "Wed, 18 Mar 2026 08:30:17 GMT"
        #expect(RetryAfter.duration(text, at: start + .milliseconds(1)) == .seconds(2))
        #expect(RetryAfter.duration(text, at: start + .seconds(1)) == .seconds(1))
    }

    @Test func retryAfterSaidTwiceOrNotCountsAsNotSaid() {
        let once = HTTPField("Retry-After", "1")
        #expect(RetryAfter.duration(in: [once], at: start) == .seconds(1))
        #expect(RetryAfter.duration(in: [], at: start) == nil)
        #expect(RetryAfter.duration(in: [once, once], at: start) == nil)
    }

    @Test func theDateHeaderTellsHowFarAServerIsAhead() {
        let headers = [HTTPField("date", "\tWed, 18 Mar 2026 08:30:20 GMT ")]
        #expect(headers.clockAhead(at: start) == 5_000)
        #expect(headers.clockAhead(at: start + .seconds(9)) == -4_000)
        #expect([HTTPField]().clockAhead(at: start) == nil)
        #expect([HTTPField("Date", "today")].clockAhead(at: start) == nil)
    }
}
