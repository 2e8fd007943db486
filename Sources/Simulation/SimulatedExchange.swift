import StrictJSON
import Transport

/// A request as a simulator judges it: no socket, only what was on the wire.
package struct SimulatedRequest: Sendable {
    /// Upper case, as on the wire.
    package let method: String
    /// As on the wire, up to the question mark; not decoded.
    package let path: String
    /// As on the wire, without the question mark; empty where there is none.
    package let rawQuery: String
    /// Percent-decoded once, `+` as a blank, in the order of the address.
    package let query: [(name: String, value: String)]
    /// In the order of the wire.
    package let headers: [(name: String, value: String)]
    /// Exactly the bytes on the wire.
    package let body: [UInt8]

    /// - Parameter target: Path and query as the request line has them.
    package init(
        method: String, target: String, headers: [(name: String, value: String)] = [],
        body: [UInt8] = []
    ) {
        let parts = target.utf8.split(
            separator: UInt8(ascii: "?"), maxSplits: 1, omittingEmptySubsequences: false
        ).map { String(Substring($0)) }
        self.method = method
        self.path = parts[0]
        self.rawQuery = parts.count > 1 ? parts[1] : ""
        self.query = Self.pairs(rawQuery)
        self.headers = headers
        self.body = body
    }

    /// The only value of a header, ASCII case aside; `nil` for none and for several.
    package func header(_ name: String) -> String? {
        let values = headers.filter { $0.name.isEqualIgnoringASCIICase(to: name) }
        return values.count == 1 ? values[0].value : nil
    }

    /// The first value of a query member; an empty one counts as absent.
    package func parameter(_ name: String) -> String? {
        query.first { $0.name.hasSameBytes(as: name) && !$0.value.isEmpty }?.value
    }

    /// The body where it is one strict JSON object.
    var jsonObject: JSONObject? { (try? JSONValue(parsing: body))?.object }

    /// The parts of the path between slashes, percent-decoded.
    var segments: [String] {
        path.utf8.split(separator: UInt8(ascii: "/")).map { Self.decoded($0, plusIsBlank: false) }
    }

    private static func pairs(_ query: String) -> [(name: String, value: String)] {
        query.utf8.split(separator: UInt8(ascii: "&")).map { pair in
            let parts = pair.split(
                separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            return (
                decoded(parts[0], plusIsBlank: true),
                parts.count > 1 ? decoded(parts[1], plusIsBlank: true) : ""
            )
        }
    }

    /// What is no escape stays as it is.
    private static func decoded(_ text: Substring.UTF8View, plusIsBlank: Bool) -> String {
        var bytes: [UInt8] = []
        var rest = text[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"),
                let value = UInt8(String(Substring(rest.prefix(2))), radix: 16),
                rest.prefix(2).allSatisfy({ $0 != UInt8(ascii: "+") }), rest.count >= 2
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(plusIsBlank && byte == UInt8(ascii: "+") ? 0x20 : byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// What a simulator answers, and how the answer is to travel.
package struct SimulatedAnswer: Sendable {
    package var status: Int
    /// Without `Content-Length`, which belongs to whoever sends.
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]
    /// Between the request and the first byte of the answer; the work itself was done at once.
    package var delay: Duration
    package var cut: Cut

    /// What happens to the answer on its way.
    package enum Cut: Hashable, Sendable {
        case none
        /// The connection ends without an answer, and nothing was done.
        case before
        /// The connection ends without an answer, although everything was done.
        case afterActing
        /// The head announces the whole body; the connection ends after so many bytes of it.
        case truncated(after: Int)
        /// The body comes in pieces of so many bytes, with a pause before each.
        case drip(piece: Int, pause: Duration)
    }

    package init(
        status: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = [],
        delay: Duration = .zero, cut: Cut = .none
    ) {
        self.status = status
        self.headers = headers
        self.body = body
        self.delay = delay
        self.cut = cut
    }

    /// A JSON body with the matching `Content-Type`.
    static func json(_ value: JSONValue, status: Int = 200) -> SimulatedAnswer {
        SimulatedAnswer(
            status: status, headers: [("Content-Type", "application/json; charset=utf-8")],
            body: value.bytes())
    }

    /// A text body.
    static func text(_ text: String, status: Int, type: String = "text/plain") -> SimulatedAnswer {
        SimulatedAnswer(
            status: status, headers: [("Content-Type", "\(type); charset=utf-8")],
            body: Array(text.utf8))
    }
}
