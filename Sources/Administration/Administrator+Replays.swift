package import Domain
import Logging
package import Storage
package import StrictJSON

/// Which of many events are to meet the rules again, and how much of that one call does.
package struct ReplayWish: Hashable, Sendable {
    package var selection: EventSelection
    package var portion: PortionWish

    static let filters = ["source", "type", "state", "entity_id", "since", "until"]

    /// Reads `{"source"?, "type"?, "state"?, "entity_id"?, "since"?, "until"?, "asked_at"?,
    /// "cursor"?, "limit"?, "dry_run"?}`, at least one of the first six among them.
    package init(parsing body: [UInt8], at now: Timestamp) throws(AdministrationError) {
        let body = try RequestBody(
            body, keys: Self.filters + PortionWish.members)
        guard Self.filters.contains(where: { body[$0] != nil }) else {
            throw AdministrationError(
                .requestInvalid, "nothing is selected", pointer: .root,
                remedy: "Name at least one of " + Self.filters.joined(separator: ", ")
                    + "; for all events, an old `since`.")
        }
        let portion = try PortionWish(body, at: now)
        self.portion = portion
        selection = EventSelection(askedAt: portion.askedAt)
        selection.source = try body.text("source")
        selection.type = try body.text("type")
        selection.entity = try body.text("entity_id")
        selection.since = try body.moment("since", before: now)
        selection.until = try body.moment("until", before: now)
        if let word = try body.text("state") {
            let states = EventState.allCases.filter { $0 != .received }
            guard let state = states.first(where: { $0.rawValue.hasSameBytes(as: word) }) else {
                throw body.refusal("states are matched and ignored", at: "state")
            }
            selection.state = state
        }
    }
}

extension ReplayWish {
    /// What is noted of so many.
    fileprivate func details(of count: Int) -> JSONObject {
        var details: JSONObject = ["count": .number(JSONNumber(Int64(count)))]
        details["type"] = selection.type.map { .string($0) }
        details["state"] = selection.state.map { .string($0.rawValue) }
        details["entity_id"] = selection.entity.map { .string($0) }
        details["since"] = selection.since.map { .string($0.description) }
        details["until"] = selection.until.map { .string($0.description) }
        return details
    }
}

extension Administrator {
    /// Has one event meet the rules in force now, as its next run.
    ///
    /// Tasks that come of it are new ones; cooldowns and the loop guard hold as for any event. One
    /// that still waits for the rules is left alone.
    ///
    /// - Returns: `{"event_id", "run"}`, and whether it waits because of this.
    package func replayEvent(
        _ id: String, by who: Principal
    ) async throws(AdministrationError) -> (answer: JSONValue, isNew: Bool) {
        let now = time.now()
        let record = try await eventRecord(id)
        try refuseIfByHand(record.event)
        if try await hasDone(.eventReplayed, of: id) {
            return (Self.replayed(id, record.event.run), false)
        }
        let replay: Replay
        do throws(AdministrationError) {
            replay = try await ask { () async throws(StorageError) in
                try await store.replay(
                    Identifier(rawValue: id),
                    noting: note(.eventReplayed, of: id, by: who, at: now), at: now)
            }
        } catch {
            // Pruned since it was looked at.
            throw error.code == .notFound ? .nothing("event") : error
        }
        if replay.isNew {
            log.notice(
                "event.replayed",
                metadata: ["event": "\(id)", "run": "\(replay.run)", "by": "\(who.id)"])
            nudges.matching()
        }
        return (Self.replayed(id, replay.run), replay.isNew)
    }

    private static func replayed(_ id: String, _ run: Int) -> JSONValue {
        ["event_id": .string(id), "run": .number(JSONNumber(Int64(run)))]
    }

    /// Counts many events, or has the next of them meet the rules again.
    ///
    /// - Returns: `{"count", "asked_at"}` where they are only counted, and otherwise `{"replayed",
    ///   "next", "asked_at"}`, with `since` and `until` where they were given: the next call goes
    ///   on at `cursor: next` with the same `asked_at`,
    ///   and may be made again when its answer was lost.
    package func replayEvents(
        _ wish: ReplayWish, by who: Principal
    ) async throws(AdministrationError) -> JSONValue {
        let now = time.now()
        // As moments, so that every part means the same ones.
        var answer: JSONObject = ["asked_at": .string(wish.selection.askedAt.description)]
        if let since = wish.selection.since { answer["since"] = .string(since.description) }
        if let until = wish.selection.until { answer["until"] = .string(until.description) }
        guard !wish.portion.isDry else {
            let count = try await ask { () async throws(StorageError) in
                try await store.count(wish.selection)
            }
            answer["count"] = .number(JSONNumber(Int64(count)))
            return .object(answer)
        }
        let part = try await askInParts { () async throws(StorageError) in
            try await store.replay(
                wish.selection, from: wish.portion.cursor, limit: wish.portion.limit,
                noting: { count in
                    note(
                        .eventsReplayed, of: wish.selection.source ?? "", by: who, at: now,
                        wish.details(of: count))
                }, at: now)
        }
        if part.count > 0 {
            log.notice(
                "events.replayed", metadata: ["count": "\(part.count)", "by": "\(who.id)"])
            nudges.matching()
        }
        answer["replayed"] = .number(JSONNumber(Int64(part.count)))
        answer["next"] = .text(part.next)
        return .object(answer)
    }

    /// A store that finds nothing where a cursor points has been given a cursor that is none.
    func askInParts(
        _ question: () async throws(StorageError) -> Portion
    ) async throws(AdministrationError) -> Portion {
        do throws(AdministrationError) {
            return try await ask(question)
        } catch {
            guard error.code == .notFound else { throw error }
            throw AdministrationError(
                .requestInvalid, "this leads nowhere", pointer: JSONPointer(tokens: ["cursor"]),
                remedy: "Take `next` of the answer before, unchanged, or leave `cursor` out.")
        }
    }
}
