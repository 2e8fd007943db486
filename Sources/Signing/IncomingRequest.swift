/// A request as a sender made it, reduced to what a scheme judges.
package struct IncomingRequest: Sendable {
    /// Upper case, as on the wire: `POST`.
    package var method: String
    package var headers: HeaderFields
    /// Percent-decoded once, in the order of the address.
    package var query: [(name: String, value: String)]
    /// Exactly the bytes on the wire, at most what intake lets through (1 MiB by default).
    package var body: [UInt8]

    package init(
        method: String = "POST",
        headers: HeaderFields,
        query: [(name: String, value: String)] = [],
        body: [UInt8]
    ) {
        self.method = method
        self.headers = headers
        self.query = query
        self.body = body
    }
}

/// Header lines in the order in which they came.
package struct HeaderFields: Sendable {
    /// How often a header is there: what proves something must be there exactly once.
    package enum Lookup: Hashable, Sendable {
        case absent
        case one(String)
        /// Refused by every scheme: two readers could each take another one.
        case several
    }

    package private(set) var lines: [(name: String, value: String)]

    package init(_ lines: [(name: String, value: String)] = []) {
        self.lines = lines
    }

    package mutating func append(_ name: String, _ value: String) {
        lines.append((name, value))
    }

    /// Takes every line of that name away, whatever its case.
    package mutating func remove(_ name: String) {
        lines.removeAll { hasSameLetters($0.name, name) }
    }

    /// The header called `name`, ASCII case aside.
    package func lookup(_ name: String) -> Lookup {
        let values = values(of: name)
        guard let first = values.first else { return .absent }
        return values.count == 1 ? .one(first) : .several
    }

    /// Every value under `name`, ASCII case aside, in order.
    package func values(of name: String) -> [String] {
        lines.filter { hasSameLetters($0.name, name) }.map(\.value)
    }

    /// The only value under `name`.
    ///
    /// - Throws: `missingHeader` where there is none or it is empty, `malformedHeader` where there
    ///   are several.
    package func required(_ name: String) throws(VerificationRefusal) -> String {
        switch lookup(name) {
        case .absent: throw VerificationRefusal(.missingHeader, "\(name) is missing")
        case .one(""): throw VerificationRefusal(.missingHeader, "\(name) is empty")
        case .one(let value): return value
        case .several: throw VerificationRefusal(.malformedHeader, "\(name) occurs twice")
        }
    }
}

extension HeaderFields: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (String, String)...) {
        self.init(elements.map { (name: $0.0, value: $0.1) })
    }
}

private func hasSameLetters(_ left: String, _ right: String) -> Bool {
    left.utf8.count == right.utf8.count
        && zip(left.utf8, right.utf8).allSatisfy { lowercased($0) == lowercased($1) }
}

private func lowercased(_ byte: UInt8) -> UInt8 {
    (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
}
