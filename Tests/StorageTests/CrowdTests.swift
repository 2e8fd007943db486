import Domain
import Storage
import Testing

@Test(arguments: Backend.all)
func manyAdmitAtOnceAndEachIsStoredOnce(_ backend: Backend) async throws {
    try await backend.run { store in
        let admissions = try await withThrowingTaskGroup(of: Admission.self) { group in
            for number in 0..<600 {
                group.addTask {
                    try await store.admit(.sample(number, key: "key-\(number % 200)"))
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(admissions.filter { $0 == .stored }.count == 200)
        #expect(try await store.census().events == [.received: 200])
    }
}

@Test(arguments: Backend.all)
func twoClaimersNeverGetTheSameRow(_ backend: Backend) async throws {
    try await backend.run { store in
        try await store.plan((1...120).map { .sample("\($0)") })
        for number in 1...120 { try await store.announce(.sample("\(number)")) }
        for number in 2...121 { _ = try await store.admit(.sample(number)) }
        let claimed = try await withThrowingTaskGroup(of: [String].self) { group in
            for _ in 0..<12 {
                group.addTask {
                    let tasks = try await store.claimTasks(
                        limit: 12, perConnection: 12, skipping: [], at: .start, lease: .seconds(60))
                    let deliveries = try await store.claimDeliveries(
                        limit: 12, perEndpoint: 12, shares: [:], at: .start, lease: .seconds(60))
                    let events = try await store.claimEvents(
                        limit: 12, at: .start, lease: .seconds(60))
                    return tasks.map(\.claim.work.id.rawValue)
                        + deliveries.map(\.work.delivery.id.rawValue)
                        + events.map(\.work.id.rawValue)
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(claimed.count == 360)
        #expect(Set(claimed).count == 360)
    }
}

@Test(arguments: Backend.all)
func ofManyThatDispatchOneKeyAtOnceOneMay(_ backend: Backend) async throws {
    try await backend.run { store in
        try await store.plan((1...40).map { .sample("\($0)", entity: "bot") })
        let claims = try await store.claimAll().map { try $0.claim.after(.prepared(at: .start)) }
        let codes = try await withThrowingTaskGroup(of: StorageError.Code?.self) { group in
            for claim in claims {
                group.addTask { try await code { try await store.dispatch(claim, at: .start) } }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(codes.filter { $0 == nil }.count == 1)
        #expect(codes.filter { $0 == .keyBusy }.count == 39)
        #expect(try await store.census().tasks == [.submitting: 1, .queued: 39])
    }
}

@Test(arguments: Backend.all)
func aBadRowInACrowdFailsAlone(_ backend: Backend) async throws {
    try await backend.run { store in
        _ = try await store.admit(.sample(0))
        let codes = try await withThrowingTaskGroup(of: StorageError.Code?.self) { group in
            for number in 1...90 {
                // Every third comes under an id that another event has.
                let id = number % 3 == 0 ? 0 : number
                group.addTask {
                    try await code { _ = try await store.admit(.sample(id, key: "new-\(number)")) }
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(codes.filter { $0 == .conflict }.count == 30)
        #expect(codes.filter { $0 == nil }.count == 60)
        #expect(try await store.census().events == [.received: 61])
    }
}

@Test(arguments: Backend.all)
func aCancelledCallerIsStillHeard(_ backend: Backend) async throws {
    try await backend.run { store in
        let admission = try await withThrowingTaskGroup(of: Admission.self) { group in
            group.cancelAll()
            group.addTask {
                #expect(Task.isCancelled)
                let admission = try await store.admit(.sample(1))
                #expect(try await store.event("evt_1") != nil)
                return admission
            }
            return try await group.next()
        }
        #expect(admission == .stored)
    }
}
