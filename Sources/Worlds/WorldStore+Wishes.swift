import Domain
import Storage
import StorageMemory

/// What people wish for, with what goes wrong around it as around all that writes.
extension WorldStore: WishLedger {
    func planAgain(
        _ id: CopyTask.ID, at now: Timestamp,
        as make: @escaping @Sendable (_ old: CopyTask, _ run: Int) -> (CopyTask, AuditNote?)
    ) async throws(StorageError) -> PlannedAgain {
        try await pass("plan again") { () throws(StorageError) in
            try await inner.planAgain(id, at: now, as: make)
        }
    }

    func admit(
        _ event: Event, settledAs outcome: MatchOutcome, noting note: AuditNote?, at now: Timestamp
    ) async throws(StorageError) -> Admission {
        try await pass("admit settled") { () throws(StorageError) in
            try await inner.admit(event, settledAs: outcome, noting: note, at: now)
        }
    }

    func replay(
        _ id: Event.ID, noting note: AuditNote?, at now: Timestamp
    ) async throws(StorageError) -> Replay {
        try await pass("replay") { () throws(StorageError) in
            try await inner.replay(id, noting: note, at: now)
        }
    }

    func count(_ selection: EventSelection) async throws(StorageError) -> Int {
        try await inner.count(selection)
    }

    func replay(
        _ selection: EventSelection, from cursor: String?, limit: Int,
        noting note: @escaping @Sendable (Int) -> AuditNote?, at now: Timestamp
    ) async throws(StorageError) -> Portion {
        try await pass("replay many") { () throws(StorageError) in
            try await inner.replay(
                selection, from: cursor, limit: limit, noting: note, at: now)
        }
    }

    func count(
        _ selection: TaskSelection, at now: Timestamp
    ) async throws(StorageError) -> Int {
        try await inner.count(selection, at: now)
    }

    func planAgain(
        _ selection: TaskSelection, from cursor: String?, limit: Int, at now: Timestamp,
        as make: @escaping @Sendable (_ old: CopyTask, _ run: Int) -> CopyTask,
        noting note: @escaping @Sendable (Int) -> AuditNote?
    ) async throws(StorageError) -> Portion {
        try await pass("plan many again") { () throws(StorageError) in
            try await inner.planAgain(
                selection, from: cursor, limit: limit, at: now, as: make, noting: note)
        }
    }

    func change(
        _ id: CopyTask.ID, at now: Timestamp,
        _ change: @escaping @Sendable (inout CopyTask, _ isOnLoan: Bool) -> CopySettlement?
    ) async throws(StorageError) -> CopyTask {
        try await pass("change") { () throws(StorageError) in
            try await inner.change(id, at: now, change)
        }
    }

    func change(
        _ selection: TaskSelection, from cursor: String?, limit: Int, at now: Timestamp,
        _ change: @escaping @Sendable (inout CopyTask, _ isOnLoan: Bool) -> CopySettlement?,
        noting note: @escaping @Sendable (Int) -> AuditNote?
    ) async throws(StorageError) -> Portion {
        try await pass("change many") { () throws(StorageError) in
            try await inner.change(
                selection, from: cursor, limit: limit, at: now, change, noting: note)
        }
    }

    func count(_ selection: DeliverySelection) async throws(StorageError) -> Int {
        try await inner.count(selection)
    }

    func recover(
        _ selection: DeliverySelection, from cursor: String?, limit: Int,
        noting note: @escaping @Sendable (Int) -> AuditNote?, at now: Timestamp
    ) async throws(StorageError) -> Portion {
        try await pass("recover") { () throws(StorageError) in
            try await inner.recover(
                selection, from: cursor, limit: limit, noting: note, at: now)
        }
    }
}

extension WorldStore: KeyedWishes {
    func begin(
        _ wish: KeyedWish, until end: Timestamp, forgetting moment: Timestamp, countMax: Int
    ) async throws(StorageError) -> KeyedWish.Standing {
        try await pass("begin") { () throws(StorageError) in
            try await inner.begin(wish, until: end, forgetting: moment, countMax: countMax)
        }
    }

    func keep(_ answer: [UInt8], of wish: KeyedWish) async throws(StorageError) {
        try await pass("keep") { () throws(StorageError) in
            try await inner.keep(answer, of: wish)
        }
    }

    func putDown(_ wish: KeyedWish) async throws(StorageError) {
        try await pass("put down") { () throws(StorageError) in try await inner.putDown(wish) }
    }
}
