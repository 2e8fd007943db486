import Signing

/// What goes back to a sender, for a server to put on the wire as it is.
package struct IntakeAnswer: Sendable {
    package var status: Int
    /// Without `Content-Length`, `Date` and what else a server adds by itself.
    package var headers: [(name: String, value: String)]
    /// Exactly the bytes on the wire: JSON, or what the sender's platform prescribes.
    package var body: [UInt8]

    package init(status: Int, headers: [(name: String, value: String)], body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

extension IntakeAnswer {
    /// What the scheme prescribes.
    init(_ answer: SchemeAnswer) {
        self.init(
            status: answer.status,
            headers: [("Content-Type", answer.contentType)]
                + answer.headers.map { ($0.name, $0.value) },
            body: answer.body)
    }

    /// A refusal whose words follow from its status alone, so that a stranger who tries things
    /// out learns nothing about which part failed; the log has that.
    ///
    /// - Parameters:
    ///   - reason: A word for a sender who has proved that he is one.
    ///   - scheme: May have a form of its own for what is said.
    init(
        refusing status: Int, _ headers: [AnswerHeader] = [], reason: String? = nil,
        in scheme: (any SourceScheme)? = nil
    ) {
        let words = Self.words(for: status)
        let detail = reason.map { #","reason":"\#($0)""# } ?? ""
        var answer =
            scheme?.answer(refusing: status, words: words)
            ?? SchemeAnswer.json(#"{"error":"\#(words)"\#(detail)}"#)
        answer.status = status
        answer.headers += headers
        self.init(answer)
    }

    private static func words(for status: Int) -> String {
        switch status {
        case 400: "malformed request"
        case 401: "not authenticated"
        case 404: "not found"
        case 405: "method not allowed"
        case 413: "body too large"
        case 415: "content not supported"
        case 503: "try again later"
        default: "refused"
        }
    }
}
