package import Domain

extension [HTTPField] {
    /// How far the server's clock is ahead of ours, in milliseconds, from the `Date` header.
    ///
    /// Good to about a second: the header has whole seconds, and the answer was on its way.
    package func clockAhead(at now: Timestamp) -> Int64? {
        first("date").flatMap { Timestamp(httpDate: $0.withoutOuterBlanks, at: now) }.map {
            $0.milliseconds - now.milliseconds
        }
    }
}
