import Administration
import Domain
import Providers
import Transport

/// One harmless look at what a connection leads to; nothing is copied.
///
/// Its token, and the cheapest question that its platform has an answer to.
struct ConnectionTrial: Sendable {
    /// Questions for a token, at most.
    private static let questionsMax = 8

    private let transport: any HTTPTransport
    private let time: TimeSource
    private let chance: Chance

    init(_ transport: any HTTPTransport, time: TimeSource = .system, chance: Chance = .system) {
        self.transport = transport
        self.time = time
        self.chance = chance
    }

    func run(_ connection: Connection) async -> Trial {
        let platform: any CopyPlatform
        do throws(ProviderError) {
            platform = try copyPlatform(for: connection)
        } catch {
            return Trial(
                isAccepted: false, status: nil, took: nil, detail: error.place,
                remedy: error.detail)
        }
        let start = time.elapsed()
        var chance = chance
        let id = Identifier<Grant>.make("jti_", at: time.now(), using: &chance)
        let grant: Grant
        switch await carry(platform.authorize(at: time.now(), tokenID: id.rawValue)) {
        case .granted(let granted): grant = granted
        case .refused(let failure):
            return refusal(failure, nil, connection, since: start)
        case .trouble(let trouble):
            return refusal(trouble.failure, nil, connection, since: start)
        case nil:
            return Trial(
                isAccepted: false, status: nil, took: time.elapsed() - start,
                detail: "the platform asked too much for a token", remedy: Self.tryLater)
        }
        let reply = await send(platform.probe(with: grant), timeout: connection.timeout)
        let status: Int? =
            if case .success(let answer) = reply.result { answer.status } else { nil }
        let took = time.elapsed() - start
        switch platform.condition(toldBy: reply) {
        case .well:
            return Trial(
                isAccepted: true, status: status, took: took,
                detail: "the platform took the token, and answered in "
                    + "\(took.wholeMilliseconds) ms", remedy: "")
        case .credentialRefused(let failure), .failing(let failure, _):
            return refusal(failure, status, connection, since: start)
        case .slowing(let pause):
            return Trial(
                isAccepted: false, status: status, took: took,
                detail: "the platform asks for a pause",
                remedy: pause.map { "Try again in \($0.text)." } ?? Self.tryLater)
        case .answered, .unsaid:
            return Trial(
                isAccepted: false, status: status, took: took,
                detail: head(of: reply, connection),
                remedy: "Check base_url, and what the token is allowed to see.")
        }
    }

    private static let tryLater = "Try again in a minute."

    private func refusal(
        _ failure: Failure, _ status: Int?, _ connection: Connection, since start: Duration
    ) -> Trial {
        let words = [failure.code, failure.message].compactMap(\.self).joined(separator: ": ")
        let isCredential = failure.kind == .unauthorized
        return Trial(
            isAccepted: false, status: status, took: time.elapsed() - start,
            detail: (isCredential ? "the credential is refused: " : "it does not work: ")
                + Redaction(of: connection.secrets).redact(words),
            remedy: isCredential
                ? "Put the connection with a token that the platform takes."
                : "Check base_url, and whether the platform can be reached from here.")
    }

    /// What came back, as far as a person wants to read it.
    private func head(of reply: Reply, _ connection: Connection) -> String {
        switch reply.result {
        case .failure(let failure): return failure.detail
        case .success(let answer):
            let head = String(decoding: answer.body.prefix(200), as: UTF8.self)
            return "HTTP \(answer.status): "
                + Redaction(of: connection.secrets).redact(head).onOneLine
        }
    }

    private func carry<Outcome>(_ talk: Talk<Outcome>) async -> Outcome? {
        var talk = talk
        for _ in 0...Self.questionsMax {
            switch talk {
            case .done(let outcome): return outcome
            case .ask(let question, let then):
                talk = then(await send(question.request, timeout: question.request.timeout))
            }
        }
        return nil
    }

    private func send(_ request: HTTPRequest, timeout: Duration) async -> Reply {
        var request = request
        request.timeout = min(timeout, Administrator.trialMax)
        do throws(TransportFailure) {
            return Reply(.success(try await transport.send(request)), at: time.now())
        } catch {
            return Reply(.failure(error), at: time.now())
        }
    }
}

extension Connection {
    /// All that must not be said again.
    fileprivate var secrets: [Secret] {
        switch credential {
        case .token(let token): [token]
        case .jwt(_, _, let key, _): [key]
        case .keyue(let token, let uid, let username): [token, uid, username]
        }
    }
}
