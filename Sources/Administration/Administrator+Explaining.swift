package import Domain
package import Rules
import Signing
package import Storage
package import StrictJSON

/// What a rule would do with an event, as matching decides it, nothing of it done.
package typealias Rehearsal =
    @Sendable (_ rule: Rule, _ event: Event) async throws(StorageError) -> MatchOutcome

extension Administrator {
    /// Rules that are explained at once where none is named.
    static let explainedMax = 50

    /// Why the rules in force match a stored event or do not, leaf by leaf.
    ///
    /// By what the rules say today; what they made of it then stands beside it, as `verdicts`.
    ///
    /// - Parameter rule: The only one to ask; `nil` for the first 50.
    /// - Returns: `{"event_id", "rules": [{"rule", "enabled", "matches", "leaves",
    ///   "split_over_elements", "verdicts"}], "more"}`.
    package func explanation(
        of id: String, rule: String?
    ) async throws(AdministrationError) -> JSONValue {
        let record = try await eventRecord(id)
        try refuseIfByHand(record.event)
        let document = try document(of: record.event)
        let rules: [Rule]
        if let rule {
            rules = [try await desk.readable(rule)]
        } else {
            rules = desk.rulesInForce
        }
        let explained = rules.prefix(Self.explainedMax).map { rule -> JSONValue in
            var object = rule.explanation(of: document)
            object["verdicts"] = .array(
                record.verdicts.filter { $0.rule.hasSameBytes(as: rule.name) }.map(\.json))
            return .object(object)
        }
        return [
            "event_id": .string(id), "rules": .array(explained),
            "more": .bool(rules.count > explained.count),
        ]
    }

    /// What a rule, or a definition in its place, would do with an event: nothing of it is done.
    ///
    /// - Returns: `{"rule", "enabled", "matches", "leaves", "split_over_elements", "deeds"}`; a
    ///   rule that is switched off is tried as if it were on.
    package func dryRun(
        _ name: String, _ trial: RuleTrial
    ) async throws(AdministrationError) -> JSONValue {
        var rule: Rule
        if let definition = trial.definition {
            rule = try desk.read(definition, name: name)
        } else {
            rule = try await desk.readable(name)
        }
        let event: Event
        switch trial.subject {
        case .stored(let id):
            event = try await eventRecord(id).event
            try refuseIfByHand(event)
        case .given(let given): event = given.event(at: time.now())
        }
        var answer = rule.explanation(of: try document(of: event))
        rule.isEnabled = true
        let (tried, tryOut) = (rule, rehearse)
        let outcome = try await ask { () async throws(StorageError) in
            try await tryOut(tried, event)
        }
        answer["deeds"] = .array(outcome.verdicts.map { deed($0, in: outcome) })
        return .object(answer)
    }

    /// What no rule sees is neither matched nor explained.
    func refuseIfByHand(_ event: Event) throws(AdministrationError) {
        guard event.isByHand else { return }
        throw AdministrationError(
            .eventByHand, "this event tells of a copy that a person asked for, and no rule sees it",
            remedy: "Its task can be done again: see the event's tasks, and retry one that failed.")
    }

    func eventRecord(_ id: String) async throws(AdministrationError) -> EventRecord {
        let record = try await ask { () async throws(StorageError) in
            try await store.event(Identifier(rawValue: id))
        }
        guard let record else { throw .nothing("event") }
        return record
    }

    /// The event as rules see it.
    private func document(of event: Event) throws(AdministrationError) -> JSONValue {
        do {
            return try JSONValue(parsing: event.document, limits: .match)
        } catch {
            throw AdministrationError(
                .unexpected, "the stored body cannot be read",
                remedy: "The database is damaged; the log of its last start may say more.")
        }
    }

    private func deed(_ verdict: RuleVerdict, in outcome: MatchOutcome) -> JSONValue {
        guard case .object(var object) = verdict.json else { return verdict.json }
        object["rule"] = nil
        // Nothing has these ids.
        object["task_id"] = nil
        object["notification_id"] = nil
        switch verdict.effect {
        case .planned(let id):
            guard let plan = outcome.tasks.first(where: { $0.id == id })?.plan else { break }
            object["copy"] = [
                "connection": .string(plan.connection),
                "provider": .string(plan.provider.rawValue), "entity": plan.entity.json,
                "to_workspace": .text(plan.toWorkspace),
            ]
            object["tells"] = .array(
                audience.listeners(of: .copySucceeded, notify: plan.notify).map {
                    .string($0.name)
                })
        case .announced(let id):
            let told = outcome.announcements.first { $0.notification.id == id }
            object["tells"] = .array(told?.deliveries.map { .string($0.endpoint) } ?? [])
        case .suppressed, .impossible: break
        }
        return .object(object)
    }
}

