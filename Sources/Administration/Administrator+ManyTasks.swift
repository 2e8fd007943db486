package import Domain
import Logging
import Signing
package import Storage
package import StrictJSON

/// Which of many tasks are to be done again or cancelled, and how much of that one call does.
package struct TasksWish: Hashable, Sendable {
    package var filter: TaskFilter
    package var portion: PortionWish

    /// As a list has them.
    static let filters = [
        "state", "event", "rule", "connection", "entity", "workspace", "since", "until", "text",
    ]

    /// Reads the filters of the list, at least one of them, and `asked_at`, `cursor`, `limit`,
    /// `dry_run`.
    ///
    /// - Parameter states: Those that can be meant; the first where none is named.
    package init(
        parsing body: [UInt8], among states: [CopyTask.State.Name], at now: Timestamp
    ) throws(AdministrationError) {
        let body = try RequestBody(
            body, keys: Self.filters + PortionWish.members)
        guard Self.filters.contains(where: { body[$0] != nil }) else {
            throw AdministrationError(
                .requestInvalid, "nothing is selected", pointer: .root,
                remedy: "Name at least one of " + Self.filters.joined(separator: ", ")
                    + "; for all of them, an old `since`.")
        }
        var filter = TaskFilter(state: states.first)
        if let word = try body.text("state") {
            guard let state = states.first(where: { $0.rawValue.hasSameBytes(as: word) }) else {
                throw body.refusal(
                    "states: " + states.map(\.rawValue).joined(separator: ", "), at: "state")
            }
            filter.state = state
        }
        filter.event = try body.text("event").map { Identifier(rawValue: $0) }
        filter.rule = try body.text("rule")
        filter.connection = try body.text("connection")
        filter.entity = try body.text("entity")
        filter.workspace = try body.text("workspace")
        filter.window = Period(
            since: try body.moment("since", before: now),
            until: try body.moment("until", before: now))
        filter.text = try body.text("text").map { Needle($0) }
        self.filter = filter
        portion = try PortionWish(body, at: now)
    }
}

extension TasksWish {
    /// What is noted of so many.
    fileprivate func details(of count: Int) -> JSONObject {
        var details: JSONObject = ["count": .number(JSONNumber(Int64(count)))]
        details["state"] = filter.state.map { .string($0.rawValue) }
        details["event"] = filter.event.map { .string($0.rawValue) }
        details["connection"] = filter.connection.map { .string($0) }
        details["entity"] = filter.entity.map { .string($0) }
        details["workspace"] = filter.workspace.map { .string($0) }
        details["since"] = filter.window.since.map { .string($0.description) }
        details["until"] = filter.window.until.map { .string($0.description) }
        details["text"] = filter.text.map { .string(String(decoding: $0.bytes, as: UTF8.self)) }
        return details
    }
}

extension Administrator {
    /// Counts many tasks, or has the next of them done again, each as ``retryTask(_:by:)`` does.
    ///
    /// One that was done again already is left out.
    ///
    /// - Returns: `{"count", "asked_at"}` where they are only counted, and otherwise `{"retried",
    ///   "next", "asked_at"}`; goes on as ``replayEvents(_:by:)`` does.
    package func retryTasks(
        _ wish: TasksWish, by who: Principal
    ) async throws(AdministrationError) -> JSONValue {
        let answer = try await carryOut(
            wish, .tasksRetried, counted: "retried", by: who
        ) { [store] selection, now, note throws(StorageError) in
            try await store.planAgain(
                selection, from: wish.portion.cursor, limit: wish.portion.limit, at: now,
                as: { old, run in old.again(run: run, at: now) { .planned(by: $0) } },
                noting: note)
        }
        if (answer["retried"]?.number?.int64 ?? 0) > 0 { nudges.copying() }
        return answer
    }

    /// Counts many tasks, or cancels the next of them, each as ``cancelTask(_:by:)`` does.
    ///
    /// - Returns: As ``retryTasks(_:by:)``, with `cancelled`, and in `on_loan` how many of these a
    ///   worker has, so that they are cancelled once it finds out.
    package func cancelTasks(
        _ wish: TasksWish, by who: Principal
    ) async throws(AdministrationError) -> JSONValue {
        let answer = try await carryOut(
            wish, .tasksCancelled, counted: "cancelled", by: who
        ) { selection, now, note throws(StorageError) in
            try await store.change(
                selection, from: wish.portion.cursor, limit: wish.portion.limit, at: now,
                { cancel(&$0, isOnLoan: $1, by: who, at: now) }, noting: note)
        }
        if (answer["cancelled"]?.number?.int64 ?? 0) > 0 { nudges.notifying() }
        return answer
    }

    private func carryOut(
        _ wish: TasksWish, _ verb: AuditVerb, counted: String, by who: Principal,
        _ work: (
            TaskSelection, Timestamp, @escaping @Sendable (Int) -> AuditNote?
        ) async throws(StorageError) -> Portion
    ) async throws(AdministrationError) -> JSONValue {
        let now = time.now()
        let isCancelling = verb == .tasksCancelled
        let selection = TaskSelection(
            wish.filter, askedAt: wish.portion.askedAt, takesDoneAgain: isCancelling,
            takesLoans: isCancelling)
        // As moments, so that every part means the same ones.
        var answer: JSONObject = ["asked_at": .string(wish.portion.askedAt.description)]
        if let since = wish.filter.window.since { answer["since"] = .string(since.description) }
        if let until = wish.filter.window.until { answer["until"] = .string(until.description) }
        guard !wish.portion.isDry else {
            let count = try await ask { () async throws(StorageError) in
                try await store.count(selection, at: now)
            }
            answer["count"] = .number(JSONNumber(Int64(count)))
            return .object(answer)
        }
        let part = try await askInParts { () async throws(StorageError) in
            try await work(selection, now) { [self] count in
                note(
                    verb, of: wish.filter.rule ?? "", by: who, at: now, wish.details(of: count))
            }
        }
        if part.count > 0 {
            log.notice(
                "\(verb.rawValue)", metadata: ["count": "\(part.count)", "by": "\(who.id)"])
        }
        answer[counted] = .number(JSONNumber(Int64(part.count)))
        if isCancelling { answer["on_loan"] = .number(JSONNumber(Int64(part.onLoan))) }
        answer["next"] = .text(part.next)
        return .object(answer)
    }
}
