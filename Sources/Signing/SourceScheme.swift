package import Domain

/// How one kind of sender proves who it is, and how its requests become events.
///
/// Pure: everything it needs comes in, and nothing is remembered. Whether the event is new is a
/// question for the store.
package protocol SourceScheme: Sendable {
    /// The methods that the sender uses; others are answered 405 with these in `Allow`.
    var methods: [String] { get }

    /// Judges one request.
    ///
    /// The order is that of contracts/sources.md section 1: method, proof over the raw bytes,
    /// freshness, then the body.
    func verify(_ request: IncomingRequest, at now: Timestamp) -> Verdict
}

extension SourceScheme {
    package var methods: [String] { ["POST"] }

    /// Refuses a method that is not the sender's.
    package func checkMethod(_ request: IncomingRequest) throws(VerificationRefusal) {
        guard methods.contains(request.method) else {
            throw VerificationRefusal(.wrongMethod, "expected \(methods.joined(separator: ", "))")
        }
    }
}

/// What a scheme makes of a request.
package enum Verdict: Hashable, Sendable {
    /// Proved and readable. `answer` goes out once the event is on disk.
    case event(VerifiedEvent)
    /// The sender tries whether the address is ours. Answered, never stored.
    case handshake(answer: SchemeAnswer)
    case refused(VerificationRefusal)
}

/// An event whose sender is proved.
package struct VerifiedEvent: Hashable, Sendable {
    /// Narrows `key` inside a source; for Coze the `api_app_id`, mostly empty.
    package var scope: String
    /// The sender's own id of the event, the same on each repeat.
    package var key: String
    /// As the sender names it.
    package var type: String
    /// When it happened by the sender's clock, absent where the sender does not say.
    package var time: Timestamp?
    /// What it is about, absent where the event has none.
    package var entity: EntityReference?
    /// What the sender wants to hear, the first time and on each repeat.
    package var answer: SchemeAnswer

    package init(
        scope: String = "",
        key: String,
        type: String,
        time: Timestamp? = nil,
        entity: EntityReference? = nil,
        answer: SchemeAnswer = .accepted
    ) {
        self.scope = scope
        self.key = key
        self.type = type
        self.time = time
        self.entity = entity
        self.answer = answer
    }

    package static func == (left: Self, right: Self) -> Bool {
        left.scope.utf8.elementsEqual(right.scope.utf8)
            && left.key.utf8.elementsEqual(right.key.utf8)
            && left.type.utf8.elementsEqual(right.type.utf8)
            && left.time == right.time && left.entity == right.entity
            && left.answer == right.answer
    }
}

/// What a sender is answered.
package struct SchemeAnswer: Hashable, Sendable {
    package var status: Int
    package var contentType: String
    /// Exactly the bytes on the wire.
    package var body: [UInt8]

    package init(status: Int = 200, contentType: String = "application/json", body: [UInt8]) {
        self.status = status
        self.contentType = contentType
        self.body = body
    }

    /// A JSON text with status 200.
    package static func json(_ text: String) -> SchemeAnswer {
        SchemeAnswer(body: Array(text.utf8))
    }

    /// `{"ok":true}`, for senders that prescribe nothing.
    package static let accepted = json(#"{"ok":true}"#)
    /// `{}`, what Coze is answered.
    package static let emptyObject = json("{}")
}

/// Why a request is not taken.
package struct VerificationRefusal: Error, Hashable, Sendable {
    /// For logs and metrics; the raw values are those of the contract's vectors.
    package enum Reason: String, Hashable, Sendable, CaseIterable {
        case missingHeader = "missing_header"
        case malformedHeader = "malformed_header"
        case missingCredentials = "missing_credentials"
        case wrongCredentials = "wrong_credentials"
        case badSignature = "bad_signature"
        case timestampTooOld = "timestamp_too_old"
        case timestampTooNew = "timestamp_too_new"
        case decryptFailed = "decrypt_failed"
        case receiverMismatch = "receiver_mismatch"
        case malformedBody = "malformed_body"
        case configurationError = "configuration_error"
        case wrongMethod = "wrong_method"
        case unsupportedContent = "unsupported_content"
    }

    package let reason: Reason
    /// What the sender sees, and all it sees: the answer gives no hint which part failed.
    package let status: Int
    /// For the log: which header or member, never a secret, a signature or a body.
    package let detail: String

    /// - Parameters:
    ///   - reason: What failed.
    ///   - detail: For the log.
    ///   - status: Only where a scheme departs from decision 14.
    package init(_ reason: Reason, _ detail: String, status: Int? = nil) {
        self.reason = reason
        self.detail = detail
        self.status = status ?? reason.status
    }
}

extension VerificationRefusal.Reason {
    /// Decision 14: a proof that is missing, malformed or wrong is 401, a bad body 400.
    var status: Int {
        switch self {
        case .missingHeader, .malformedHeader, .missingCredentials, .wrongCredentials,
            .badSignature, .timestampTooOld, .timestampTooNew, .decryptFailed,
            .receiverMismatch, .configurationError:
            401
        case .malformedBody: 400
        case .wrongMethod: 405
        case .unsupportedContent: 415
        }
    }
}
