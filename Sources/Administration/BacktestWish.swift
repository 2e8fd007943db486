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
        let wish = try RequestBody(
            body, keys: ["definition", "since", "until", "cursor", "limit"],
            // The definition lies one deeper than where it is put.
            limits: JSONLimits(depthMax: JSONLimits.match.depthMax + 1))
        guard let definition = wish["definition"] else {
            throw wish.refusal("this is missing", at: "definition")
        }
        self.definition = definition
        period = Period(
            since: try wish.moment("since", before: now),
            until: try wish.moment("until", before: now))
        cursor = try wish.text("cursor")
        limit = try wish.number("limit", in: 1...Self.limitMax) ?? Self.limitMax
    }
}
