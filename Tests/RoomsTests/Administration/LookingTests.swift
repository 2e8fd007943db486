import Administration
import Domain
import Signing
import Storage
import StorageMemory
import StrictJSON
import Testing

@Suite struct LookingTests {
    @Test func listsComeInPagesThatJoinUp() async throws {
        let fixture = AdministrationFixture()
        for number in 1...5 { _ = try await fixture.plan(number) }

        var ids: [String] = []
        var selection: Selection = ["limit": "2"]
        for _ in 1...3 {
            let page = try await fixture.administration.tasks(selection)
            ids += (page["tasks"]?.array ?? []).compactMap { $0["id"]?.string }
            selection = selection.with("cursor", page["next"]?.string)
        }

        #expect(ids.sorted() == (1...5).map { "tsk_\($0)" })
        #expect(selection.parameters["cursor"] == nil)
    }

    @Test func filtersTakeStatesAndParents() async throws {
        let fixture = AdministrationFixture()
        _ = try await fixture.plan(1)
        _ = try await fixture.unresolved(2)
        let all = fixture.administration

        func ids(_ selection: Selection) async throws -> [String?] {
            try await all.tasks(selection)["tasks"]?.array?.map { $0["id"]?.string } ?? []
        }
        #expect(try await ids(["state": "unresolved"]) == ["tsk_2"])
        #expect(try await ids(["event": "evt_1"]) == ["tsk_1"])
        #expect(try await ids(["state": "queued", "event": "evt_2"]) == [])
        let events = try await all.events(["state": "matched"])
        #expect(events["events"]?.array?.count == 2)
        #expect(events["events"]?[0]?["state"] == "matched")
        #expect(events["events"]?[0]?["data"] == nil)
    }

