import Domain
import Storage
package import StrictJSON

extension Administrator {
    /// `{"events": […], "next"}`, newest first; an event without its body, with its state.
    package func events(_ selection: Selection) async throws(AdministrationError) -> JSONValue {
        let query = try selection.query(try selection.events(at: time.now()))
        let page = try await ask(for: query) { () async throws(StorageError) in
            try await store.events(query)
        }
        return list("events", page.rows.map(\.listing), page.next)
    }

    /// `{"event", "state", "run", "verdicts", "conflicts", "tasks"}`: one event with its body, what
    /// the rules made of it, and what became of that.
    package func event(_ id: String) async throws(AdministrationError) -> JSONValue {
        let record = try await ask { () async throws(StorageError) in
            try await store.event(Identifier(rawValue: id))
        }
        guard let record else { throw .nothing("event") }
        let query = Query<TaskFilter>(
            event: Identifier(rawValue: id), limit: Selection.limitMax)
        let tasks = try await ask { () async throws(StorageError) in try await store.tasks(query) }
        return try record.json(tasks: tasks.rows)
    }

    /// `{"tasks": […], "next"}`, newest first.
    package func tasks(_ selection: Selection) async throws(AdministrationError) -> JSONValue {
        let query = try selection.query(try selection.tasks(at: time.now()))
        let page = try await ask(for: query) { () async throws(StorageError) in
            try await store.tasks(query)
        }
        return list("tasks", page.rows.map(\.json), page.next)
    }

    /// `{"task", "event", "history", "attempts", "evidence", "deliveries"}`.
    package func task(_ id: String) async throws(AdministrationError) -> JSONValue {
        let record = try await taskRecord(id)
        let query = Query<DeliveryFilter>(
            task: Identifier(rawValue: id), limit: Selection.limitMax)
        let deliveries = try await ask { () async throws(StorageError) in
            try await store.deliveries(query)
        }
        return record.json(deliveries: deliveries.rows)
    }

    /// `{"deliveries": […], "next"}`, newest first.
    package func deliveries(_ selection: Selection) async throws(AdministrationError) -> JSONValue {
        let query = try selection.query(try selection.deliveries(at: time.now()))
        let page = try await ask(for: query) { () async throws(StorageError) in
            try await store.deliveries(query)
        }
        return list("deliveries", page.rows.map(\.json), page.next)
    }

    /// `{"delivery", "notification", "attempts"}`.
    package func delivery(_ id: String) async throws(AdministrationError) -> JSONValue {
        let record = try await ask { () async throws(StorageError) in
            try await store.delivery(Identifier(rawValue: id))
        }
        guard let record else { throw .nothing("delivery") }
        return record.json
    }

    /// `{"count", "more"}`: how many events a selection has, counted up to
    /// ``Selection/countMax``.
    package func countEvents(
        _ selection: Selection
    ) async throws(AdministrationError) -> JSONValue {
        let filter = try selection.events(at: time.now())
        return try await ask { () async throws(StorageError) in
            try await store.count(filter, atMost: Selection.countMax)
        }.json
    }

    /// The same of tasks.
    package func countTasks(
        _ selection: Selection
    ) async throws(AdministrationError) -> JSONValue {
        let filter = try selection.tasks(at: time.now())
        return try await ask { () async throws(StorageError) in
            try await store.count(filter, atMost: Selection.countMax)
        }.json
    }

    /// The same of deliveries.
    package func countDeliveries(
        _ selection: Selection
    ) async throws(AdministrationError) -> JSONValue {
        let filter = try selection.deliveries(at: time.now())
        return try await ask { () async throws(StorageError) in
            try await store.count(filter, atMost: Selection.countMax)
        }.json
    }

    func taskRecord(_ id: String) async throws(AdministrationError) -> TaskRecord {
        let record = try await ask { () async throws(StorageError) in
            try await store.task(Identifier(rawValue: id))
        }
        guard let record else { throw .nothing("task") }
        return record
    }

    // MARK: -

    /// A store that finds nothing where a cursor points has been given a cursor that is none.
    private func ask<Filter, Value>(
        for query: Query<Filter>, _ question: () async throws(StorageError) -> Value
    ) async throws(AdministrationError) -> Value {
        try await ask(from: query.cursor, refusing: .parameterRefused, question)
    }

    /// - Parameter code: What a cursor that is none is refused with; another one where its form
    ///   was looked at before.
    func ask<Value>(
        from cursor: String?, refusing code: AdministrationError.Code = .parameterInvalid,
        _ question: () async throws(StorageError) -> Value
    ) async throws(AdministrationError) -> Value {
        do {
            return try await ask(question)
        } catch {
            guard cursor != nil, error.code == .notFound || error.code == .taskBusy else {
                throw error
            }
            throw AdministrationError(
                code, "the `cursor` belongs to no page of this list",
                remedy: "Take `next` of the page before, unchanged, or leave `cursor` out.")
        }
    }

    private func list(_ name: String, _ rows: [JSONValue], _ next: String?) -> JSONValue {
        .object([name: .array(rows), "next": .text(next)])
    }
}

extension AdministrationError {
    static func nothing(_ what: String) -> Self {
        let word = ["endpoint", "connection", "source"].contains(what) ? "name" : "id"
        return AdministrationError(
            .notFound, "there is no \(what) of this \(word)",
            remedy: "Look at the list for its \(word).")
    }
}
