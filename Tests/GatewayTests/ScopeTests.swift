import Administration
import Domain
import Gateway
import Signing
import Storage
import StorageMemory
import StrictJSON
import Testing
import Transport
import TransportCurl

/// A key for each scope, none of which has another.
private struct Keys {
    let texts: [Scope: String]
    let hashes: [String]

    init(in store: MemoryStore) async throws {
        var generator = SystemRandomNumberGenerator()
        var texts: [Scope: String] = [:]
        for scope in Scope.allCases {
            let text = APIKey.make(using: &generator)
            texts[scope] = text.exposed
            try await store.add(
                KeyRecord(
                    id: KeyRecord.ID(rawValue: "key_\(scope)"), name: "for \(scope)",
                    scopes: [scope.rawValue], hash: APIKey.hash(text),
                    createdAt: GatewayFixture.now),
                noting: nil)
        }
        self.texts = texts
        hashes = try await store.apiKeys().map(\.hash)
    }
}

extension APICall {
    /// Its address, with `x` in the place of each name.
    fileprivate var url: String {
        "/api/v1"
            + path.text.split(separator: "/").map { $0.hasPrefix("{") ? "/x" : "/\($0)" }.joined()
    }
}

@Suite(.timeLimit(.minutes(1))) struct ScopeTests {
    /// Every row of the table, with no key and with a key of each scope.
    @Test func everyCallAsksForItsScopeAndNothingLess() async throws {
        let fixture = GatewayFixture()
        let keys = try await Keys(in: fixture.store)
        let answers = try await fixture.run { gateway in
            let transport = try client()
            var answers: [String: [Scope?: HTTPAnswer]] = [:]
            for call in APICall.all {
                let method = try #require(HTTPRequest.Method(rawValue: call.method))
                var own: [Scope?: HTTPAnswer] = [:]
                for scope in [nil] + Scope.allCases {
                    own[scope] = try await transport.ask(
                        method, gateway.url + call.url, key: scope.flatMap { keys.texts[$0] })
                }
                answers[call.id] = own
            }
            await transport.shutdown()
            return answers
        }
        #expect(answers.count == APICall.all.count)
        var withoutKey: Set<[UInt8]> = []
        for call in APICall.all {
            let own = try #require(answers[call.id])
            #expect(own[nil]?.status == 401, "\(call.id)")
            withoutKey.insert(own[nil]?.body ?? [])
            for scope in Scope.allCases {
                let answer = try #require(own[scope])
                let principal = Principal(id: "", name: "", scopes: [scope])
                guard !principal.may(call.scope) else {
                    #expect(![401, 403].contains(answer.status), "\(call.id) with \(scope)")
                    continue
                }
                #expect(answer.status == 403, "\(call.id) with \(scope)")
                let problem = try JSONValue(parsing: answer.body)
                #expect(problem["code"] == "forbidden")
                let needed = "`\(call.scope.rawValue)`"
                #expect(problem["remedy"]?.string?.contains(needed) == true, "\(call.id)")
            }
        }
        #expect(withoutKey.count == 1, "nothing is told apart without a key")
    }

    /// Which scope each call asks for, as reviewed; a new call is a new line.
    @Test func whatChangesSomethingIsNoReadersCall() {
        for call in APICall.all {
            if call.path.text.hasPrefix("/keys") || call.path.text.hasPrefix("/audit") {
                #expect(call.scope == .admin, "\(call.id)")
            } else if call.method == "GET" {
                #expect(call.scope == .read, "\(call.id)")
            }
        }
        let readersPosts = ["backtestRule", "dryRunRule"]
        for call in APICall.all where call.method != "GET" && call.scope == .read {
            #expect(readersPosts.contains(call.id), "\(call.id) changes something")
        }
    }

    @Test(arguments: [
        (Scope.ingest, [Scope.ingest]), (.read, [.read]), (.write, [.read, .write]),
        (.admin, Scope.allCases),
    ])
    func aScopeAllowsItselfAndWhatItIncludes(_ scope: Scope, _ allowed: [Scope]) {
        let principal = Principal(id: "", name: "", scopes: [scope])
        #expect(Scope.allCases.filter { principal.may($0) } == allowed)
    }

    /// Keys, hashes and the preset, in whatever is answered, problems included.
    @Test func noAnswerShowsAKeyExceptTheOneThatMakesIt() async throws {
        let fixture = GatewayFixture()
        let keys = try await Keys(in: fixture.store)
        let (made, answers) = try await fixture.run { gateway in
            let transport = try client()
            let made = try await transport.ask(
                .post, gateway.url + "/api/v1/keys",
                body: #"{"name":"made","scopes":["read"]}"#)
            #expect(made.status == 201)
            var answers: [HTTPAnswer] = []
            let id = try JSONValue(parsing: made.body)["id"]?.string ?? ""
            let urls = APICall.all.map(\.url) + ["/api/v1/keys/\(id)", "/api/v1/keys/key_read"]
            for url in urls {
                for method in [HTTPRequest.Method.get, .post, .put] {
                    answers.append(
                        try await transport.ask(method, gateway.url + url, body: "{}"))
                }
            }
            await transport.shutdown()
            return (made, answers)
        }
        let secret = try #require(try JSONValue(parsing: made.body)["secret"]?.string)
        #expect(APIKey.isWellFormed(secret))
        let secrets =
            [secret, APIKey.hash(Secret(secret)), GatewayFixture.key] + keys.hashes
            + keys.texts.values
        for answer in answers {
            let text = String(decoding: answer.body, as: UTF8.self)
            for secret in secrets { #expect(!text.contains(secret)) }
        }
        let audit = answers.filter { String(decoding: $0.body, as: UTF8.self).contains("made") }
        #expect(!audit.isEmpty, "the search can find")
    }
}
