import StrictJSON

/// The answer to a platform that tries whether an address is ours: its own text back.
enum Challenge {
    /// The longest text that is echoed, in Unicode scalars.
    static let scalarsMax = 256

    /// `{"challenge": …}`.
    ///
    /// Text that anybody may have chosen goes back only when it is short and harmless.
    ///
    /// - Parameter place: Where it stands in the body, for the log.
    static func answer(
        _ challenge: String?, at place: String
    ) throws(VerificationRefusal) -> SchemeAnswer {
        guard let challenge, challenge.unicodeScalars.count <= scalarsMax,
            challenge.unicodeScalars.allSatisfy(isPrintable)
        else {
            throw VerificationRefusal(
                .malformedBody,
                "\(place) is not text of at most \(scalarsMax) printable characters")
        }
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("challenge", .string(challenge))
        writer.endObject()
        return SchemeAnswer(body: writer.bytes)
    }

    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
            .paragraphSeparator:
            false
        default: true
        }
    }
}
