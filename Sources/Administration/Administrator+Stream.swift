import Domain
import Storage
package import StrictJSON

extension Administrator {
    /// `{"happenings": […], "next", "more"}`: what happened, oldest first, from a mark on.
    package func happenings(
        _ asked: StreamSelection, for who: Principal
    ) async throws(AdministrationError) -> JSONValue {
        let limit = try asked.limit
        var reader = try await following(asked, for: who)
        let stretch = try await reader.next(limit, from: self)
        return [
            "happenings": .array(stretch.lines.map(\.json)), "next": .string(stretch.mark),
            "more": .bool(stretch.hasMore),
        ]
    }

    /// Where somebody stands who follows the stream, at its beginning.
    ///
    /// Without a mark or a time it begins now.
    package func following(
        _ asked: StreamSelection, for who: Principal
    ) async throws(AdministrationError) -> Following {
        let filter = try asked.filter(for: who)
        let (mark, since) = (try asked.mark, try asked.since(at: time.now()))
        if let mark {
            // So that one of another store is refused before anything is told.
            _ = try await happenings(after: mark, limit: 1)
            return Following(filter: filter, mark: mark)
        }
        let start = try await ask { () async throws(StorageError) in
            try await store.streamMark(since: since)
        }
        return Following(filter: filter, mark: start)
    }

    fileprivate func happenings(
        after mark: StreamMark, limit: Int
    ) async throws(AdministrationError) -> Happenings {
        do throws(AdministrationError) {
            return try await ask { () async throws(StorageError) in
                try await store.happenings(after: mark, limit: limit)
            }
        } catch {
            guard error.code == .notFound else { throw error }
            throw .markRefused
        }
    }
}

/// Who follows the stream, and how far they are.
package struct Following: Sendable {
    /// What they are told.
    let filter: HappeningFilter
    private var place: StreamMark

    init(filter: HappeningFilter, mark: StreamMark) {
        self.filter = filter
        place = mark
    }

    /// Behind everything that was looked at for them.
    package var mark: String { place.text }

    /// What happened since the last call, as far as they want to know.
    ///
    /// - Parameter limit: Things looked at, at most.
    package mutating func next(
        _ limit: Int, from administration: Administrator
    ) async throws(AdministrationError) -> Stretch {
        let stretch = try await administration.happenings(after: place, limit: limit)
        place = stretch.next
        return Stretch(
            lines: stretch.rows.filter(filter.fits).map { happening in
                Line(mark: happening.mark.text, kind: happening.kind, json: happening.json)
            }, mark: mark, hasMore: stretch.hasMore)
    }
}

extension Following {
    /// One thing that happened.
    package struct Line: Sendable {
        /// The place behind it.
        package let mark: String
        package let kind: String
        package let json: JSONValue
    }

    /// What one call tells.
    package struct Stretch: Sendable {
        package let lines: [Line]
        /// The place behind everything that was looked at.
        package let mark: String
        /// Whether there was more already.
        package let hasMore: Bool
    }
}

extension Happening {
    /// What a person wants to see of it; what there is not is left out.
    fileprivate var json: JSONValue {
        var object: JSONObject = [
            "kind": .string(kind), "at": .string(at.description), "mark": .string(mark.text),
        ]
        func add(_ name: String, _ text: String?) {
            if let text { object[name] = .string(text) }
        }
        add("event", about.event?.rawValue)
        add("source", about.source)
        add("type", about.type)
        if let entity = about.entity {
            var known: JSONObject = ["type": .string(entity.type), "id": .string(entity.id)]
            if let name = entity.name { known["name"] = .string(name) }
            object["entity"] = .object(known)
        }
        if !about.rules.isEmpty { object["rules"] = .array(about.rules.map { .string($0) }) }
        add("task", about.task?.rawValue)
        add("connection", about.connection)
        add("failure", about.failure?.rawValue)
        add("delivery", about.delivery?.rawValue)
        add("endpoint", about.endpoint)
        add("notification", about.notification?.rawValue)
        switch what {
        case .event, .task: break
        case .taskAttempted(let attempt), .deliveryAttempted(let attempt):
            object["attempt"] = attempt.brief
        case .delivery(_, let reason): add("reason", reason)
        case .noted(let entry):
            object["who"] = ["id": .string(entry.who.id), "name": .string(entry.who.name)]
            add("object", entry.object)
        }
        return .object(object)
    }
}

extension Attempt {
    /// Without its detail, which may be of any length.
    fileprivate var brief: JSONValue {
        var object: JSONObject = [
            "kind": .string(kind.rawValue), "outcome": .string(outcome),
            "duration_ms": .number(JSONNumber(duration.wholeMilliseconds)),
        ]
        if let status { object["status"] = .number(JSONNumber(Int64(status))) }
        if let code { object["code"] = .string(code) }
        return .object(object)
    }
}
