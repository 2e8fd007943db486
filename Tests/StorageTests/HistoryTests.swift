import Domain
import Storage
import Testing

/// All pages of a period, one after the other.
private func walk(
    _ store: any History, _ period: Period, limit: Int
) async throws -> [Event.ID] {
    var found: [Event.ID] = []
    var place: String?
    repeat {
        let page = try await store.events(in: period, after: place, limit: limit)
        #expect(page.rows.count <= max(limit, 1))
        found += page.rows.map(\.id)
        place = page.next
    } while place != nil
    return found
}

@Test(arguments: Backend.all)
func aHistoryIsWalkedInTheOrderInWhichEventsCameIn(_ backend: Backend) async throws {
    try await backend.run { store in
        // Three of one moment, and a clock that was set back in the middle.
        let ages = [5, 1, 1, 1, 0, 7]
        for (place, age) in ages.enumerated() {
            _ = try await store.admit(.sample(place + 1, at: .start + .seconds(age)))
        }
        let all = ["evt_5", "evt_2", "evt_3", "evt_4", "evt_1", "evt_6"].map {
            Event.ID(rawValue: $0)
        }
        for limit in [0, 1, 2, 3, 5, 6, 7] {
            #expect(try await walk(store, Period(), limit: limit) == all, "\(limit)")
        }
        let middle = Period(since: .start + .seconds(1), until: .start + .seconds(5))
        #expect(try await walk(store, middle, limit: 2) == Array(all[1...3]))
        #expect(try await store.eventCount(in: middle) == 3)
        #expect(try await store.eventCount(in: Period()) == 6)
        #expect(try await store.eventCount(in: Period(since: .start + .seconds(6))) == 1)
        #expect(try await store.eventCount(in: Period(until: .start)) == 0)
    }
}

@Test(arguments: Backend.all)
func whatComesMeanwhileIsFoundWhereItBelongs(_ backend: Backend) async throws {
    try await backend.run { store in
        for number in 1...3 {
            _ = try await store.admit(.sample(number, at: .start + .seconds(number)))
        }
        let first = try await store.events(in: Period(), after: nil, limit: 2)
        _ = try await store.admit(.sample(4, at: .start + .seconds(4)))
        _ = try await store.admit(.sample(5, at: .start))
        let rest = try await store.events(in: Period(), after: first.next, limit: 9)
        #expect(rest.rows.map(\.id) == ["evt_3", "evt_4"])
        #expect(rest.next == nil)
    }
}

@Test(arguments: Backend.all)
func anEventOfAHistoryIsTheOneThatCameIn(_ backend: Backend) async throws {
    try await backend.run { store in
        let event = Event.sample(1, key: "a\u{0}b", scope: "s", body: #"{"n":1,"s":"\u0000"}"#)
        _ = try await store.admit(event)
        #expect(try await store.events(in: Period(), after: nil, limit: 1).rows == [event])
    }
}

@Test(
    arguments: Backend.all,
    [
        "", "x", "1", "1.x", "1.2.3", "1.", "1.-1", "+1.1", "1.+1", "1.1\n",
        "1000000000000000000.1", "1.1000000000000000000",
    ])
func aPlaceThatIsNoneIsRefused(_ backend: Backend, _ place: String) async throws {
    try await backend.run { store in
        let refusal = try await code {
            _ = try await store.events(in: Period(), after: place, limit: 1)
        }
        #expect(refusal == .notFound)
    }
}

@Test func aPageOfLargeBodiesIsShort() async throws {
    let body = "{\"text\":\"" + String(repeating: "x", count: 1 << 20) + "\"}"
    try await Backend.sqlite.run { store in
        for number in 1...20 { _ = try await store.admit(.sample(number, body: body)) }
        let page = try await store.events(in: Period(), after: nil, limit: 100)
        #expect(page.rows.count == 16)
        #expect(try await walk(store, Period(), limit: 100).count == 20)
    }
}
