package import Domain

extension Timestamp {
    /// A point in time as people write it: RFC 3339, or a duration back from `now`, as in `7d`.
    ///
    /// Nothing that we know of happened before 1970, so no duration leads further back.
    package init?(written text: String, now: Timestamp) {
        if let moment = Timestamp(rfc3339: text) {
            self = moment
        } else if let age = Duration(text: text) {
            self = max(now - age, Timestamp(milliseconds: 0))
        } else {
            return nil
        }
    }
}

extension AdministrationError {
    static func pointInTime(_ name: String) -> Self {
        AdministrationError(
            .parameterInvalid, "`\(name)` is no point in time",
            remedy: "Write one as 2026-03-18T08:30:00Z, or how long ago it was, as in 7d, 12h.")
    }
}
