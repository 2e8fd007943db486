package import Domain

/// How a request proves who sent it, whatever it says.
///
/// Looks at the headers, the query and the raw bytes, never into the body.
package protocol RequestProof: Sendable {
    /// - Throws: What is missing, malformed, wrong, or signed too long ago or ahead.
    func check(
        _ request: IncomingRequest, at now: Timestamp
    ) throws(VerificationRefusal) -> Proved
}

/// What a proof leaves behind for those who go on.
package struct Proved: Hashable, Sendable {
    /// The sender's id of the message, where it is part of what was signed.
    package var messageID: String?
    /// What the answer carries because of the way of the proof.
    package var answerHeaders: [AnswerHeader]

    package init(messageID: String? = nil, answerHeaders: [AnswerHeader] = []) {
        self.messageID = messageID
        self.answerHeaders = answerHeaders
    }
}

/// What a request says, once its sender is proved.
package protocol RequestReading: Sendable {
    /// The methods that the sender uses.
    var methods: [String] { get }

    /// The answer to what comes before any proof by its protocol; `nil` for everything else.
    func greet(_ request: IncomingRequest) -> SchemeAnswer?

    /// - Throws: What is not as the sender's contract says; the answer is 400.
    func read(
        _ request: IncomingRequest, _ proved: Proved
    ) throws(VerificationRefusal) -> Verdict

    /// As ``SourceScheme/answer(refusing:words:)``.
    func answer(refusing status: Int, words: String) -> SchemeAnswer?
}

extension RequestReading {
    package var methods: [String] { ["POST"] }
    package func greet(_ request: IncomingRequest) -> SchemeAnswer? { nil }
    package func answer(refusing status: Int, words: String) -> SchemeAnswer? { nil }
}

/// A scheme in two parts that do not know one another: who sent it, and what it says.
///
/// Many senders share a proof, and some let their users choose one: a CloudEvent may come with a
/// token, a signature or a secret path.
package struct ProvedScheme: SourceScheme {
    private let proof: any RequestProof
    private let reading: any RequestReading

    package init(_ proof: any RequestProof, _ reading: any RequestReading) {
        self.proof = proof
        self.reading = reading
    }

    package var methods: [String] { reading.methods }

    package func verify(_ request: IncomingRequest, at now: Timestamp) -> Verdict {
        do {
            try checkMethod(request)
            if let answer = reading.greet(request) { return .handshake(answer: answer) }
            let proved = try prove(request, at: now)
            return try reading.read(request, proved).adding(proved.answerHeaders)
        } catch {
            return .refused(error)
        }
    }

    /// The first half alone: whether the sender made this request, its body unread.
    package func prove(
        _ request: IncomingRequest, at now: Timestamp
    ) throws(VerificationRefusal) -> Proved {
        try proof.check(request, at: now)
    }

    package func answer(refusing status: Int, words: String) -> SchemeAnswer? {
        reading.answer(refusing: status, words: words)
    }
}

extension Verdict {
    fileprivate func adding(_ headers: [AnswerHeader]) -> Verdict {
        switch self {
        case .event(var event):
            event.answer.headers += headers
            return .event(event)
        case .batch(let events, var answer):
            answer.headers += headers
            return .batch(events, answer: answer)
        case .handshake(var answer):
            answer.headers += headers
            return .handshake(answer: answer)
        case .refused: return self
        }
    }
}

/// The proof of a source whose address is its secret: intake has looked at that already.
package struct PathProof: RequestProof {
    package init() {}

    package func check(
        _ request: IncomingRequest, at now: Timestamp
    ) throws(VerificationRefusal) -> Proved { Proved() }
}
