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
        var selection = Selection(limit: "2")
        for _ in 1...3 {
            let page = try await fixture.administration.tasks(selection)
            ids += (page["tasks"]?.array ?? []).compactMap { $0["id"]?.string }
            selection.cursor = page["next"]?.string
        }

        #expect(ids.sorted() == (1...5).map { "tsk_\($0)" })
        #expect(selection.cursor == nil)
    }

    @Test func filtersTakeStatesAndParents() async throws {
        let fixture = AdministrationFixture()
        _ = try await fixture.plan(1)
        _ = try await fixture.unresolved(2)
        let all = fixture.administration

        func ids(_ selection: Selection) async throws -> [String?] {
            try await all.tasks(selection)["tasks"]?.array?.map { $0["id"]?.string } ?? []
        }
        #expect(try await ids(Selection(state: "unresolved")) == ["tsk_2"])
        #expect(try await ids(Selection(parent: "evt_1")) == ["tsk_1"])
        #expect(try await ids(Selection(state: "queued", parent: "evt_2")) == [])
        let events = try await all.events(Selection(state: "matched"))
        #expect(events["events"]?.array?.count == 2)
        #expect(events["events"]?[0]?["state"] == "matched")
        #expect(events["events"]?[0]?["data"] == nil)
    }

    @Test(arguments: [
        Selection(state: "unknown"), Selection(state: "Queued"), Selection(limit: "0"),
        Selection(limit: "201"), Selection(limit: "+5"), Selection(limit: ""),
        Selection(limit: "99999999999999999999"), Selection(cursor: "no such cursor"),
    ])
    func aFilterThatMeansNothingIsRefused(_ selection: Selection) async throws {
        let fixture = AdministrationFixture()
        _ = try await fixture.plan(1)

        await #expect {
            _ = try await fixture.administration.tasks(selection)
        } throws: { error in
            (error as? AdministrationError)?.code == .parameterInvalid
        }
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
}
