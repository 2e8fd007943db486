import Domain
import Gateway
import StrictJSON
import Synchronization
import Testing
import Transport
import TransportCurl

@Suite(.timeLimit(.minutes(1))) struct CallLimitTests {
    private typealias Allowance = CallAllowance<String>

    @Test func aBucketIsEmptiedAndFilledAtItsPace() {
        let allowance = Allowance()
        let limit = Allowance.Limit(perSecond: 2, burst: 3)
        func take(_ caller: String, _ milliseconds: Int) -> [Int] {
            let verdict = allowance.take(caller, of: limit, at: .milliseconds(milliseconds))
            return [verdict.isAllowed ? 1 : 0, verdict.left, verdict.retryAfter]
        }
        #expect(take("a", 0) == [1, 2, 0])
        #expect(take("a", 0) == [1, 1, 0])
        #expect(take("a", 0) == [1, 0, 1])
        #expect(take("a", 0) == [0, 0, 1])
        #expect(take("b", 0) == [1, 2, 0], "everybody has a bucket")
        #expect(take("a", 499) == [0, 0, 1])
        #expect(take("a", 500) == [1, 0, 1], "half a second is a call")
        #expect(take("a", 60_000) == [1, 2, 0], "no more than the burst")
        #expect(take("a", 59_000) == [1, 1, 0], "a clock that stands still adds nothing")
        #expect(limit.wholeSeconds == 2)
    }

    @Test func ofManyCallersTheEmptiestAreKept() {
        let allowance = Allowance(callersMax: 4)
        let limit = Allowance.Limit(perSecond: 1, burst: 5)
        for _ in 0..<5 { _ = allowance.take("wild", of: limit, at: .zero) }
        for number in 0..<100 {
            _ = allowance.take("\(number)", of: limit, at: .zero)
            #expect(allowance.callersKnown <= 4)
        }
        #expect(!allowance.take("wild", of: limit, at: .zero).isAllowed)
        // Who is whole again is forgotten first.
        _ = allowance.take("new", of: limit, at: .seconds(60))
        for number in 0..<4 { _ = allowance.take("n\(number)", of: limit, at: .seconds(60)) }
        #expect(allowance.callersKnown <= 4)
    }

    @Test func aKeyThatAsksTooMuchIsToldWhenToComeBack() async throws {
        let clock = Clock()
        var fixture = GatewayFixture()
        fixture.callLimits.ofKey = .init(perSecond: 1, burst: 2)
        fixture.elapsed = { clock.passed.withLock { $0 } }
        try await fixture.run { gateway in
            let transport = try client()
            func ask(
                _ path: String = "/rules", _ method: Transport.HTTPRequest.Method = .get,
                key: String? = GatewayFixture.key
            ) async throws -> HTTPAnswer {
                try await transport.ask(method, gateway.url + "/api/v1" + path, key: key)
            }
            let first = try await ask()
            #expect(first.status == 200)
            #expect(first.headers.first("ratelimit-policy") == "\"key\";q=2;w=2")
            #expect(first.headers.first("ratelimit") == "\"key\";r=1;t=1")
            #expect(try await ask("/keys/nobody").status == 404, "a refusal counts as well")
            let refused = try await ask()
            #expect(refused.status == 429)
            #expect(refused.headers.first("retry-after") == "1")
            #expect(refused.headers.first("ratelimit") == "\"key\";r=0;t=2")
            let problem = try JSONValue(parsing: refused.body)
            #expect(problem["code"] == "rate_limited")
            #expect(problem["remedy"]?.string?.isEmpty == false)
            // What is published is intake's to hold back, and others are not touched.
            #expect(try await ask("/events", .post).status == 422)
            #expect(try await ask(key: "x").status == 401)
            clock.passed.withLock { $0 += .seconds(1) }
            #expect(try await ask().status == 200)
            await transport.shutdown()
        }
    }

    @Test(arguments: [true, false])
    func whoHasNoKeyIsToldToWaitAndWhoHasOneIsNot(_ isExempt: Bool) async throws {
        var fixture = GatewayFixture()
        fixture.isExempt = { _ in isExempt }
        fixture.callLimits.ofStranger = .init(perSecond: 1, burst: 2)
        fixture.callLimits.ofStrangersBehind = .init(perSecond: 1, burst: 3)
        try await fixture.run { gateway in
            let transport = try client()
            func ask(_ key: String?) async throws -> HTTPAnswer {
                try await transport.ask(.get, gateway.url + "/api/v1/rules", key: key)
            }
            for _ in 0..<(isExempt ? 3 : 2) { #expect(try await ask("wrong").status == 401) }
            let refused = try await ask(nil)
            #expect(refused.status == 429)
            #expect(refused.headers.first("retry-after") == "1")
            #expect(refused.headers.first("ratelimit") == nil)
            #expect(try JSONValue(parsing: refused.body)["code"] == "rate_limited")
            #expect(try await ask(GatewayFixture.key).status == 200)
            await transport.shutdown()
        }
    }

    private final class Clock: Sendable {
        let passed = Mutex(Duration.zero)
    }
}