/// An event to try a rule with, and a definition to be tried in the rule's place.
package struct RuleTrial: Hashable, Sendable {
    enum Subject: Hashable, Sendable {
        case stored(String)
        case given(GivenEvent)
    }

    let subject: Subject
    let definition: JSONValue?

    /// Reads `{"event": {…}}` or `{"event_id": …}`, and optionally `"definition": {…}`.
    package init(parsing body: [UInt8]) throws(AdministrationError) {
        // Deeper than a body else, since an event of the greatest depth is in it.
        let body = try RequestBody(
            body, keys: ["event", "event_id", "definition"],
            limits: JSONLimits(depthMax: Pattern.Limits.depthMax * 2))
        switch (body["event"], try body.text("event_id")) {
        case (.some(let event), nil): subject = .given(try GivenEvent(event, in: body))
        case (nil, .some(let id)): subject = .stored(id)
        case (.some, .some), (nil, nil):
            throw AdministrationError(
                .requestInvalid, "one of `event` and `event_id` is wanted", pointer: .root,
                remedy: "Write {\"event\": {\"type\": …, \"data\": {…}}}, or the id of a stored "
                    + "event.")
        }
        definition = body["definition"]
    }
}

/// An event as a person writes it down, in the shape in which rules see events.
package struct GivenEvent: Hashable, Sendable {
    let id: String?
    let source: String
    let type: String
    let key: String?
    let time: Timestamp?
    let entity: EntityReference?
    let body: [UInt8]

    private static let keys = [
        "id", "source", "type", "key", "time", "received_at", "entity", "data",
    ]

    fileprivate init(_ json: JSONValue, in body: RequestBody) throws(AdministrationError) {
        guard case .object(let object) = json else {
            throw body.refusal("an event is an object, not \(json.kind)", at: "event")
        }
        let event = RequestBody(
            object, at: ["event"],
            remedy: "Write the event as `copyhook events show` prints it: "
                + Self.keys.joined(separator: ", ") + ".")
        func refusal(_ detail: String, _ key: String) -> AdministrationError {
            event.refusal(detail, at: key)
        }
        for key in object.keys where !Self.keys.contains(where: { $0.hasSameBytes(as: key) }) {
            throw refusal("there is no member of this name", key)
        }
        func text(_ key: String) throws(AdministrationError) -> String? {
            guard let value = object[key] else { return nil }
            guard let text = value.string else { throw refusal("a text is wanted", key) }
            return text
        }
        guard let type = try text("type") else { throw refusal("this is missing", "type") }
        self.type = type
        id = try text("id")
        key = try text("key")
        source = try text("source") ?? Administrator.source
        time = try text("time").map { text throws(AdministrationError) in
            guard let time = Timestamp(rfc3339: text) else {
                throw refusal("this is no time, as in 2026-03-18T08:30:15Z", "time")
            }
            return time
        }
        entity = try event.entity("entity")
        guard case .object(let data) = object["data"] ?? .object([:]) else {
            throw refusal("data is an object", "data")
        }
        self.body = JSONValue.object(data).bytes()
    }

    func event(at now: Timestamp) -> Event {
        let id = Event.ID(rawValue: id ?? "evt_given")
        return Event(
            id: id, identity: .init(source: source, key: key ?? id.rawValue), type: type,
            time: time, receivedAt: now, entity: entity, body: body)
    }
}

extension Rule {
    fileprivate func explanation(of event: JSONValue) -> JSONObject {
        let explanation = match.explain(event)
        return [
            "rule": .string(name), "enabled": .bool(isEnabled),
            "matches": .bool(explanation.isMatch),
            "leaves": .array(explanation.leaves.map(\.json)),
            "split_over_elements": .bool(explanation.isSplitOverElements),
        ]
    }
}

extension Explanation.Leaf {
    fileprivate var json: JSONValue {
        [
            "pointer": .string(pointer.description), "path": .string(path), "asked": asked,
            "found": .array(found), "found_more": .bool(hasMore), "passed": .bool(isPassed),
            "place": .text(place?.description), "in_branch": .bool(isInBranch),
        ]
    }
}
