/// What a sender is answered.
package struct SchemeAnswer: Hashable, Sendable {
    package var status: Int
    package var contentType: String
    /// Beside `Content-Type`.
    package var headers: [AnswerHeader]
    /// Exactly the bytes on the wire.
    package var body: [UInt8]
    /// What the log is to say beside the usual: foreign text, never a secret, never sent.
    package var note: String?

    package init(
        status: Int = 200, contentType: String = "application/json",
        headers: [AnswerHeader] = [], body: [UInt8], note: String? = nil
    ) {
        self.status = status
        self.contentType = contentType
        self.headers = headers
        self.body = body
        self.note = note
    }

    /// A JSON text with status 200.
    package static func json(_ text: String) -> SchemeAnswer {
        SchemeAnswer(body: Array(text.utf8))
    }

    /// `{"ok":true}`, for senders that prescribe nothing.
    package static let accepted = json(#"{"ok":true}"#)
    /// `{}`, what Coze is answered.
    package static let emptyObject = json("{}")
    /// Nothing, for senders that would show what they are answered.
    package static let empty = SchemeAnswer(contentType: "text/plain", body: [])
}

/// One header of an answer; a struct and not a pair, so that answers can be `Hashable`.
package struct AnswerHeader: Hashable, Sendable {
    package let name: String
    package let value: String

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}
