import Administration
import StrictJSON

/// A refusal as `application/problem+json`, RFC 9457, with a stable `code`.
struct Problem {
    let status: Int
    let code: String
    let title: String
    let detail: String
    var pointer: String?
    var remedy: String?
    var headers: [(name: String, value: String)] = []

    var answer: Answer {
        var object: JSONObject = [
            "title": .string(title), "status": .number(JSONNumber(Int64(status))),
            "code": .string(code), "detail": .string(detail),
        ]
        if let pointer { object["pointer"] = .string(pointer) }
        if let remedy { object["remedy"] = .string(remedy) }
        var answer = Answer(status, json: .object(object))
        answer.headers[0] = ("Content-Type", "application/problem+json")
        answer.headers += headers
        return answer
    }
}

extension Problem {
    /// The table that turns the codes of people's verbs into statuses.
    init(_ error: AdministrationError) {
        self.init(
            status: error.code.status, code: error.code.rawValue, title: error.title,
            detail: error.detail, pointer: error.pointer?.description, remedy: error.remedy)
        if status == 503 { headers = [("Retry-After", "5")] }
        if error.code == .wishInHand { headers = [("Retry-After", "1")] }
    }

    static let notFound = Problem(
        status: 404, code: "not_found", title: "Not found", detail: "Nothing is here.")

    /// Ends the connection, so that who asks in vain, or too much, pays for the next try with a new
    /// one: answers that cost the asker nothing would keep events waiting.
    private static let ending = (name: "Connection", value: "close")

    /// The same whether the key is missing, malformed or wrong.
    static let unauthorized = Problem(
        status: 401, code: "unauthorized", title: "Not authenticated",
        detail: "This needs a key.",
        remedy: "Send Authorization: Bearer, and a key: the first start printed one.",
        headers: [("WWW-Authenticate", "Bearer realm=\"copyhook\""), ending])

    static func forbidden(needing scope: Scope) -> Problem {
        Problem(
            status: 403, code: "forbidden", title: "Not allowed",
            detail: "The key does not allow this.",
            remedy: "Use a key with the scope `\(scope.rawValue)`.")
    }

    static let targetMalformed = Problem(
        status: 400, code: "target_malformed", title: "Address not understood",
        detail: "The address is not a path in UTF-8 with well-formed percent escapes.")

    static let encoded = Problem(
        status: 415, code: "content_encoding", title: "Content encoding not supported",
        detail: "The body is encoded.", remedy: "Send it as it is, without Content-Encoding.")

    static let notJSON = Problem(
        status: 415, code: "content_type", title: "Content type not supported",
        detail: "The body is not said to be JSON in UTF-8.",
        remedy: "Send it with Content-Type: application/json.")

    static let tooManyReads = Problem(
        status: 429, code: "too_many_reads", title: "Too many requests",
        detail: "Too many requests to the API wait for their answers.",
        remedy: "Send it again in a moment, and fewer at a time.",
        headers: [("Retry-After", "1"), ending])

    static func rateLimited(_ seconds: Int) -> Problem {
        Problem(
            status: 429, code: "rate_limited", title: "Too many requests",
            detail: "There are too many requests to the API.",
            remedy: "Send it again in \(seconds) s, and fewer in a second.",
            headers: [("Retry-After", "\(seconds)"), ending])
    }

    static let tooManyStreams = Problem(
        status: 429, code: "too_many_streams", title: "Too many requests",
        detail: "So many follow the stream that nobody else can.",
        remedy: "Send it again in a moment, or look at pages: leave `Accept` out.",
        headers: [("Retry-After", "5"), ending])

    static func method(allowing methods: [String]) -> Problem {
        Problem(
            status: 405, code: "method_not_allowed", title: "Method not allowed",
            detail: "This address does not answer the method.",
            remedy: "Allowed: " + methods.joined(separator: ", ") + ".",
            headers: [("Allow", methods.joined(separator: ", "))])
    }

    static func parameter(_ detail: String, accepted: [String]) -> Problem {
        Problem(
            status: 400, code: "parameter_invalid", title: "Parameter not understood",
            detail: detail,
            remedy: accepted.isEmpty
                ? "This address takes no parameters."
                : "Parameters: " + accepted.joined(separator: ", ") + ", each at most once.")
    }
}

extension AdministrationError.Code {
    fileprivate var status: Int {
        switch self {
        case .notFound: 404
        case .parameterInvalid, .bodyInvalid: 400
        case .parameterRefused, .ruleInvalid, .decisionInvalid, .keyInvalid, .requestInvalid,
            .definitionInvalid, .wishKeyReused:
            422
        case .ruleReadOnly, .rulesTooMany, .taskNotUnresolved, .taskBusy, .keyLast,
            .keysTooMany, .secretsTooMany, .taskNotQueued, .taskNotRetryable,
            .deliveryNotPending, .eventByHand,
            .endpointUnknown, .keyTaken, .sourceTaken, .definitionReadOnly, .definitionsTooMany,
            .definitionInUse, .wishInHand:
            409
        case .contentType: 415
        case .changedMeanwhile: 412
        case .storeUnavailable: 503
        case .storeFull: 507
        case .unexpected: 500
        }
    }
}
