package import Domain

/// How much of a wish about many one call does, and where it goes on.
///
/// Many are done in portions, so that whoever asks sees how far it is, can stop, and holds nobody
/// up; one that is asked for again leaves out what it did.
package struct PortionWish: Hashable, Sendable {
    private static let limitByDefault = 100
    private static let limitMax = 500

    static let members = ["asked_at", "cursor", "limit", "dry_run"]

    /// When it was asked for first: what came or was done since then is left out.
    package let askedAt: Timestamp
    package let cursor: String?
    package let limit: Int
    /// Whether they are only to be counted.
    package let isDry: Bool

    /// Reads `{"asked_at"?, "cursor"?, "limit"?, "dry_run"?}`.
    init(_ body: RequestBody, at now: Timestamp) throws(AdministrationError) {
        // A moment to come would let in what nobody has counted.
        askedAt = min(now, try body.moment("asked_at", before: now) ?? now)
        cursor = try body.text("cursor")
        limit = try body.number("limit", in: 1...Self.limitMax) ?? Self.limitByDefault
        isDry = try body.bool("dry_run") ?? false
    }
}
