import Domain
import Signing
import StrictJSON
import Transport

/// Exchanges a signed assertion for an access token (contracts/coze.md sections 2.3 and 2.4).
struct CozeToken: Sendable {
    let appID: String
    let keyID: String
    let key: RSAPrivateKey
    /// The organisation, for the enterprise plan with several of them.
    let accountID: String?
    /// The host of the base address, with its port where one is written.
    let audience: String
    let calls: CozeCalls
    let foreign: ForeignText

    /// What we ask for; also the default when nothing is asked.
    static let lifetime = Duration.seconds(900)
    /// So much earlier than its end a token is given up.
    static let renewEarly = Duration.seconds(60)

    private var path: String {
        accountID.map { "/api/permission/oauth2/account/\(URLText.encode($0))/token" }
            ?? "/api/permission/oauth2/token"
    }

    /// - Parameter tokenID: Never used before: an assertion is good for one exchange.
    func exchange(at now: Timestamp, tokenID: String) -> Talk<Authorization> {
        let assertion = CozeAssertion(
            appID: appID, keyID: keyID, audience: audience, issuedAt: now, tokenID: tokenID)
        guard let signed = try? assertion.signed(with: key) else {
            let failure = Failure(.unauthorized, message: "Signing for Coze with the key failed.")
            return .done(.trouble(Trouble(failure)))
        }
        let body: JSONValue = [
            "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
            "duration_seconds": .number(JSONNumber(Self.lifetime.components.seconds)),
        ]
        return .ask(Question(calls.postOnce(path, body, bearer: signed))) { .done(read($0)) }
    }

    private func read(_ reply: Reply) -> Authorization {
        if case .success(let answer) = reply.result, let body = CozeReader.body(of: answer) {
            if let word = body["error_code"]?.string {
                return authorization(refusal(word, body, answer, at: reply.at))
            }
            if 200..<300 ~= answer.status, body["code"] == nil || body["code"]?.wholeNumber == 0 {
                return granted(body, answer, at: reply.at)
            }
        }
        let reader = CozeReader(foreign: foreign, isGrantRenewable: false)
        switch reader.read(reply) {
        case .refusal(let refusal): return authorization(refusal)
        case .success(_, _, let logID): return unreadable(logID)
        }
    }

    /// `expires_in` is an absolute time in whole seconds, by Coze's clock.
    private func granted(_ body: JSONValue, _ answer: HTTPAnswer, at now: Timestamp)
        -> Authorization
    {
        let logID = CozeReader.logID(body, answer)
        guard let token = body["access_token"]?.string, !token.isEmpty,
            token.utf8.allSatisfy({ 0x20 < $0 && $0 < 0x7F }),
            let expires = body["expires_in"]?.wholeNumber, (0...1 << 40).contains(expires)
        else { return unreadable(logID) }
        let ahead = answer.headers.clockAhead(at: now) ?? 0
        let end = Timestamp(milliseconds: expires * 1_000 - ahead)
        return .granted(Grant(token: Secret(token), renewAt: end - Self.renewEarly))
    }

    private func unreadable(_ logID: String?) -> Authorization {
        let text = "Coze answered the request for a token without access_token and expires_in."
        return .trouble(Trouble(Failure(.malformedAnswer, message: text, logID: logID)))
    }

    /// Whatever is refused here is refused of the credential: there is nothing else in it.
    private func authorization(_ refusal: Refusal) -> Authorization {
        switch refusal.weight {
        case .final, .grant, .credential, .permission, .forbidden: .refused(refusal.failure)
        case .rate, .later, .uncertain, .unsent: .trouble(refusal.trouble)
        }
    }

    private func refusal(
        _ word: String, _ body: JSONValue, _ answer: HTTPAnswer, at now: Timestamp
    ) -> Refusal {
        let (weight, kind, text) = Self.meaning(of: word, status: answer.status)
        let code = foreign.line(word, limit: 64) ?? ""
        let words = foreign.quoted(body["error_message"]?.string, by: "Coze")
        let failure = Failure(
            kind, code: code, message: "\(text) (\(code)).\(words)",
            logID: CozeReader.logID(body, answer))
        return Refusal(
            weight, failure, retryAfter: RetryAfter.duration(in: answer.headers, at: now))
    }

    private static func meaning(
        of word: String, status: Int
    ) -> (Refusal.Weight, Failure.Kind, String) {
        switch word {
        case "invalid_client":
            (
                .final, .unauthorized,
                "Coze does not know the OAuth app or its key. Check app_id and key_id, and that"
                    + " base_url is of the region where the app was made"
            )
        case "access_deny":
            (
                .final, .unauthorized,
                "Coze keeps the OAuth app out. Have its owner activate it; it must be of the type"
                    + " for servers, and authorized"
            )
        case "invalid_request":
            (
                .final, .unauthorized,
                "Coze refuses the request for a token. Check app_id, account_id and base_url, and"
                    + " that the clock of this machine is right"
            )
        case "unsupported_grant_type":
            (
                .final, .unauthorized,
                "Coze does not give tokens for signed assertions at this address. Check base_url"
            )
        case "internal_error": (.uncertain, .unavailable, "Coze could not make a token just now")
        default:
            switch status {
            case 400...407, 410...424, 426...428, 430..<500:
                (.final, .unauthorized, "Coze refuses the request for a token")
            default: (.uncertain, .unavailable, "Coze did not make a token")
            }
        }
    }
}
