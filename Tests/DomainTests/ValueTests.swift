import Domain
import StrictJSON
import Testing

@Suite struct IdentifierTests {
    private struct Counting: RandomNumberGenerator {
        var value: UInt64 = 0
        mutating func next() -> UInt64 {
            value += 1
            return value
        }
    }

    @Test func identifiersAreComparedAsBytes() {
        let composed = CopyTask.ID(rawValue: "\u{E9}")
        let decomposed = CopyTask.ID(rawValue: "e\u{301}")
        #expect("\u{E9}" == "e\u{301}")
        #expect(composed != decomposed)
        #expect(Set([composed, decomposed]).count == 2)
        #expect(decomposed < composed)
        #expect(composed == CopyTask.ID(rawValue: "\u{E9}"))
    }

    @Test func newIdentifiersSortByTheirTime() {
        var generator = Counting()
        let early = CopyTask.ID.make("tsk_", at: .start, using: &generator)
        let late = CopyTask.ID.make("tsk_", at: .start + .milliseconds(1), using: &generator)
        #expect(early < late)
        for id in [early, late] {
            #expect(id.rawValue.hasPrefix("tsk_"))
            #expect(id.rawValue.utf8.count == 30)
            let alphabet = "0123456789abcdefghjkmnpqrstvwxyz"
            #expect(id.rawValue.dropFirst(4).allSatisfy { alphabet.contains($0) })
        }
    }

    @Test func everyBitOfChanceShows() {
        struct One: RandomNumberGenerator {
            var values: [UInt64]
            mutating func next() -> UInt64 { values.removeFirst() }
        }
        var seen: Set<CopyTask.ID> = []
        for bit in 0..<80 {
            var generator = One(
                values: bit < 16 ? [1 << bit, 0] : [0, 1 << (bit - 16)])
            seen.insert(.make("", at: .start, using: &generator))
        }
        #expect(seen.count == 80)
        var none = One(values: [0, 0])
        let zero = CopyTask.ID.make("", at: Timestamp(milliseconds: 0), using: &none)
        #expect(zero.rawValue == String(repeating: "0", count: 26))
    }
}

@Suite struct TimestampTests {
    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
        (1_773_822_615_250, "2026-03-18T08:30:15.250Z"),
        (951_782_400_000, "2000-02-29T00:00:00.000Z"),
        (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
    ])
    func aTimeIsWrittenAndReadBack(milliseconds: Int64, text: String) {
        let time = Timestamp(milliseconds: milliseconds)
        #expect(time.description == text)
        #expect(Timestamp(rfc3339: text) == time)
    }

    @Test(arguments: [
        ("2026-03-18T08:30:15Z", 1_773_822_615_000), ("2026-03-18t08:30:15.2z", 1_773_822_615_200),
        ("2026-03-18 16:30:15.2509+08:00", 1_773_822_615_250),
        ("2026-03-18T00:00:15-08:30", 1_773_822_615_000),
        ("2016-12-31T23:59:60Z", 1_483_228_800_000),
    ])
    func otherSpellingsAreRead(text: String, milliseconds: Int64) {
        #expect(Timestamp(rfc3339: text)?.milliseconds == milliseconds)
    }

    @Test(arguments: [
        "", "2026-03-18", "2026-3-18T08:30:15Z", "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z",
        "2100-02-29T00:00:00Z", "2026-04-31T00:00:00Z", "2026-03-18T24:00:00Z",
        "2026-03-18T08:60:00Z", "2026-03-18T08:30:61Z", "2026-03-18T08:30:15",
        "2026-03-18T08:30:15.Z", "2026-03-18T08:30:15Zx", "2026-03-18T08:30:15+24:00",
        "2026-03-18T08:30:15+0800", "２026-03-18T08:30:15Z", "2026-00-18T08:30:15Z",
        "2026-03-00T08:30:15Z",
    ])
    func whatIsNoTimeIsNotRead(_ text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
    }

    @Test func sumsAndDifferencesAreWholeMilliseconds() {
        #expect((Timestamp.start + .microseconds(1_999)) - .start == .milliseconds(1))
        #expect(.start - .seconds(1) < Timestamp.start)
    }
}

@Suite struct DurationTests {
    @Test(arguments: [
        ("250ms", 250), ("15s", 15_000), ("10m", 600_000), ("2h", 7_200_000),
        ("30d", 2_592_000_000),
        ("0s", 0),
    ])
    func aDurationIsReadAndWritten(text: String, milliseconds: Int64) {
        #expect(Duration(text: text) == .milliseconds(milliseconds))
        #expect(Duration.milliseconds(milliseconds).text == text)
    }

    @Test func theShortestTextIsWritten() {
        #expect(Duration.seconds(60).text == "1m")
        #expect(Duration.seconds(90).text == "90s")
        #expect(Duration.hours(48).text == "2d")
        #expect(Duration.milliseconds(1_500).text == "1500ms")
    }

