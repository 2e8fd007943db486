import Domain
import Signing
import StrictJSON
import Testing

/// The files of `contracts/vectors` about what comes in, whose cases all have one form: settings,
/// a moment, a request, and the verdict that is due.
@Test(arguments: [
    (file: "incoming-github.json", cases: 14), (file: "incoming-gitlab.json", cases: 10),
    (file: "incoming-hmac.json", cases: 19), (file: "incoming-slack.json", cases: 13),
    (file: "incoming-stripe.json", cases: 13), (file: "incoming-token.json", cases: 22),
])
func everyIncomingVectorHolds(file: String, cases: Int) throws {
    guard SharedFiles.areThere else { return SharedFiles.skip(file) }
    var verdicts: [String: Int] = [:]
    for json in try #require(try SharedFiles.json("vectors/\(file)")["cases"]?.array) {
        let vector = try IncomingVector(json)
        try vector.expect()
        verdicts[vector.verdict, default: 0] += 1
    }
    let count = verdicts.values.reduce(0, +)
    print("\(file): \(count) cases, \(verdicts.sorted { $0.key < $1.key })")
    #expect(count == cases)
}

private struct IncomingVector {
    let id: String
    let verdict: String
    private let json: JSONValue
    private let scheme: Result<ProvedScheme, SigningError>
    private let path: PathSecrets
    private let request: IncomingRequest
    private let now: Timestamp

    init(_ json: JSONValue) throws {
        self.json = json
        id = try #require(json["id"]?.string)
        verdict = try #require(json["expected"]?["verdict"]?.string)
        let config = try #require(json["config"])
        let kind = try #require(json["scheme"]?.string)
        scheme = Result { () throws(SigningError) in
            try ProvedScheme(kind, config)
        }
        path = PathSecrets(kind == "path-secret" ? config.secrets("tokens") : [])
        now = Timestamp(milliseconds: try #require(json["now"]?.number?.int64) * 1_000)
        let request = try #require(json["request"])
        let lines = try #require(request["headers"]?.array).map {
            (name: $0[0]?.string ?? "", value: $0[1]?.string ?? "")
        }
        let query = try #require(request["query"]?.string).split(separator: "&").map { part in
            let sides = part.split(separator: "=", maxSplits: 1)
            return (name: String(sides[0]), value: String(sides[1]))
        }
        self.request = IncomingRequest(
            method: try #require(request["method"]?.string), headers: HeaderFields(lines),
            query: query,
            body: try #require(request["body"]?.string?.bytes ?? request["body_base64"]?.base64))
    }

    func expect() throws {
        let expected = try #require(json["expected"])
        // What an address is, and what follows it there, is intake's business.
        let segments = try #require(json["request"]?["path"]?.string).split(separator: "/")
        guard path.open(to: segments.count > 2 ? String(segments[2]) : nil) else {
            #expect(verdict == "reject" && expected["status"] == 404, "\(id)")
            return
        }
        let scheme: ProvedScheme
        do throws(SigningError) {
            scheme = try self.scheme.get()
        } catch {
            // Decision 14: our own configuration never makes a 500; it is refused when it is read.
            #expect(expected["reason"] == "configuration_error", "\(id): \(error)")
            return
        }
        let due = expected["response"]
        switch scheme.verify(request, at: now) {
        case .event(let event):
            #expect(verdict == "accept", "\(id)")
            expect(event, expected)
            expect(event.answer.headers, due?["headers"])
        case .handshake(let answer):
            #expect(verdict == "challenge", "\(id)")
            #expect(due?["status"] == .number(JSONNumber(answer.status)), "\(id)")
            let type = due?["headers"]?["content-type"]?.string
            #expect(answer.contentType == type, "\(id)")
            #expect(answer.body == due?["body"]?.string?.bytes, "\(id)")
        case .batch: Issue.record("\(id): a batch")
        case .refused(let refusal) where verdict == "accept":
            // The signature of something that is no event: the vectors judge the proof alone.
            #expect(refusal.reason == .malformedBody && refusal.status == 400, "\(id): \(refusal)")
            #expect((try? JSONValue(parsing: request.body))?.object == nil, "\(id)")
            let proved = try scheme.prove(request, at: now)
            var readable = request
            readable.body = "{}".bytes
            let read = try GitHubReading().read(readable, proved)
            guard case .event(let event) = read else { throw Unexpected(verdict: read) }
            expect(event, expected)
        case .refused(let refusal):
            #expect(verdict == "reject", "\(id): \(refusal)")
            #expect(expected["reason"]?.string == refusal.reason.rawValue, "\(id): \(refusal)")
            #expect(expected["status"] == .number(JSONNumber(refusal.status)), "\(id)")
            expect(refusal.headers, due?["headers"])
        }
    }

