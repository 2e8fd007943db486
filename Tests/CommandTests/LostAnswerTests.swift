import Foundation
import Synchronization
import Testing

/// What commands do when the connection breaks before they are answered.
@Suite struct LostAnswerTests {
    private func run(
        _ sink: OutgoingSink, _ arguments: [String]
    ) async throws -> (status: Int32, output: String, errors: String) {
        try await BuiltBinary.run(
            arguments + ["--url", "http://127.0.0.1:\(sink.port)"],
            environment: ["COPYHOOK_API_KEY": "x"])
    }

    private func keys(_ sink: OutgoingSink) -> [String] {
        sink.counts.requests.map { request in
            let line = request.split(separator: "\r\n").first {
                $0.lowercased().hasPrefix("idempotency-key: ")
            }
            return line.map { String($0.dropFirst("idempotency-key: ".count)) } ?? ""
        }
    }

    @Test func aWishIsSentAgainUnderItsKey() async throws {
        let answers = Mutex([
            OutgoingSink.Answer("", isCut: true),
            .init(
                "HTTP/1.1 409 Conflict\r\nContent-Type: application/problem+json\r\n"
                    + "Content-Length: 33\r\n\r\n{\"code\":\"idempotency_key_in_use\"}"),
            .init(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 28\r\n\r\n"
                    + "{\"event_id\":\"evt_1\",\"run\":1}"),
        ])
        let sink = try OutgoingSink { _ in
            answers.withLock { $0.isEmpty ? .plain : $0.removeFirst() }
        }
        let told = try await run(sink, ["events", "replay", "evt_1"])
        #expect(told.status == 0 && told.output.contains("as run 1"), "\(told.errors)")
        let keys = keys(sink)
        #expect(keys.count == 3 && Set(keys).count == 1 && keys[0].count == 36, "\(keys)")
    }

    @Test func whatStaysLostIsSaidAndLooksAreNotRepeated() async throws {
        let sink = try OutgoingSink { _ in .init("", isCut: true) }
        let told = try await run(sink, ["events", "replay", "evt_1"])
        #expect(told.status == 1 && told.errors.contains("may have been carried out"))
        #expect(keys(sink).count == 3)
        let look = try await run(sink, ["events", "show", "evt_1"])
        #expect(look.status == 1 && look.errors.contains("cannot be reached"))
        #expect(keys(sink).suffix(1) == [""] && sink.counts.requests.count == 4)
    }

    /// What is done to many is counted, and asked for in parts: only what may pass is asked again.
    @Test(arguments: [("404 Not Found", requests: 2), ("503 Service Unavailable", requests: 3)])
    func aPartIsAskedForAgainWhereThatMayHelp(status: String, requests: Int) async throws {
        func answer(_ status: String, _ body: String) -> OutgoingSink.Answer {
            .init(
                "HTTP/1.1 \(status)\r\nContent-Type: application/json\r\n"
                    + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
        }
        let answers = Mutex([
            answer("200 OK", #"{"count":1,"asked_at":"2026-03-18T08:30:00.000Z"}"#),
            answer(status, #"{"title":"Gone wrong","remedy":"Look there."}"#),
            answer("200 OK", #"{"replayed":1,"next":null}"#),
        ])
        let sink = try OutgoingSink { _ in
            answers.withLock { $0.isEmpty ? .plain : $0.removeFirst() }
        }
        let told = try await run(sink, ["events", "replay", "--source", "ci", "--yes"])
        #expect(sink.counts.requests.count == requests, "\(told)")
        guard requests == 2 else { return #expect(told.status == 0, "\(told)") }
        #expect(told.status == 1 && told.errors.contains("Gone wrong; 0 were done"), "\(told)")
        #expect(told.errors.contains("Look there. Repeat the command with --asked-at 2026-03-18"))
    }
}
