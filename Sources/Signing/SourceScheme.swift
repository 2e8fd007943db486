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

    /// What stands in the answer to a request that is not taken, where the sender prescribes it;
    /// `nil` leaves it to intake.
    ///
    /// - Parameters:
    ///   - status: As decided, here or by intake; it goes out whatever this returns.
    ///   - words: What may be told of the reason: the same for all that share a status.
    func answer(refusing status: Int, words: String) -> SchemeAnswer?
}

extension SourceScheme {
    package var methods: [String] { ["POST"] }

    package func answer(refusing status: Int, words: String) -> SchemeAnswer? { nil }

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
    /// As `event`, for several that came in one request: all are on disk before `answer` goes out,
    /// or none is answered for. The answers of the events themselves are not used.
    case batch([VerifiedEvent], answer: SchemeAnswer)
    /// The sender tries whether the address is ours. Answered, never stored.
    case handshake(answer: SchemeAnswer)
    case refused(VerificationRefusal)
}

/// An event whose sender is proved.
package struct VerifiedEvent: Hashable, Sendable {
    /// Narrows `key` inside a source; for Coze the `api_app_id`, mostly empty.
    package var scope: String
    /// The sender's own id of the event, the same on each repeat.
    ///
    /// `nil` where a request holds nothing that would tell it from another, such as an empty one:
    /// then each is an event of its own.
    package var key: String?
    /// As the sender names it.
    package var type: String
    /// When it happened by the sender's clock, absent where the sender does not say.
    package var time: Timestamp?
    /// What it is about, absent where the event has none.
    package var entity: EntityReference?
    /// What is kept of the request: one strict JSON object in UTF-8.
    ///
    /// `nil` for the body as it was delivered. Something else for what is no JSON by itself: a
    /// form, a body that was encrypted, one event of several; always made in the same way from
    /// the same bytes, or a repeat would look like another event of the same key.
    package var body: [UInt8]?
    /// What the sender wants to hear, the first time and on each repeat.
    package var answer: SchemeAnswer

    package init(
        scope: String = "",
        key: String?,
        type: String,
        time: Timestamp? = nil,
        entity: EntityReference? = nil,
        body: [UInt8]? = nil,
        answer: SchemeAnswer = .accepted
    ) {
        self.scope = scope
        self.key = key
        self.type = type
        self.time = time
        self.entity = entity
        self.body = body
        self.answer = answer
    }

    package static func == (left: Self, right: Self) -> Bool {
        left.scope.utf8.elementsEqual(right.scope.utf8)
            && left.key.map { Array($0.utf8) } == right.key.map { Array($0.utf8) }
            && left.type.utf8.elementsEqual(right.type.utf8)
            && left.time == right.time && left.entity == right.entity
            && left.body == right.body && left.answer == right.answer
    }
}