    @Test(arguments: [
        "", "5", "s", "-5s", "+5s", "5 s", "5S", "1.5s", "5sec", "12345678901s", "５s",
    ])
    func whatIsNoDurationIsNotRead(_ text: String) {
        #expect(Duration(text: text) == nil)
    }

    @Test(arguments: [("5/s", 5, 1), ("300/m", 300, 60), ("10/h", 10, 3_600), ("1/d", 1, 86_400)])
    func aRateIsReadAndWritten(text: String, count: Int, seconds: Int64) {
        let rate = Rate(count, per: .seconds(seconds))
        #expect(Rate(text: text) == rate)
        #expect(rate.text == text)
    }

    @Test(arguments: [
        "", "5", "/s", "5/", "0/s", "-1/s", "1000001/s", "5/ms", "5/s/s", "5/2s", "5/0", "+5/s",
        "5/x", "5 /s",
    ])
    func whatIsNoRateIsNotRead(_ text: String) {
        #expect(Rate(text: text) == nil)
    }
}

@Suite struct AudienceTests {
    private func endpoint(_ name: String, _ types: [String]?) -> Endpoint {
        var endpoint = Endpoint(name: name, channel: .webhook, url: Secret("https://x.test"))
        endpoint.types = types
        return endpoint
    }

    @Test(arguments: [
        (["copy.succeeded"], true), (["copy.*"], true), (["*"], true), (["*.succeeded"], true),
        (["copy.*ed"], true), (["c*.*d"], true), (["copy.succeeded*"], true),
        (["*copy*succeeded*"], true), (["event.*", "copy.*"], true), ([], false), ([""], false),
        (["copy"], false), (["copy.failed"], false), (["Copy.*"], false), (["copy.*x"], false),
        (["copy.succeeded*copy.succeeded"], false), (["*d*e*c*u*s*"], false), (["event.*"], false),
    ])
    func typesLetThroughWhatTheyMatch(types: [String], isHeard: Bool) {
        #expect(endpoint("a", types).hears(.copySucceeded) == isHeard)
    }

    @Test func bothTheRuleAndTheEndpointMustAgree() {
        let audience = Audience([
            endpoint("all", nil), endpoint("ends", ["copy.*"]), endpoint("pings", ["ping"]),
        ])
        func names(_ type: NotificationType, _ notify: [String]?, _ except: String? = nil)
            -> [String]
        {
            audience.listeners(of: type, notify: notify, except: except).map(\.name)
        }
        #expect(names(.copyFailed, nil) == ["all", "ends"])
        #expect(names(.copyFailed, []) == [])
        #expect(names(.copyFailed, ["pings", "ends"]) == ["ends"])
        #expect(names(.ping, nil) == ["all", "pings"])
        #expect(names(.endpointDisabled, nil, "all") == [])
        #expect(names(.copyFailed, ["nobody"]) == [])
    }
}

@Suite struct EventTests {
    private func event(
        _ body: String, entity: EntityReference? = nil, time: Timestamp? = nil
    ) -> Event {
        Event(
            id: "evt_1", identity: Event.Identity(source: "s", scope: "app", key: "k\""),
            type: "bot.published", time: time, receivedAt: .start, entity: entity,
            body: Array(body.utf8))
    }

    @Test func theDocumentHoldsTheBodyUntouched() throws {
        let body = #"{"id": 7351000000000000001, "n":1.50,  "t":"\u00e9"}"#
        let entity = EntityReference(
            type: "bot", id: "7351", name: "客服助手", workspaceID: "7481", version: "17")
        let text = String(
            decoding: event(body, entity: entity, time: .start - .seconds(1)).document,
            as: UTF8.self)
        #expect(
            text == """
                {"id":"evt_1","source":"s","type":"bot.published","key":"k\\"",\
                "time":"2026-03-18T08:30:14.250Z","received_at":"2026-03-18T08:30:15.250Z",\
                "entity":{"type":"bot","id":"7351","name":"客服助手","workspace_id":"7481",\
                "version":"17"},"data":\(body)}
                """)
        #expect(try JSONValue(parsing: text).object != nil)
    }

    @Test func whatIsUnknownIsLeftOutAndTimeFallsBack() {
        let text = String(decoding: event("{}").document, as: UTF8.self)
        #expect(!text.contains("entity"))
        #expect(text.contains(#""time":"2026-03-18T08:30:15.250Z""#))
        #expect(text.hasSuffix(#""data":{}}"#))
    }

    @Test func identitiesAreComparedAsBytesAndByPart() {
        let one = Event.Identity(source: "s", scope: "", key: "\u{E9}")
        #expect(one != Event.Identity(source: "s", scope: "", key: "e\u{301}"))
        #expect(
            Event.Identity(source: "a", scope: "b", key: "c")
                != Event.Identity(source: "ab", scope: "", key: "c"))
        #expect(one == Event.Identity(source: "s", key: "\u{E9}"))
    }
}
