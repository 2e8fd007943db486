import Gateway
import Pipeline
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1))) struct ReadingRoomTests {
    @Test func soManyReadAtATimeSoManyWaitAndTheNextIsToldSo() async {
        let room = ReadingRoom(seats: 2, waitersMax: 1)
        let inside = [Nudge(), Nudge()]
        let go = [Nudge(), Nudge()]
        let order = Order()
        await withTaskGroup(of: Void.self) { group in
            for seat in 0..<2 {
                group.addTask {
                    _ = await room.read {
                        inside[seat].signal()
                        await go[seat].wait()
                        order.note("reader")
                    }
                }
            }
            for nudge in inside { await nudge.wait() }
            // Both ask, and only one of them can wait: whoever does comes behind a reader.
            let told = Nudge()
            for _ in 0..<2 {
                group.addTask {
                    let isRead = await room.read { order.note("late") } != nil
                    guard !isRead else { return }
                    order.note("told")
                    told.signal()
                }
            }
            await told.wait()
            go[0].signal()
            while order.all.count < 3 { await Task.yield() }
            go[1].signal()
        }
        #expect(order.all == ["told", "reader", "late", "reader"])
        // Every seat is free again.
        let isFree = await room.read { true }
        #expect(isFree == true)
    }

    @Test func whoIsTurnedAwayComesAgainWithAnotherConnection() async throws {
        var fixture = GatewayFixture()
        fixture.limits.readsAtOnceMax = 0
        fixture.limits.readsWaitingMax = 0
        try await fixture.run { gateway in
            for (path, key, status, ends) in [
                ("/api/v1/stats", "wrong", 401, true),
                ("/api/v1/stats", GatewayFixture.key, 429, true),
                ("/api/v1/none", GatewayFixture.key, 404, false), ("/healthz", "wrong", 200, false),
            ] {
                let client = try await RawClient.connect(to: gateway.port)
                let request =
                    "GET \(path) HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(key)\r\n\r\n"
                try await client.send(request)
                let answer = try await client.readAnswer()
                #expect(answer.hasPrefix("HTTP/1.1 \(status) "))
                #expect(
                    answer.lowercased().contains("\r\nconnection: close\r\n") == ends, "\(path)")
                try await client.send(request)
                if ends {
                    #expect(try await client.readToEnd() == "")
                } else {
                    #expect(try await client.readAnswer().hasPrefix("HTTP/1.1 \(status) "))
                }
            }
        }
    }

    @Test(arguments: [0, 1])
    func onlyThoseWhoLookAreKeptWaiting(seats: Int) async throws {
        var fixture = GatewayFixture()
        fixture.limits.readsAtOnceMax = seats
        fixture.limits.readsWaitingMax = 0
        try await fixture.run { gateway in
            func ask(_ line: String, body: String = "") async throws -> String {
                let client = try await RawClient.connect(to: gateway.port)
                try await client.send(
                    "\(line) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                        + "Authorization: Bearer \(GatewayFixture.key)\r\n"
                        + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
                return try await client.readToEnd()
            }
            for path in ["events", "tasks", "deliveries", "rules", "stats"] {
                for method in ["GET", "HEAD"] {
                    let answer = try await ask("\(method) /api/v1/\(path)")
                    #expect(answer.hasPrefix(seats == 0 ? "HTTP/1.1 429 " : "HTTP/1.1 200 "))
                    #expect(answer.contains("\r\nRetry-After: 1\r\n") == (seats == 0))
                }
            }
            let rule = #"{"match":{"type":["bot.published"]},"notify":["audit"]}"#
            #expect(try await ask("PUT /api/v1/rules/r", body: rule).hasPrefix("HTTP/1.1 201 "))
            #expect(try await ask("POST /in/s", body: "{}").hasPrefix("HTTP/1.1 200 "))
            #expect(try await ask("GET /healthz").hasPrefix("HTTP/1.1 200 "))
        }
    }
}

/// What happened, one after the other.
private final class Order: Sendable {
    private let words = Mutex<[String]>([])
    var all: [String] { words.withLock { $0 } }
    func note(_ word: String) { words.withLock { $0.append(word) } }
}
