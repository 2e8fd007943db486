import Administration
import Gateway
import StorageMemory
import StrictJSON
import Testing
import Transport
import TransportCurl

@Suite(.timeLimit(.minutes(1))) struct IdempotencyTests {
    /// How each wish that comes again keeps from being done twice, as reviewed; a new `POST` is a
    /// new line, and a case of its own in the tests of the verb.
    @Test func everyWishSaysWhyItMayComeAgain() {
        let reviewed: [String: APICall.ComingAgain] = [
            "backtestRule": .looks, "dryRunRule": .looks, "publishEvents": .makesTheSame,
            "createKey": .makesTheSame, "planTask": .makesTheSame,
            "rotateEndpointSecret": .makesTheSame, "cancelTask": .findsTheState,
            "cancelTasks": .findsTheState, "retryTasks": .leavesOutWhatIsDone,
            "retryTask": .findsTheState, "cancelDelivery": .findsTheState,
            "replayEvents": .leavesOutWhatIsDone, "recoverEndpoint": .leavesOutWhatIsDone,
            "replayEvent": .findsItsEntry, "resolveTask": .findsItsEntry,
            "resendDelivery": .findsItsEntry, "enableRule": .findsItsEntry,
            "disableRule": .findsItsEntry, "enableSource": .findsItsEntry,
            "disableSource": .findsItsEntry, "trySource": .looks,
            "rotateSourceSecret": .makesTheSame,
            "enableEndpoint": .findsItsEntry,
            "disableEndpoint": .findsItsEntry, "testEndpoint": .looks,
            "enableConnection": .findsItsEntry, "disableConnection": .findsItsEntry,
            "testConnection": .looks,
        ]
        let wishes = APICall.all.filter { $0.method == "POST" }
        for call in wishes {
            #expect(call.comingAgain != nil, "\(call.id)")
            #expect(call.comingAgain == reviewed[call.id], "\(call.id)")
        }
        #expect(reviewed.count == wishes.count)
    }

    private static let body = #"{"name":"ci","scopes":["read"]}"#

    private struct Asker: Sendable {
        let transport: CurlTransport
        let url: String

        func callAsFunction(
            _ keys: [String], _ body: String = IdempotencyTests.body, path: String = "/keys",
            as key: String = GatewayFixture.key
        ) async throws -> HTTPAnswer {
            var request = Transport.HTTPRequest(
                .post, url + "/api/v1" + path,
                headers: [HTTPField("Authorization", "Bearer \(key)")]
                    + keys.map { HTTPField("Idempotency-Key", $0) },
                body: Array(body.utf8))
            request.isOnFreshConnection = true
            return try await transport.send(request)
        }
    }

    @Test func aWishThatComesAgainIsAnsweredAsTheFirstTime() async throws {
        let fixture = GatewayFixture()
        try await fixture.run { gateway in
            let transport = try client()
            let ask = Asker(transport: transport, url: gateway.url)
            let first = try await ask(["abc"])
            #expect(first.status == 201)
            #expect(first.headers.first("idempotency-replayed") == nil)
            for key in ["abc", #""abc""#] {
                let again = try await ask([key])
                #expect(again.status == 201 && again.body == first.body)
                #expect(again.headers.first("idempotency-replayed") == "true")
                #expect(again.headers.first("cache-control") == "no-store")
                #expect(again.headers.first("content-type") == "application/json")
            }
            #expect(try await fixture.store.apiKeys().count == 1)
            let other = try await ask(["abc"], #"{"name":"other","scopes":["read"]}"#)
            #expect(other.status == 422)
            #expect(try JSONValue(parsing: other.body)["code"] == "idempotency_key_reused")
            let elsewhere = try await ask(["abc"], path: "/events")
            #expect(elsewhere.status == 422)
            // What was refused for what it says is refused again, and the key stands for that.
            let refused = try await ask(["bad"], "{}")
            let refusedAgain = try await ask(["bad"], "{}")
            #expect(refused.status == 422 && refusedAgain.body == refused.body)
            #expect(refusedAgain.headers.first("idempotency-replayed") == "true")
            #expect(
                refusedAgain.headers.first("content-type") == "application/problem+json")
            // A key of somebody else is another one.
            let secret = try #require(try JSONValue(parsing: first.body)["secret"]?.string)
            #expect(try await ask(["abc"], as: secret).status == 403)
            await transport.shutdown()
        }
    }

    @Test func anAnswerThatWasTroubleIsNotKept() async throws {
        let fixture = GatewayFixture()
        try await fixture.run { gateway in
            let transport = try client()
            let ask = Asker(transport: transport, url: gateway.url)
            // The publication of this gateway says that nothing came of it, which is no answer.
            let failed = try await ask(["abc"], #"{"type":"a"}"#, path: "/events")
            #expect(failed.status == 500)
            let again = try await ask(["abc"], #"{"type":"a"}"#, path: "/events")
            #expect(again.status == 500)
            #expect(again.headers.first("idempotency-replayed") == nil, "it was tried again")
            await transport.shutdown()
        }
    }

    @Test func whatIsNoKeyIsRefused() async throws {
        let fixture = GatewayFixture()
        try await fixture.run { gateway in
            let transport = try client()
            let ask = Asker(transport: transport, url: gateway.url)
            let long = String(repeating: "a", count: 255)
            for keys in [
                [""], ["a b"], ["a", "b"], ["\""], ["\"\""], ["\"a"], [#""a"b""#], [#""a\c""#],
                [long + "a"], ["é"],
            ] {
                let answer = try await ask(keys)
                #expect(answer.status == 400, "\(keys)")
                #expect(try JSONValue(parsing: answer.body)["code"] == "parameter_invalid")
            }
            #expect(try await fixture.store.apiKeys().isEmpty)
            for key in [long, "a\"b", #""a\"\\b""#, "!"] {
                #expect(try await ask([key]).status == 201, "\(key)")
            }
            // The same key, bare and in quotes.
            let same = try await ask([#""a\"b""#])
            #expect(same.headers.first("idempotency-replayed") == "true")
            await transport.shutdown()
        }
    }
}
