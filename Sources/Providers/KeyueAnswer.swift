import Domain
import StrictJSON
import Transport

/// A reply of Keyue, read.
enum KeyueAnswer {
    /// `code` 200, the whole body.
    case success(JSONValue, HTTPAnswer)
    case refusal(Refusal)
}

/// Reads replies by contracts/keyue.md sections 2 and 8.
///
/// The body is read under every HTTP status; the status counts only where the body is no envelope,
/// or its code is none that a table lists. `msg` is for people and never looked into.
struct KeyueReader: Sendable {
    let foreign: ForeignText

    func read(_ reply: Reply) -> KeyueAnswer {
        let answer: HTTPAnswer
        switch reply.result {
        case .failure(let failure): return .refusal(Refusal(failure, from: "Keyue"))
        case .success(let success): answer = success
        }
        let limits = JSONLimits(bytesMax: HTTPLimits.bodyMax)
        let body = (try? JSONValue(parsing: answer.body, limits: limits)).flatMap {
            $0.object == nil ? nil : $0
        }
        let code = body?["code"]?.wholeNumber
        if code == 200, let body { return .success(body, answer) }
        let meaning = code.flatMap { Self.listed($0) } ?? Self.derived(code, answer.status)
        let spoken = (body?["code"]?.text).flatMap { foreign.line($0, limit: 64) }
        let words = foreign.quoted((body?["msg"] ?? body?["message"])?.string, by: "Keyue")
        let said = spoken.map { "code \($0), " } ?? ""
        let failure = Failure(
            meaning.kind, code: spoken,
            message: "\(meaning.text) (\(said)HTTP \(answer.status)).\(words)",
            logID: Self.logID(body))
        return .refusal(
            Refusal(
                meaning.weight, failure,
                retryAfter: RetryAfter.duration(in: answer.headers, at: reply.at)))
    }

    private struct Meaning {
        let weight: Refusal.Weight
        let kind: Failure.Kind
        let text: String

        init(_ weight: Refusal.Weight, _ kind: Failure.Kind, _ text: String) {
            self.weight = weight
            self.kind = kind
            self.text = text
        }
    }

    /// Codes that Keyue documents on this line, and section 9's remedy.
    private static func listed(_ code: Int64) -> Meaning? {
        switch code {
        case 4_001_001:
            Meaning(
                .final, .duplicateName,
                "Keyue refuses the copy: a robot of the name it would get exists already."
                    + " Rename the earlier copy, or take it offline and delete it")
        case 4_000_604:
            Meaning(
                .final, .notFound,
                "Keyue does not know the robot. Check the agent id, and that the API Key may see"
                    + " that robot")
        case 4_007_281:
            Meaning(.final, .invalid, "The state of the robot forbids this. Take it offline first")
        default: nil
        }
    }

    /// Known codes start with the digits of an HTTP class, so others are read so, and the HTTP
    /// status beside them.
    private static func derived(_ code: Int64?, _ status: Int) -> Meaning {
        let digits = code.map { String($0) } ?? ""
        if digits.hasPrefix("429") || status == 429 {
            return Meaning(.rate, .rateLimited, "Keyue has had too many calls")
        }
        if digits.hasPrefix("401") || digits.hasPrefix("403") || status == 401 || status == 403 {
            return Meaning(
                .credential, .unauthorized,
                "Keyue refuses the credential. Put the API Key of a robot that may do this, and"
                    + " the account's uid and username, into the connection")
        }
        if digits.hasPrefix("5") || status == 408 || status >= 500 {
            return Meaning(.uncertain, .unavailable, "Keyue reports an error of its own")
        }
        if code == nil {
            switch status {
            case 200..<300:
                return Meaning(
                    .uncertain, .malformedAnswer, "Keyue answered without its documented envelope")
            case 300..<400:
                return Meaning(
                    .final, .invalid,
                    "Keyue's server sends us elsewhere, which is not followed. Check base_url")
            case 409, 425:
                return Meaning(.uncertain, .unavailable, "Keyue did not take the call")
            default: break
            }
        }
        return Meaning(.final, .invalid, "Keyue refuses the request. Look the code up at Keyue")
    }

    /// The only id to name in a question to Keyue's support; answers that succeed have none.
    static func logID(_ body: JSONValue?) -> String? { body?["requestId"]?.foreignID }

    /// An answer that was accepted but does not hold what its document says.
    func malformed(_ text: String) -> Refusal {
        Refusal(.uncertain, Failure(.malformedAnswer, message: "\(text)."))
    }
}
