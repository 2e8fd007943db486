import Domain
import Storage
import Testing

@Test(arguments: Backend.all)
func healthIsKeptAndWhatIsToldOfItComesInTheSameStep(_ backend: Backend) async throws {
    let now = Timestamp.start
    try await backend.run { store in
        #expect(try await store.health().isEmpty)
        var ops = DestinationHealth(.endpoint("ops"))
        ops.failingSince = now
        ops.failure = Failure(.invalid, message: "no answer")
        try await store.record(ops, announcing: [])
        try await store.record(
            DestinationHealth(.connection("cn\0a")), announcing: [.sample("1")])
        let kept = try await store.health()
        #expect(kept.map(\.destination) == [.connection("cn\0a"), .endpoint("ops")])
        #expect(kept.map(\.revision) == [1, 1])
        ops.revision = 1
        #expect(kept[1] == ops)
        ops.warnedAt = 50
        ops.disabledAt = now + .hours(1)
        try await store.record(ops, announcing: [.sample("2", endpoints: ["hook", "chat"])])
    } thenAfterACrash: { store in
        let ops = try #require(await store.health().last)
        #expect(ops.revision == 2)
        #expect(ops.warnedAt == 50)
        #expect(ops.disabledAt == now + .hours(1))
        let due = try await store.claimAllDeliveries(at: now)
        #expect(due.map(\.work.delivery.endpoint).sorted() == ["chat", "hook", "hook"])
    }
}

@Test(arguments: Backend.all)
func ofTwoWhoSawTheSameHealthOneIsHeard(_ backend: Backend) async throws {
    try await backend.run { store in
        var first = DestinationHealth(.endpoint("ops"))
        let second = first
        first.warnedAt = 50
        try await store.record(first, announcing: [])
        let refused = try await code { try await store.record(second, announcing: [.sample("1")]) }
        #expect(refused == .conflict)
        var early = first
        early.revision = 7
        let tooEarly = early
        let refusedToo = try await code { try await store.record(tooEarly, announcing: []) }
        #expect(refusedToo == .conflict)
        #expect(try await store.health().map(\.warnedAt) == [50])
        #expect(try await store.claimAllDeliveries(at: .start).isEmpty)
    }
}

@Test(arguments: Backend.all)
func whatAPersonSwitchesIsNotedWithIt(_ backend: Backend) async throws {
    try await backend.run { store in
        var ops = DestinationHealth(.endpoint("ops"))
        ops.switchedOffAt = .start
        let note = AuditNote(.endpointDisabled, of: "ops", by: .system, at: .start)
        try await store.record(ops, announcing: [], noting: note)
        #expect(
            try await code { try await store.record(ops, announcing: [], noting: note) }
                == .conflict)
        #expect(try await store.health().map(\.switchedOffAt) == [.start])
        #expect(
            try await store.auditEntries(AuditQuery()).rows.map(\.verb) == ["endpoint.disabled"])
    }
}
