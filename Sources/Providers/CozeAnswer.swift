import Domain
import StrictJSON
import Transport

/// A reply of Coze, read.
enum CozeAnswer {
    /// HTTP 2xx and `code` 0, the whole body.
    case success(JSONValue, HTTPAnswer, logID: String?)
    case refusal(Refusal)
}

/// Reads replies by contracts/coze.md section 7.
///
/// By `code` where the body is an envelope, by HTTP status where it is not. `msg` is for people and
/// never looked into.
struct CozeReader: Sendable {
    let foreign: ForeignText
    /// Whether a refused token is worth a new one.
    let isGrantRenewable: Bool

    /// - Parameter isCopy: Whether the reply is to the call that must not be repeated.
    func read(_ reply: Reply, isCopy: Bool = false) -> CozeAnswer {
        let answer: HTTPAnswer
        switch reply.result {
        case .failure(let failure): return .refusal(Refusal(failure, from: "Coze"))
        case .success(let success): answer = success
        }
        let body = Self.body(of: answer)
        let logID = Self.logID(body, answer)
        let pause = RetryAfter.duration(in: answer.headers, at: reply.at)
        guard let code = body?["code"]?.wholeNumber else {
            return .refusal(byStatus(answer, nil, body, logID: logID, pause: pause))
        }
        if code == 0 {
            guard !(200..<300 ~= answer.status) else {
                return .success(body ?? .null, answer, logID: logID)
            }
            // Success in words and failure in status: a copy may well have been made.
            return .refusal(
                isCopy
                    ? malformed("Coze answered HTTP \(answer.status) and code 0 at once", logID)
                    : byStatus(answer, nil, body, logID: logID, pause: pause))
        }
        if let meaning = CozeCode.meaning(of: code, isCopy: isCopy) {
            let words = foreign.quoted(body?["msg"]?.string, by: "Coze")
            let failure = Failure(
                meaning.kind, code: String(code),
                message: "\(meaning.text) (code \(code)).\(words)", logID: logID)
            return .refusal(Refusal(weight(meaning.weight), failure, retryAfter: pause))
        }
        return .refusal(byStatus(answer, code, body, logID: logID, pause: pause))
    }

    /// An answer that was accepted but does not hold what its document says.
    func malformed(_ text: String, _ logID: String?) -> Refusal {
        Refusal(.uncertain, Failure(.malformedAnswer, message: "\(text).", logID: logID))
    }

    static func body(of answer: HTTPAnswer) -> JSONValue? {
        let limits = JSONLimits(bytesMax: HTTPLimits.bodyMax)
        return (try? JSONValue(parsing: answer.body, limits: limits)).flatMap {
            $0.object == nil ? nil : $0
        }
    }

    /// Section 1: the body repeats the header, mostly; both are opaque.
    static func logID(_ body: JSONValue?, _ answer: HTTPAnswer) -> String? {
        body?["detail"]?["logid"]?.foreignID
            ?? answer.headers.first("x-tt-logid").flatMap { JSONValue.string($0).foreignID }
    }

    /// A code that no table lists is uncertain, unless the status is one that section 5.6 names.
    private func byStatus(
        _ answer: HTTPAnswer, _ code: Int64?, _ body: JSONValue?, logID: String?, pause: Duration?
    ) -> Refusal {
        let (weight, kind, text) = Self.meaning(ofStatus: answer.status, isEnvelope: code != nil)
        let spoken = code.map { "code \($0), which is not documented, under HTTP " } ?? "HTTP "
        let words = foreign.quoted(
            body == nil ? Self.excerpt(answer) : body?["msg"]?.string, by: "Coze")
        let failure = Failure(
            kind, code: code.map { String($0) },
            message: "Coze answered \(spoken)\(answer.status)\(text).\(words)", logID: logID)
        return Refusal(self.weight(weight), failure, retryAfter: pause)
    }

    private static func meaning(
        ofStatus status: Int, isEnvelope: Bool
    ) -> (Refusal.Weight, Failure.Kind, String) {
        switch status {
        case 401: (.grant, .unauthorized, ": it refuses the token. Put a valid one in")
        case 429: (.rate, .rateLimited, ": too many calls")
        case _ where isEnvelope: (.uncertain, .malformedAnswer, "")
        case 200..<300: (.uncertain, .malformedAnswer, " without its documented envelope")
        case 408, 409, 425, 500..<600: (.uncertain, .unavailable, "")
        case 403: (.final, .unauthorized, ": it refuses the token or what it may do")
        case 400..<500: (.final, .invalid, ". Check base_url, and the entity's id and type")
        default: (.uncertain, .malformedAnswer, ". Check base_url; redirects are not followed")
        }
    }

    /// The first line of an answer of a gateway, which is text; a page of markup is no help.
    private static func excerpt(_ answer: HTTPAnswer) -> String? {
        guard let first = answer.body.first, first != UInt8(ascii: "<") else { return nil }
        let line = answer.body.prefix(2 << 10).prefix { $0 != 0x0A && $0 != 0x0D }
        return String(validating: line, as: UTF8.self)
    }

    private func weight(_ weight: Refusal.Weight) -> Refusal.Weight {
        switch weight {
        case .grant where !isGrantRenewable: .credential
        case .permission where !isGrantRenewable: .final
        default: weight
        }
    }
}