    private func expect(_ event: VerifiedEvent, _ expected: JSONValue) {
        if let key = expected["dedupe_key"]?.string { #expect(event.key == key, "\(id)") }
        if let text = expected["plaintext"]?.string { #expect(event.body == text.bytes, "\(id)") }
    }

    private func expect(_ headers: [AnswerHeader], _ due: JSONValue?) {
        for member in due?.object?.members ?? [] {
            let value = headers.first { $0.name.lowercased() == member.key }?.value
            #expect(value == member.value.string, "\(id): \(member.key)")
        }
    }
}

/// A verdict that no test is about.
struct Unexpected: Error { let verdict: Verdict }

extension JSONValue {
    fileprivate func secrets(_ key: String) -> [Secret] {
        (self[key]?.array ?? []).compactMap { $0.string.map { Secret($0) } }
    }

    fileprivate var window: Duration {
        .seconds(self["tolerance_seconds"]?.number?.int64 ?? 300)
    }
}

extension ProvedScheme {
    /// The scheme that the settings of a vector describe.
    fileprivate init(_ kind: String, _ config: JSONValue) throws(SigningError) {
        let secrets = config.secrets("secrets")
        let tokens = config.secrets("tokens")
        switch kind {
        case "github": self = try .gitHub(secrets: secrets)
        case "gitlab" where !tokens.isEmpty: self = try .gitLab(tokens: tokens)
        case "gitlab":
            var keys: [StandardWebhooksKey] = []
            for secret in config.secrets("signing_tokens") {
                keys.append(try StandardWebhooksKey(parsing: secret))
            }
            self = try .gitLab(signingTokens: keys)
        case "stripe": self = try .stripe(secrets: secrets, window: config.window)
        case "slack": self = try .slack(secrets: secrets, window: config.window)
        case "hmac":
            self.init(
                try HMACProof(secrets: secrets, form: try .init(config)), PlainReading())
        case "basic":
            let users = (config["users"]?.array ?? []).map { user in
                BasicProof.User(
                    name: user["name"]?.string ?? "",
                    password: Secret(user["password"]?.string ?? ""))
            }
            self.init(try BasicProof(users: users), PlainReading())
        case "bearer":
            let parameter = config["allow_query_parameter"]?.string
            self.init(
                try BearerProof(
                    tokens: tokens, readsQuery: parameter == BearerProof.queryParameter),
                PlainReading())
        case "header-token":
            self.init(
                try TokenProof(header: config["header"]?.string ?? "", tokens: tokens),
                TelegramReading())
        case "path-secret": self.init(PathProof(), PlainReading())
        default: throw SigningError(.wrongKind, "a vector of another kind: \(kind)")
        }
    }
}

extension HMACProof.Form {
    fileprivate init(_ config: JSONValue) throws(SigningError) {
        guard let algorithm = config["algorithm"]?.string.flatMap(HMACProof.Algorithm.init),
            let encoding = config["encoding"]?.string.flatMap(HMACProof.Encoding.init),
            let header = config["header"]?.string, let prefix = config["prefix"]?.string,
            let signed = config["signed"]?.string.flatMap({ SignedTemplate($0) })
        else { throw SigningError(.wrongKind, "a vector of another form") }
        self.init(
            algorithm: algorithm, encoding: encoding, header: header, prefix: prefix,
            timestampHeader: config["timestamp_header"]?.string, signed: signed,
            window: config.window)
    }
}
