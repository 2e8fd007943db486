package import StrictJSON

/// A question about a whole event: the `match` of a rule.
///
/// Syntax and meaning are those of Amazon EventBridge patterns, with a few differences where the
/// original is order-dependent, lossy or unsafe. An object is a conjunction of its members, a list
/// a disjunction of its tests; elements of arrays in the event are never mixed: what is asked of
/// two members of an object in an array is asked of the same object.
///
/// Of a pattern its text is kept, which is a tenth of what it means; that is read anew where it
/// is needed, some microseconds each time.
package struct Pattern: Sendable {
    /// What bounds the cost of a pattern when it is read, so that matching needs no time-out.
    package enum Limits {
        /// Bytes of the pattern's text.
        package static let bytesMax = 256 << 10
        /// Characters of a number.
        package static let numberBytesMax = JSONLimits.intake.numberBytesMax
        /// Objects inside one another; a branch of `$or` counts for two, with the list it is in.
        ///
        /// Whatever hands patterns over accepts as many and some more, since they stand in rules.
        package static let depthMax = 64
        /// Tests in all lists together, those inside `anything-but` included.
        package static let testsMax = 10_000
        /// Combinations of the branches of `$or`, and of lists that mix absence with values.
        package static let alternativesMax = 1_000
        /// Fields that one alternative asks for.
        package static let fieldsMax = 256
        /// Fields of all alternatives together: a field beside `$or` counts for each branch.
        package static let conditionsMax = 20_000
    }

    /// JSON without white space, otherwise as it was written.
    private let text: [UInt8]

    /// Reads a pattern.
    package init(parsing json: JSONValue) throws(PatternRefusal) {
        try self.init(json, size: 0)
    }

    /// - Parameter size: Bytes of the text that it was read from, which mostly is what is kept.
    private init(_ json: JSONValue, size: Int) throws(PatternRefusal) {
        text = json.bytes(capacity: size)
        guard text.count <= Limits.bytesMax else {
            throw PatternRefusal(
                pointer: .root, operatorName: nil,
                what:
                    "the pattern has \(text.count) bytes, more than \(Limits.bytesMax), the limit",
                advice: "Ask for fewer values, or split the rule.")
        }
        _ = try PatternMeaning(of: json)
    }

    /// Reads a pattern from its text, UTF-8 JSON.
    package init(parsing bytes: [UInt8]) throws(PatternRefusal) {
        let json: JSONValue
        do throws(JSONRefusal) {
            json = try JSONValue(
                parsing: bytes,
                limits: JSONLimits(
                    depthMax: Limits.depthMax * 2, valuesMax: .max, bytesMax: Limits.bytesMax,
                    stringBytesMax: .max, numberBytesMax: Limits.numberBytesMax))
        } catch {
            throw PatternText(bytes).refusal(error)
        }
        try self.init(json, size: bytes.count)
    }

    /// The pattern as it was written.
    package var source: JSONValue {
        guard let json = try? JSONValue(parsing: text, limits: .match) else {
            preconditionFailure("a text that this program wrote is not JSON")
        }
        return json
    }

    var meaning: PatternMeaning {
        guard let meaning = try? PatternMeaning(of: source, isAccepted: true) else {
            preconditionFailure("a pattern that was accepted is refused")
        }
        return meaning
    }
}

extension Pattern: Hashable {
    /// Equal when written the same.
    package static func == (left: Pattern, right: Pattern) -> Bool { left.text == right.text }

    package func hash(into hasher: inout Hasher) { hasher.combine(text) }
}
