import Domain

/// A moment that a sender signed, in whole seconds since 1970.
struct SignedTime: Hashable, Sendable {
    let seconds: Int64

    /// Reads 1 to 18 decimal digits, and nothing around them.
    ///
    /// - Parameters:
    ///   - text: As it was received; what is signed is this text, not the number.
    ///   - name: Of the header, for the log.
    ///   - status: Only where a scheme departs from decision 14.
    init(
        _ text: String, of name: String, status: Int? = nil
    ) throws(VerificationRefusal) {
        guard (1...18).contains(text.utf8.count),
            text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let seconds = Int64(text)
        else {
            throw VerificationRefusal(
                .malformedHeader, "\(name) is not 1 to 18 digits", status: status)
        }
        self.seconds = seconds
    }

    /// Refuses what was signed too long ago or is too far ahead.
    ///
    /// contracts/sources.md section 1, rule 5: exactly `window` still passes, on both sides.
    func check(_ window: Duration, at now: Timestamp) throws(VerificationRefusal) {
        // In seconds: 18 digits of them do not fit when multiplied. The sender's clock was cut
        // to the second, ours is, too.
        let age = Duration.seconds(now.wholeSeconds) - .seconds(seconds)
        try Freshness.check(age, window: window)
    }
}
