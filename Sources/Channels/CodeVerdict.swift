import Domain
import StrictJSON
import Transport

/// The code and the words of an answer that says in its body what its status does not: Feishu,
/// DingTalk, WeCom and Infoflow report most failures under HTTP 200.
struct CodeVerdict {
    let code: Int64
    let text: String?

    /// - Parameters:
    ///   - codes: Pointers to the code, the first that is there counts; digits in a string count
    ///     as a number.
    ///   - texts: Pointers to the words.
    /// - Returns: `nil` for what is not a JSON object with a code.
    init?(_ body: [UInt8], codes: [String], texts: [String]) {
        guard let answer = AnswerBody.json(body),
            let code = codes.lazy.compactMap({ answer.value(at: $0) }).first?.text,
            let number = Int64(code)
        else { return nil }
        self.code = number
        text = texts.lazy.compactMap { answer.value(at: $0)?.string }.first
    }

    /// Whether the words have these in them, ASCII case aside.
    func speaks(of words: String) -> Bool { AnswerBody.speaks(text ?? "", of: words) }
}

/// What comes back from a chat platform.
enum AnswerBody {
    /// Bytes of an answer that are read (contracts/notifications.md section 1).
    static let bytesMax = 64 << 10

    /// The body as a JSON object, where it is one.
    static func json(_ body: [UInt8]) -> JSONValue? {
        guard body.count <= bytesMax, let value = try? JSONValue(parsing: body),
            value.object != nil
        else { return nil }
        return value
    }

    /// A wait in seconds that stands in the body, rounded up; `nil` for what is none.
    static func wait(_ value: JSONValue?, at now: Timestamp) -> Duration? {
        value?.text.flatMap { RetryAfter.duration($0, at: now) }
    }

    static func speaks(_ text: String, of words: String) -> Bool {
        let wanted = Array(words.utf8)
        let given = text.lowercased().utf8
        return given.indices.contains { given[$0...].starts(with: wanted) }
    }
}

extension DeliveryOutcome {
    /// What a table of codes says, and what an answer says that none lists.
    ///
    /// Only a zero needs a 2xx as well: some other party's error page must not pass for a
    /// delivered message.
    static func byCode(
        _ verdict: CodeVerdict, of answer: HTTPAnswer, at now: Timestamp,
        _ meaning: CodeMeaning?
    ) -> DeliveryOutcome {
        let code = String(verdict.code)
        let isSuccess = (200..<300).contains(answer.status)
        let reason = OutcomeReason(answer, code, code: code, detail: verdict.text)
        if verdict.code == 0, isSuccess {
            return .accepted(OutcomeReason("", status: answer.status))
        }
        switch meaning {
        case .rejected: return .rejected(reason)
        case .broken: return .channelBroken(reason)
        case .again:
            return .failed(answer, code, code: code, detail: verdict.text, at: now)
        case .limited(let wait):
            return .failed(
                answer, code, code: code, detail: verdict.text, isRateLimit: true, wait: wait,
                at: now)
        case nil:
            let outcome = DeliveryOutcome.byStatus(of: answer, at: now)
            // A code that no table lists says something about this message where the status says
            // nothing, or only that something is wrong with the request.
            if case .rejected = outcome { return .rejected(reason) }
            return isSuccess ? .rejected(reason) : outcome
        }
    }
}

/// What a code in a platform's table comes to.
enum CodeMeaning {
    case rejected, broken, again
    /// Too fast; not again before this has passed, where the platform says so.
    case limited(wait: Duration?)
}
