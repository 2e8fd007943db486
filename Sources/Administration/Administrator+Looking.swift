import Domain
import Storage
package import StrictJSON

/// Which rows of a list a person wants, as text: every face passes on what was typed.
package struct Selection: Hashable, Sendable {
    /// Rows on a page, by default and at most.
    package static let limitByDefault = 50
    package static let limitMax = 200

    /// A state's word.
    package var state: String?
    /// The task's event, or the delivery's task.
    package var parent: String?
    /// What the page before called `next`.
    package var cursor: String?
    package var limit: String?

    package init(
        state: String? = nil, parent: String? = nil, cursor: String? = nil, limit: String? = nil
    ) {
        self.state = state
        self.parent = parent
        self.cursor = cursor
        self.limit = limit
    }
}

extension Administrator {
    /// `{"events": […], "next"}`, newest first; an event without its body, with its state.
    package func events(_ selection: Selection) async throws(AdministrationError) -> JSONValue {
        let query = try query(selection, of: EventState.self)
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
        let query = Query<CopyTask.State.Name>(parent: id, limit: Selection.limitMax)
        let tasks = try await ask { () async throws(StorageError) in try await store.tasks(query) }
        return try record.json(tasks: tasks.rows)
    }

    /// `{"tasks": […], "next"}`, newest first.
    package func tasks(_ selection: Selection) async throws(AdministrationError) -> JSONValue {
        let query = try query(selection, of: CopyTask.State.Name.self)
        let page = try await ask(for: query) { () async throws(StorageError) in
            try await store.tasks(query)
        }
        return list("tasks", page.rows.map(\.json), page.next)
    }

    /// `{"task", "event", "history", "attempts", "evidence", "deliveries"}`.
    package func task(_ id: String) async throws(AdministrationError) -> JSONValue {
        let record = try await taskRecord(id)
        let query = Query<Delivery.State.Name>(parent: id, limit: Selection.limitMax)
        let deliveries = try await ask { () async throws(StorageError) in
            try await store.deliveries(query)
        }
        return record.json(deliveries: deliveries.rows)
    }

    /// `{"deliveries": […], "next"}`, newest first.
    package func deliveries(_ selection: Selection) async throws(AdministrationError) -> JSONValue {
        let query = try query(selection, of: Delivery.State.Name.self)
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

    /// `{"events": {…}, "tasks": {…}, "deliveries": {…}}`: how many rows stand in each state.
    package func stats() async throws(AdministrationError) -> JSONValue {
        let census = try await ask { () async throws(StorageError) in try await store.census() }
        return [
            "events": counts(census.events), "tasks": counts(census.tasks),
            "deliveries": counts(census.deliveries),
        ]
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
    private func ask<State, Value>(
        for query: Query<State>, _ question: () async throws(StorageError) -> Value
    ) async throws(AdministrationError) -> Value {
        try await ask(from: query.cursor, question)
    }

    func ask<Value>(
        from cursor: String?, _ question: () async throws(StorageError) -> Value
    ) async throws(AdministrationError) -> Value {
        do {
            return try await ask(question)
        } catch {
            guard cursor != nil, error.code == .notFound || error.code == .taskBusy else {
                throw error
            }
            throw AdministrationError(
                .parameterInvalid, "the cursor belongs to no page of this list",
                remedy: "Take `next` of the page before, unchanged, or leave `cursor` out.")
        }
    }

    private func query<State: CaseIterable & RawRepresentable<String> & Hashable & Sendable>(
        _ selection: Selection, of _: State.Type
    ) throws(AdministrationError) -> Query<State> {
        var query = Query<State>(
            parent: selection.parent, cursor: selection.cursor, limit: Selection.limitByDefault)
        if let word = selection.state {
            guard let state = State.allCases.first(where: { $0.rawValue.hasSameBytes(as: word) })
            else {
                throw AdministrationError(
                    .parameterInvalid, "`state` names no state of this list",
                    remedy: "States: " + State.allCases.map(\.rawValue).joined(separator: ", ")
                        + ".")
            }
            query.state = state
        }
        if let text = selection.limit {
            guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let limit = Int(text),
                (1...Selection.limitMax).contains(limit)
            else {
                throw AdministrationError(
                    .parameterInvalid, "`limit` is out of range",
                    remedy: "Write a whole number from 1 to \(Selection.limitMax); without it a "
                        + "page has \(Selection.limitByDefault) rows.")
            }
            query.limit = limit
        }
        return query
    }

    private func list(_ name: String, _ rows: [JSONValue], _ next: String?) -> JSONValue {
        .object([name: .array(rows), "next": .text(next)])
    }

    /// Every state, in the order of its life; those that nothing stands in with 0.
    private func counts<State: CaseIterable & RawRepresentable<String> & Hashable>(
        _ census: [State: Int]
    ) -> JSONValue {
        .object(
            JSONObject(
                State.allCases.map {
                    ($0.rawValue, JSONValue.number(JSONNumber(Int64(census[$0] ?? 0))))
                }))
    }
}

extension AdministrationError {
    static func nothing(_ what: String) -> Self {
        AdministrationError(
            .notFound, "there is no \(what) of this id", remedy: "Look at the list for its id.")
    }
}
