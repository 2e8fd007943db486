package import Domain

/// How long an answer asks us to stay away.
///
/// RFC 9110 section 10.2.3. Beyond it, a fraction of a second is understood, since some servers
/// write one.
package enum RetryAfter {
    /// One day: nobody is left alone for longer on the word of one answer.
    package static let durationMax = Duration.days(1)

    /// The wait that the header asks for, whole seconds from zero to ``durationMax``.
    ///
    /// `nil` when the header is absent, repeated, or neither a number nor a date.
    package static func duration(in headers: [HTTPField], at now: Timestamp) -> Duration? {
        let values = headers.values(of: "retry-after")
        return values.count == 1 ? duration(values[0], at: now) : nil
    }

    /// Reads seconds, with a fraction that is rounded up, or a date, which may have passed.
    package static func duration(_ text: String, at now: Timestamp) -> Duration? {
        let value = Array(text.withoutOuterBlanks.utf8)
        guard let first = value.first else { return nil }
        if (0x30...0x39).contains(first) { return seconds(value) }
        guard let date = Timestamp(httpDate: String(decoding: value, as: UTF8.self), at: now)
        else { return nil }
        let wait = (date - now).wholeMilliseconds
        return min(durationMax, .seconds(max(0, (wait + 999) / 1_000)))
    }

    private static func seconds(_ value: [UInt8]) -> Duration? {
        let parts = value.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count <= 2,
            parts.allSatisfy({ part in
                !part.isEmpty && part.allSatisfy { (0x30...0x39).contains($0) }
            })
        else { return nil }
        // What does not fit 64 bits is beyond the cap anyway.
        guard let whole = Int64(String(decoding: parts[0], as: UTF8.self)),
            whole < 86_400
        else { return durationMax }
        let hasRest = parts.count == 2 && parts[1].contains { $0 != 0x30 }
        return .seconds(whole + (hasRest ? 1 : 0))
    }
}
