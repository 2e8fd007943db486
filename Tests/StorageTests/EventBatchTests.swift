import Domain
import Storage
import Testing

@Test(arguments: Backend.all)
func severalEventsAreAdmittedAsOneAfterTheOther(_ backend: Backend) async throws {
    try await backend.run { store in
        _ = try await store.admit(.sample(1, key: "a"))
        let batch: [Event] = [
            .sample(2, key: "a"), .sample(3, key: "b"), .sample(4, key: "b", body: "{\"n\":1}"),
            .sample(5, key: "c"),
        ]
        #expect(
            try await store.admit(batch) == [
                .repeated(of: "evt_1"), .stored, .conflict(with: "evt_3"), .stored,
            ])
        #expect(try await store.census().events == [.received: 3])
        #expect(try await store.event("evt_3")?.conflicts.count == 1)
        #expect(try await store.admit([Event]()) == [])
    }
}

@Test(arguments: Backend.all)
func aBatchIsAdmittedAsAWholeOrNotAtAll(_ backend: Backend) async throws {
    try await backend.run { store in
        _ = try await store.admit(.sample(1, key: "a"))
        let batch: [Event] = [
            .sample(2, key: "b"), .sample(3, key: "a", body: "{\"n\":1}"), .sample(1, key: "c"),
            .sample(4, key: "d"),
        ]
        #expect(try await code { _ = try await store.admit(batch) } == .conflict)
        #expect(try await store.census().events == [.received: 1])
        #expect(try await store.event("evt_2") == nil)
        #expect(try await store.event("evt_1")?.conflicts.isEmpty == true)
        // What was not taken is as new as before.
        #expect(try await store.admit(.sample(2, key: "b")) == .stored)
    }
}
