import Foundation
import Simulation
import Testing

/// Bytes that nobody designed: drawn, or requests with something changed in them.
@Suite(.timeLimit(.minutes(5))) struct FuzzTests {
    private static let environment = ProcessInfo.processInfo.environment

    @Test func whateverComesIsAnsweredOrTheConnectionClosed() async throws {
        let seed =
            Self.environment["COPYHOOK_TEST_SEED"].flatMap(UInt64.init)
            ?? UInt64.random(in: 0..<1_000_000_000)
        let count = Self.environment["COPYHOOK_TEST_FULL"] == "1" ? 2_000 : 40
        print("incoming fuzz: seed \(seed) (COPYHOOK_TEST_SEED), 4 times \(count) inputs")
        let fixture = GatewayFixture()
        try await fixture.run { gateway in
            let counts = try await withThrowingTaskGroup(of: (Int, answered: Int).self) { group in
                for lane in 0..<4 as Range<UInt64> {
                    group.addTask {
                        try await Self.send(
                            seed: seed &+ lane &* 1_000_000, count: count, to: gateway)
                    }
                }
                return try await group.reduce(into: (0, 0)) {
                    $0.0 += $1.0
                    $0.1 += $1.answered
                }
            }
            print("incoming fuzz: \(counts.0) inputs, \(counts.1) of them answered")
            #expect(counts.0 == 4 * count)
            let other = try await RawClient.connect(to: gateway.port)
            try await other.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try await other.readAnswer().hasPrefix("HTTP/1.1 200 "))
        }
    }

    private static func send(
        seed: UInt64, count: Int, to gateway: GatewayFixture.Running
    ) async throws -> (Int, answered: Int) {
        var answered = 0
        for count in 0..<count {
            let own = seed &+ UInt64(count)
            var draw = Draw(seed: own)
            let client = try await RawClient.connect(to: gateway.port)
            for part in draw.parts() { try await client.send(part) }
            client.endSending()
            do {
                let answer = try await client.readToEnd()
                #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 "), "seed \(own): \(answer)")
                if !answer.isEmpty { answered += 1 }
            } catch {
                Issue.record("seed \(own): \(error)")
            }
        }
        return (count, answered)
    }
}

/// One input, all of which follows from its seed.
private struct Draw {
    private var generator: SeededGenerator

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    private static let requests = [
        "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
        "POST /in/s HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{\"a\":\"b\"}",
        "POST /in/s HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nabcde\r\n"
            + "4\r\nfghi\r\n0\r\nX-A: b\r\n\r\n",
        "PUT /api/v1/rules/a HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(GatewayFixture.key)\r\n"
            + "Content-Type: application/json\r\nContent-Length: 22\r\n\r\n"
            + "{\"match\":{\"type\":[\"a\"]}}",
        "GET /api/v1/events?limit=5&state=matched HTTP/1.1\r\nHost: x\r\n"
            + "Authorization: Bearer \(GatewayFixture.key)\r\n\r\n",
        "POST /in/s HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n{}",
        "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
    ]

    private static let words = [
        "\r\n", "\r\n\r\n", "\n", "\r", "\0", " ", ":", "%", "%00", "%ff", "Content-Length: 5\r\n",
        "Transfer-Encoding: chunked\r\n", "Connection: close\r\n", "Host: y\r\n", "HTTP/2.0",
        "0\r\n\r\n",
        "ffffffffffffffff\r\n", "Expect: 100-continue\r\n", "Upgrade: h2c\r\n", "CONNECT x:1 ",
        "HEAD ", "OPTIONS * ", "{\"a\":", "\\ud800", "\u{FEFF}", "-1", "18446744073709551616",
    ]

    /// The input in one to four pieces.
    mutating func parts() -> [[UInt8]] {
        var bytes: [UInt8] = []
        if Int.random(in: 0..<5, using: &generator) == 0 {
            let count = Int.random(in: 0...2_000, using: &generator)
            bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
        } else {
            for _ in 0...Int.random(in: 0...2, using: &generator) {
                bytes += Array((Self.requests.randomElement(using: &generator) ?? "").utf8)
            }
            for _ in 0..<Int.random(in: 0...8, using: &generator) { change(&bytes) }
        }
        var parts: [[UInt8]] = []
        for _ in 0..<Int.random(in: 0...3, using: &generator) where !bytes.isEmpty {
            let count = Int.random(in: 1...bytes.count, using: &generator)
            parts.append(Array(bytes.prefix(count)))
            bytes.removeFirst(count)
        }
        return parts + [bytes]
    }

    private mutating func change(_ bytes: inout [UInt8]) {
        let place = Int.random(in: 0...bytes.count, using: &generator)
        let end = min(bytes.count, place + Int.random(in: 0...40, using: &generator))
        switch Int.random(in: 0..<6, using: &generator) {
        case 0: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: place)
        case 1: bytes.removeSubrange(place..<end)
        case 2: bytes.insert(contentsOf: bytes[place..<end], at: place)
        case 3 where place < bytes.count:
            bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        case 4: bytes.replaceSubrange(place..<end, with: repeatElement(0x61, count: 5_000))
        default:
            let word = Self.words.randomElement(using: &generator) ?? ""
            bytes.insert(contentsOf: word.utf8, at: place)
        }
    }
}
