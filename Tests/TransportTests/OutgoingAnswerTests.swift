import Testing
import Transport
import TransportCurl

/// An answer that is meant to cost us something, or to be read in two ways.
struct HostileAnswer: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let text: String
    let again: String?
    /// What a caller that needs the body is told; `nil` for a whole answer of that status.
    let failure: TransportFailure.Code?
    /// Known where the head came whole.
    let status: Int?

    init(
        _ name: String, _ text: String, again: String? = nil,
        _ failure: TransportFailure.Code? = .malformedAnswer, status: Int? = 200
    ) {
        testDescription = name
        self.text = text
        // In pieces of some size, so that the server is not what the machine is busy with.
        self.again = again.map { String(repeating: $0, count: 1 + 65_536 / $0.utf8.count) }
        self.failure = failure
        self.status = status
    }
}

private let ok = "HTTP/1.1 200 OK\r\n"
private let much = String(repeating: "x", count: 65_536)

private func encoded(_ lines: String) -> HostileAnswer {
    HostileAnswer(lines.debugDescription, ok + lines + "\r\n\r\n", again: much)
}

private let hostile = [
    HostileAnswer("10 GB announced", ok + "Content-Length: 10737418240\r\n\r\n", again: much),
    HostileAnswer("no end announced", ok + "\r\n", again: much),
    HostileAnswer(
        "endless chunks", ok + "Transfer-Encoding: chunked\r\n\r\n",
        again: "10000\r\n" + much + "\r\n"),
    HostileAnswer(
        "endless small chunks", ok + "Transfer-Encoding: chunked\r\n\r\n",
        again: "1\r\nx\r\n"),
    HostileAnswer("endless headers", ok, again: "X-More: and more\r\n", status: nil),
    HostileAnswer("one endless header", ok + "X: ", again: much, status: nil),
    HostileAnswer("an endless status line", "HTTP/1.1 200 ", again: much, status: nil),
    HostileAnswer("an endless folded header", ok + "X: x\r\n", again: " x\r\n", status: nil),
    HostileAnswer(
        "a header of 10 MB", ok + "X: " + String(repeating: "x", count: 10 << 20) + "\r\n\r\n",
        status: nil),
    HostileAnswer(
        "100 000 headers", ok + String(repeating: "X: x\r\n", count: 100_000) + "\r\n",
        status: nil),
    HostileAnswer(
        "endless 100", "HTTP/1.1 100 Continue\r\n\r\n",
        again: "HTTP/1.1 100 Continue\r\n\r\n", status: nil),
    HostileAnswer("endless 103", "", again: "HTTP/1.1 103 Early\r\nX: x\r\n\r\n", status: nil),
    HostileAnswer("only a 103", "HTTP/1.1 103 Early\r\nX: x\r\n\r\n", .cutOff, status: nil),
    HostileAnswer("another protocol", "HTTP/1.1 101 Switching\r\n\r\n", again: much, status: 101),
    HostileAnswer(
        "endless trailers", ok + "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n",
        again: "X: x\r\n"),
    HostileAnswer(
        "endless trailers behind nothing", ok + "Transfer-Encoding: chunked\r\n\r\n0\r\n",
        again: "X: x\r\n"),
    HostileAnswer(
        "an endless chunk extension", ok + "Transfer-Encoding: chunked\r\n\r\n1;x=", again: much,
        .timedOut),
    HostileAnswer(
        "a chunk of too many digits",
        ok + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffffffff\r\n", again: much, .cutOff),
    encoded("Content-Encoding: gzip"), encoded("content-encoding: GZIP"),
    encoded("Content-Encoding: x-gzip"), encoded("Content-Encoding: deflate"),
    encoded("Content-Encoding: br"), encoded("Content-Encoding: zstd"),
    encoded("Content-Encoding: compress"), encoded("Content-Encoding: gzip, gzip, gzip"),
    encoded("Content-Encoding: identity, gzip"), encoded("Content-Encoding:\tgzip ,"),
    encoded("Content-Encoding: identity\r\nContent-Encoding: br"),
    encoded("Content-Encoding: none-of-the-known"),
    encoded("Transfer-Encoding: gzip"), encoded("Transfer-Encoding: gzip, chunked"),
    encoded("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked"),
    encoded("Transfer-Encoding: deflate, gzip, chunked"), encoded("Transfer-Encoding: br"),
    HostileAnswer("plain, and says so", ok + "Content-Encoding: identity\r\n\r\nok", nil),
    HostileAnswer("plain, and says nothing", ok + "Content-Encoding:\r\n\r\nok", nil),
    HostileAnswer(
        "encoded hints, plain answer",
        "HTTP/1.1 103 Early\r\nContent-Encoding: gzip\r\n\r\n" + ok + "\r\nok", nil),
    HostileAnswer(
        "trailers behind nothing",
        ok + "X-Kept: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nContent-Encoding: gzip\r\n\r\n",
        nil),
]

@Suite(.serialized) struct OutgoingAnswerTests {
    /// For what has to be read: a platform's answer to a submission stays uncertain.
    @Test(arguments: hostile)
    func aBodyThatIsNeededAndCannotBeHadIsAFailure(_ answer: HostileAnswer) async throws {
        let server = try await LoopbackServer(.saying(answer.text, again: answer.again))
        let transport = try transport()

        let result = await transport.outcome(
            HTTPRequest(
                .post, server.url("/"), body: [1],
                timeout: answer.failure == .timedOut ? .seconds(3) : .seconds(15),
                isOnFreshConnection: true))

        switch result {
        case .success(let answered):
            #expect(answer.failure == nil, "\(answered.status)")
            #expect(answered.status == answer.status)
        case .failure(let failure):
            #expect(failure.code == answer.failure, "\(failure)")
            #expect(failure.isSent)
            #expect(failure.status == answer.status, "\(failure)")
            #expect(failure.duration < .seconds(10))
        }
        #expect(server.counts.requests == 1)
        await server.until { $0.open == 0 }
        await transport.shutdown()
        try await server.stop()
    }

    /// For an endpoint, whose status is all that counts: the head decides, and no more is read than
    /// was asked for.
    @Test(arguments: hostile)
    func wherePartOfTheBodyWillDoTheHeadDecides(_ answer: HostileAnswer) async throws {
        let server = try await LoopbackServer(.saying(answer.text, again: answer.again))
        let transport = try transport()

        let result = await transport.outcome(
            HTTPRequest(
                .post, server.url("/"), body: [1],
                timeout: answer.failure == .timedOut ? .seconds(3) : .seconds(15),
                answerBody: .start(max: 4_096)))

        switch result {
        case .success(let answered):
            #expect(answered.status == answer.status)
            #expect(answered.body.count <= 4_096)
        case .failure(let failure):
            #expect(answer.status == nil, "\(failure)")
            #expect(failure.code == answer.failure, "\(failure)")
            #expect(failure.isSent)
            #expect(failure.status == nil)
        }
        await server.until { $0.open == 0 }
        await transport.shutdown()
        try await server.stop()
    }

    @Test func exactlyAsMuchIsReadAsWasAskedFor() async throws {
        let server = try await LoopbackServer()
        let transport = try transport()

        for (path, wanted, expected) in [
            ("/size/4096", HTTPRequest.AnswerBody.start(max: 4_096), 4_096 as Int?),
            ("/size/4097", .start(max: 4_096), 4_096), ("/chunked/65536", .start(max: 10), 10),
            ("/size/0", .start(max: 10), 0), ("/size/10", .start(max: 0), 0),
            ("/size/4096", .whole(max: 4_096), 4_096), ("/size/4097", .whole(max: 4_096), nil),
            ("/chunked/4096", .whole(max: 4_096), 4_096),
            ("/chunked/4097", .whole(max: 4_096), nil),
        ] {
            let result = await transport.outcome(
                HTTPRequest(.get, server.url(path), answerBody: wanted))
            let count = try? result.get().body.count
            #expect(count == expected, "\(path) \(wanted): \(result)")
        }
        await transport.shutdown()
        try await server.stop()
    }

    /// The head said it all, and then nothing more came.
    @Test func aBodyThatFallsSilentDoesNotUndoItsHead() async throws {
        let server = try await LoopbackServer()
        let transport = try transport()

        let answer = try await transport.send(
            HTTPRequest(
                .post, server.url("/stall-in-body"), timeout: .seconds(3),
                answerBody: .start(max: 4_096)))

        #expect(answer.status == 200)
        #expect(answer.body == Array("x".utf8))
        await transport.shutdown()
        try await server.stop()
    }
}
