/// One request that leaves this machine, complete to the byte.
package struct HTTPRequest: Hashable, Sendable {
    package enum Method: String, Hashable, Sendable {
        case get = "GET"
        case post = "POST"
        case put = "PUT"
        case delete = "DELETE"
        case options = "OPTIONS"
    }

    package var method: Method
    /// Absolute, `http` or `https`; checked against the ``EgressPolicy`` before and while
    /// connecting.
    package var url: String
    /// In the order in which they are written; values may be secrets and are never logged.
    package var headers: [HTTPField]
    /// Exactly the bytes on the wire.
    package var body: [UInt8]
    /// For the whole exchange, name resolution included.
    package var timeout: Duration
    /// A connection of its own, closed afterwards.
    ///
    /// For what must not repeat: libcurl resends by itself on a reused connection that dies before
    /// the first answer byte, POST included (`lib/transfer.c`, `Curl_retry_request`).
    package var isOnFreshConnection: Bool
    /// How much of the answer's body is of use.
    package var answerBody: AnswerBody

    /// What is read of an answer behind its head.
    package enum AnswerBody: Hashable, Sendable {
        /// All of it; one of more than so many bytes is a failure.
        case whole(max: Int)
        /// Its first so many bytes.
        ///
        /// The head alone is the answer: with this much read, or when the body turns out to be
        /// broken, endless or encoded, the exchange ends and what came so far is the body.
        case start(max: Int)
    }

    package init(
        _ method: Method,
        _ url: String,
        headers: [HTTPField] = [],
        body: [UInt8] = [],
        timeout: Duration = .seconds(15),
        isOnFreshConnection: Bool = false,
        answerBody: AnswerBody = .whole(max: HTTPLimits.bodyMax)
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeout = timeout
        self.isOnFreshConnection = isOnFreshConnection
        self.answerBody = answerBody
    }
}

/// A header line: a name and its value.
package struct HTTPField: Hashable, Sendable {
    package let name: String
    package let value: String

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

extension [HTTPField] {
    /// The values under `name`, which is compared without regard to ASCII case.
    package func values(of name: String) -> [String] {
        filter { $0.name.isEqualIgnoringASCIICase(to: name) }.map(\.value)
    }

    /// The first value under `name`, or `nil` where there is none.
    package func first(_ name: String) -> String? {
        first { $0.name.isEqualIgnoringASCIICase(to: name) }?.value
    }
}

extension String {
    /// Whether both are the same but for the case of ASCII letters.
    package func isEqualIgnoringASCIICase(to other: String) -> Bool {
        utf8.count == other.utf8.count
            && zip(utf8, other.utf8).allSatisfy { small($0) == small($1) }
    }

    /// Without the blanks and tabs at both ends, which HTTP allows around a value.
    package var withoutOuterBlanks: String {
        let isBlank: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 }
        let bytes = utf8.drop(while: isBlank).reversed().drop(while: isBlank).reversed()
        return String(decoding: bytes, as: UTF8.self)
    }
}

private func small(_ byte: UInt8) -> UInt8 {
    (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
}