    /// Each with a word that its refusal has to say, beside the parameter's name.
    @Test(
        arguments: [
            ("state", "unknown", "queued, submitting"), ("state", "Queued", "States: "),
            ("limit", "0", "from 1 to 200"), ("limit", "201", "200"), ("limit", "+5", "50 rows"),
            ("limit", "", "whole number"), ("limit", "99999999999999999999", "whole number"),
            ("cursor", "no such cursor", "`next`"), ("cursor", "17", "`next`"),
            ("rule", "", "leave `rule` out"), ("entity", String(repeating: "a", count: 257), "256"),
            ("since", "yesterday", "2026-03-18T08:30:00Z"), ("since", "2 h", "7d"),
            ("until", "2026-02-30T00:00:00Z", "12h"), ("since", "-1h", "7d"),
            ("text", "", "leave `text` out"), ("text", "a\u{0}b", "as lists show it"),
            ("text", "a\n", "as lists show it"),
        ])
    func aFilterThatMeansNothingIsRefused(name: String, value: String, word: String) async throws {
        let fixture = AdministrationFixture()
        _ = try await fixture.plan(1)

        await #expect {
            _ = try await fixture.administration.tasks([name: value])
        } throws: { error in
            guard let error = error as? AdministrationError else { return false }
            return error.code == .parameterInvalid && error.remedy.contains(word)
                && (error.detail + error.remedy).contains(name)
        }
    }

    @Test func aCursorOfAnotherListIsRefused() async throws {
        let fixture = AdministrationFixture()
        for number in 1...3 { _ = try await fixture.plan(number) }
        let page = try await fixture.administration.events(["limit": "1"])
        let cursor = try #require(page["next"]?.string)

        await #expect {
            _ = try await fixture.administration.tasks(["cursor": cursor])
        } throws: { error in
            guard let error = error as? AdministrationError else { return false }
            return error.code == .parameterRefused
                && error.remedy.contains("`next` of the page before")
        }
        let further = try await fixture.administration.events(["cursor": cursor])
        #expect(further["events"]?.array?.count == 2)
    }

    @Test func timesAreAbsoluteOrSoLongAgo() async throws {
        let fixture = AdministrationFixture()
        for number in 1...3 { _ = try await fixture.plan(number) }
        let all = fixture.administration

        func count(_ selection: Selection) async throws -> JSONValue? {
            try await all.countTasks(selection)["count"]
        }
        let made = fixture.now.description
        #expect(try await count(["since": "1h"]) == 3)
        #expect(try await count(["until": "1h"]) == 0)
        #expect(try await count(["since": made]) == 3)
        #expect(try await count(["until": made]) == 0)
        #expect(try await count(["since": "2d", "until": "1d"]) == 0)
        await #expect {
            _ = try await count(["since": "1h", "until": "2h"])
        } throws: { error in
            (error as? AdministrationError)?.detail.contains("not later than `since`") == true
        }
    }

    @Test func textFindsWhatAPersonRemembers() async throws {
        let fixture = AdministrationFixture()
        for number in 1...3 { _ = try await fixture.plan(number) }
        let all = fixture.administration

        #expect(try await all.countEvents(["text": "EVT_2"])["count"] == 1)
        #expect(try await all.countEvents(["text": "published"])["count"] == 3)
        #expect(try await all.countEvents(["text": "nowhere"]) == ["count": 0, "more": false])
        #expect(try await all.countTasks(["text": "sk_3"])["count"] == 1)
        #expect(try await all.countDeliveries(["text": "copy"])["count"] == 0)
        let page = try await all.tasks(["text": "tsk_2", "state": "queued"])
        #expect(page["tasks"]?.array?.compactMap { $0["id"]?.string } == ["tsk_2"])
    }

    @Test func anEventShowsItsBodyExactlyAndWhatItLedTo() async throws {
        let fixture = AdministrationFixture()
        _ = try await fixture.plan(1)
        let other = Event(
            id: "evt_other", identity: fixture.event(1).identity, type: "bot.published", time: nil,
            receivedAt: fixture.now, entity: nil, body: Array(#"{"other":true}"#.utf8))
        _ = try await fixture.store.admit(other)

        let shown = try await fixture.administration.event("evt_1")

        #expect(shown["event"]?["data"]?["n"]?.number?.text == "7505309748215939108")
        #expect(shown["state"] == "matched")
        #expect(shown["verdicts"]?[0]?["task_id"] == "tsk_1")
        #expect(shown["tasks"]?[0]?["id"] == "tsk_1")
        #expect(shown["conflicts"]?[0]?["body"] == #"{"other":true}"#)
    }

    @Test func aTaskShowsHistoryAttemptsAndWhatMayBeItsCopy() async throws {
        let fixture = AdministrationFixture()
        _ = try await fixture.unresolved(1)

        let shown = try await fixture.administration.task("tsk_1")

        #expect(shown["task"]?["state"] == "unresolved")
        #expect(shown["event"]?["id"] == "evt_1")
        #expect(
            shown["history"]?.array?.compactMap { $0["state"]?.string }
                == ["queued", "submitting", "unresolved"])
        #expect(shown["attempts"]?[0]?["outcome"] == "answer_lost")
        #expect(shown["evidence"]?["candidates"]?[0]?["id"] == "7600")
    }

    @Test func whatIsNotThereIsSaidSo() async throws {
        let administration = AdministrationFixture().administration
        let looks: [@Sendable () async throws -> JSONValue] = [
            { try await administration.event("evt_0") },
            { try await administration.task("tsk_0") },
            { try await administration.delivery("msg_0") },
            { try await administration.rule("none") },
        ]
        for look in looks {
            await #expect { _ = try await look() } throws: { error in
                (error as? AdministrationError)?.code == .notFound
            }
        }
    }

    @Test func everyStateIsCountedEvenAtZero() async throws {
        let fixture = AdministrationFixture()
        _ = try await fixture.plan(1)
        _ = try await fixture.unresolved(2)

        let stats = try await fixture.administration.stats()

        #expect(stats["tasks"]?.object?.keys == CopyTask.State.Name.allCases.map(\.rawValue))
        #expect(stats["tasks"]?["queued"] == 1)
        #expect(stats["tasks"]?["unresolved"] == 1)
        #expect(stats["tasks"]?["failed"] == 0)
        #expect(stats["events"]?["matched"] == 2)
        #expect(stats["deliveries"]?["pending"] == 0)
    }

    @Test func statsSayWhatWaitsAndWhatHappened() async throws {
        let fixture = AdministrationFixture()
        _ = try await fixture.plan(1)
        _ = try await fixture.unresolved(2)

        let stats = try await fixture.administration.stats(["hours": "3"])

        #expect(stats["waiting"]?["tasks"]?.object?.keys == ["queued", "unresolved"])
        #expect(stats["waiting"]?["tasks"]?["queued"]?["age_ms"]?.number != nil)
        #expect(stats["waiting"]?["events"]?.object?.keys == [])
        let window = try #require(stats["window"])
        #expect(window["hours"]?.array?.count == 3)
        #expect(window["hours"]?[2]?["tasks"] == ["count": 2, "more": false])
        #expect(window["hours"]?[0]?["events"] == ["count": 0, "more": false])
        #expect(window["rules"]?[0]?["count"] == 2)
        #expect(window["sources"]?.array?.count == 1)
        for hours in ["0", "169", "x"] {
            await #expect {
                _ = try await fixture.administration.stats(["hours": hours])
            } throws: { error in
                (error as? AdministrationError)?.remedy.contains("from 1 to 168") == true
            }
        }
    }
}
