import Domain

/// Whether the time that a sender signed is near enough to ours.
enum Freshness {
    /// - Parameters:
    ///   - age: How much later our clock is, below zero when it is earlier.
    ///   - window: What passes, inclusive, on both sides.
    static func check(_ age: Duration, window: Duration) throws(VerificationRefusal) {
        if age > window { throw VerificationRefusal(.timestampTooOld, "older than \(window.text)") }
        if age < .zero - window {
            throw VerificationRefusal(.timestampTooNew, "ahead by more than \(window.text)")
        }
    }
}

/// Whether `text` is digits and nothing else; empty text is.
func isDigits(_ text: String) -> Bool {
    text.utf8.allSatisfy { (0x30...0x39).contains($0) }
}
