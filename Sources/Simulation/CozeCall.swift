import Domain
import StrictJSON
import Transport

/// One request at the simulated Coze, and how its answers look.
///
/// contracts/coze.md section 7.
struct CozeCall: Sendable {
    let request: SimulatedRequest
    let circumstances: Circumstances
    private let errors: ErrorStatus
    /// By the platform's clock.
    var now: Timestamp

    init(_ request: SimulatedRequest, _ circumstances: Circumstances, errors: ErrorStatus) {
        self.request = request
        self.circumstances = circumstances
        self.errors = circumstances.errorStatus ?? errors
        now = circumstances.now
    }

    /// The time, a constant and the count of the request, as in the contract's fixtures.
    private var logID: String {
        let count = String(circumstances.number, radix: 16, uppercase: true)
        return now.compactText + "C48D89D6DB20"
            + String(repeating: "0", count: max(0, 8 - count.utf8.count)) + count
    }

    func success(_ data: JSONValue) -> SimulatedAnswer {
        finished(
            .json(["data": data, "code": 0, "msg": "", "detail": ["logid": .string(logID)]]))
    }

    func refused(_ refusal: CozeRefusal) -> SimulatedAnswer {
        var body: JSONObject = [
            "code": .number(JSONNumber(refusal.code)), "msg": .string(refusal.message),
        ]
        if refusal.hasDetail { body["detail"] = ["logid": .string(logID)] }
        let status = errors == .match || refusal.alwaysMatches ? refusal.status : 200
        return finished(.json(.object(body), status: status))
    }

    func notFound() -> SimulatedAnswer {
        finished(.json(["code": 4000, "msg": "Not found."], status: 404))
    }

    /// An answer without envelope, as the token routes have it.
    func bare(_ body: JSONValue) -> SimulatedAnswer { finished(.json(body)) }

    func oauthRefused(_ refusal: CozeOAuthRefusal) -> SimulatedAnswer {
        finished(
            .json(
                [
                    "error_code": .string(refusal.code),
                    "error_message": .string(refusal.message),
                ], status: errors == .match ? refusal.status : 200))
    }

    private func finished(_ answer: SimulatedAnswer) -> SimulatedAnswer {
        var answer = answer
        answer.headers.append(("X-Tt-Logid", logID))
        answer.headers.append(("Date", now.httpDate))
        return answer
    }

    /// The token behind `Bearer`.
    var bearer: String? {
        guard let value = request.header("Authorization") else { return nil }
        let prefix = "Bearer "
        guard value.utf8.starts(with: prefix.utf8) else { return nil }
        return String(Substring(value.utf8.dropFirst(prefix.utf8.count)))
    }
}

/// An error of the envelope.
enum CozeRefusal: Error, Hashable, Sendable {
    case badParameter(String)
    case authenticationInvalid
    case noPermission(String?)
    case notFound(CozeWorld.EntityKind, String)
    case noSuchTask(String)
    case notPublished
    /// An OAuth token whose time is over.
    case tokenExpired

    var code: Int64 {
        switch self {
        case .badParameter: 4000
        case .authenticationInvalid: 4100
        case .noPermission: 4101
        case .notFound, .noSuchTask: 4200
        case .notPublished: 4015
        case .tokenExpired: 700_012_006
        }
    }

    /// The HTTP status that fits the code; contracts/coze.md section 7.2.
    var status: Int {
        switch self {
        case .badParameter, .notPublished: 400
        case .authenticationInvalid, .tokenExpired: 401
        case .noPermission: 403
        case .notFound, .noSuchTask: 404
        }
    }

    /// Observed under its own status only, and without `detail`.
    var alwaysMatches: Bool { self == .tokenExpired }
    var hasDetail: Bool { self != .tokenExpired }

    var message: String {
        switch self {
        case .badParameter(let what):
            "Invalid request parameters. Please check your input and ensure all required fields "
                + "are correctly formatted and within allowed ranges. (\(what))"
        case .authenticationInvalid: "authentication is invalid"
        case .noPermission(let permission):
            "Your token does not have permission to access resource. Please verify whether the "
                + "resource ID or token is correct."
                + (permission.map { " (\($0))" } ?? "")
        case .notFound(let kind, let id):
            "Requested resource \(kind.rawValue)_id=\(id) does not exist. Ensure you are the "
                + "correct resource identifier."
        case .noSuchTask(let id): "Requested resource task_id=\(id) does not exist."
        case .notPublished: "The bot is not published to the API channel."
        case .tokenExpired: "access token invalid"
        }
    }
}

/// An error of the token routes.
///
/// contracts/coze.md section 2.4; the statuses are those of its fixtures.
enum CozeOAuthRefusal: Error, Hashable, Sendable {
    case invalidRequest(String)
    case invalidClient(String)
    case unsupportedGrant(String)
    case deactivated(String)

    var code: String {
        switch self {
        case .invalidRequest: "invalid_request"
        case .invalidClient: "invalid_client"
        case .unsupportedGrant: "unsupported_grant_type"
        case .deactivated: "access_deny"
        }
    }

    var status: Int {
        switch self {
        case .invalidRequest, .unsupportedGrant: 400
        case .invalidClient: 401
        case .deactivated: 403
        }
    }

    var message: String {
        switch self {
        case .invalidRequest(let parameter): "invalid request: \(parameter)"
        case .invalidClient(let why): "invalid jwt: \(why)"
        case .unsupportedGrant(let type): "not supported grant type: \(type)"
        case .deactivated(let name): "app: \(name) is currently deactivated by the owner"
        }
    }
}
