package import Domain
package import Storage
package import StrictJSON

/// What a person asks before a rule is changed.
///
/// Would the events that were taken in have met the rule otherwise?
package struct BacktestWish: Hashable, Sendable {
    /// Events that one call goes through.
    package static let limitMax = 10_000

    /// The rule as it would be.
    package var definition: JSONValue
    package var period: Period
    /// What the call before ended with; `nil` for the first.
    package var cursor: String?
    package var limit: Int

    /// Reads `{"definition", "since", "until", "cursor", "limit"}`, all but the first optional.
    package init(parsing body: [UInt8], now: Timestamp) throws(AdministrationError) {
        let json: JSONValue
        // The definition lies one deeper than where it is put.
        let limits = JSONLimits(depthMax: JSONLimits.match.depthMax + 1)
        do { json = try JSONValue(parsing: body, limits: limits) } catch {
            throw AdministrationError(error)
        }
        guard case .object(let object) = json else {
            throw .wish("one object is wanted, not \(json.kind)", at: .root)
        }
        let known = ["definition", "since", "until", "cursor", "limit"]
        for key in object.keys where !known.contains(key) {
            throw .wish("there is no member of this name", at: .root.appending(key))
        }
        guard let definition = object["definition"] else {
            throw .wish("the definition is missing", at: .root)
        }
        self.definition = definition
        period = Period(
            since: try Self.moment("since", object, now: now),
            until: try Self.moment("until", object, now: now))
        cursor = try Self.text("cursor", object)
        limit = try Self.limit(object)
    }

    private static func moment(
        _ name: String, _ object: JSONObject, now: Timestamp
    ) throws(AdministrationError) -> Timestamp? {
        guard let text = try text(name, object) else { return nil }
        guard let moment = Timestamp(written: text, now: now) else {
            throw AdministrationError.pointInTime(name)
        }
        return moment
    }

    private static func text(
        _ name: String, _ object: JSONObject
    ) throws(AdministrationError) -> String? {
        guard let value = object[name], !value.isNull else { return nil }
        guard let text = value.string else {
            throw .wish("a string is wanted, not \(value.kind)", at: .root.appending(name))
        }
        return text
    }

    private static func limit(_ object: JSONObject) throws(AdministrationError) -> Int {
        guard let value = object["limit"], !value.isNull else { return limitMax }
        guard let limit = value.number?.whole, (1...Int64(limitMax)).contains(limit) else {
            throw .wish(
                "the limit is no whole number from 1 to \(limitMax)", at: .root.appending("limit"))
        }
        return Int(limit)
    }
}

extension AdministrationError {
    fileprivate static func wish(_ detail: String, at pointer: JSONPointer) -> Self {
        AdministrationError(
            .bodyInvalid, detail, pointer: pointer,
            remedy:
                "Write {\"definition\": {…}, \"since\": \"7d\"}; since, until, cursor and limit "
                + "may be left out.")
    }
}
