import Domain
import Foundation
import Signing
import StrictJSON
import Testing

/// Copyhook and other people's libraries, each judging what the other made.
@Suite struct VerifierTests {
    @Test func whatOtherPeoplesLibrariesSendIsTakenAndNothingElse() async throws {
        guard Verifiers.areThere else {
            return try Verifiers.skip("events that other libraries sign")
        }
        let began = ContinuousClock.now
        let answers = try await Verifiers.ask(VerifierSource.all.map(\.job))
        let asked = ContinuousClock.now
        let scratch = try ScratchDirectory()
        let yaml = "sources:\n" + VerifierSource.all.map(\.yaml).joined()
        let service = try await APIService.start(yaml, in: scratch)
        for (source, answer) in zip(VerifierSource.all, answers) {
            let samples = try #require(answer["samples"]?.array)
            #expect(samples.count >= 5, "\(source.name)")
            var keys: Set<String> = []
            for sample in samples {
                let said = try await post(sample, to: source, of: service)
                let isOK = try #require(sample["ok"]?.bool as Bool?)
                let name = "\(source.name), \(sample["name"]?.string ?? ""): \(said.status)"
                // What the library takes is taken here, and what it refuses is refused.
                #expect((said.status == 200) == isOK, "\(name) \(said.text)")
                #expect(isOK || said.status == 401 || said.status == 400, "\(name)")
                if isOK, let key = sample["key"]?.string { keys.insert(key) }
                guard isOK, let word = source.answerJob(said) else { continue }
                #expect(try await Verifiers.ask([word])[0]["ok"]?.bool == true, "\(name)")
            }
            let events = try await service.api("GET", "/api/v1/events?limit=200").json["events"]
            let stored = (events?.array ?? []).filter { $0["source"]?.string == source.name }
            // Events of DingTalk have no key of their own: there it stands as the type.
            let found = stored.compactMap { $0[source.hasKeys ? "key" : "type"]?.string }
            #expect(Set(found) == keys && found.count == keys.count, "\(source.name)")
            print("verifiers: \(samples.count) requests of \(source.library), \(keys.count) stored")
        }
        print("verifiers: asked in \(asked - began), answered in \(ContinuousClock.now - asked)")
    }

    private func post(
        _ sample: JSONValue, to source: VerifierSource, of service: APIService
    ) async throws -> Caller.Answer {
        let request = try #require(sample["request"])
        let headers = try #require(request["headers"]?.array).map {
            (name: $0[0]?.string ?? "", value: $0[1]?.string ?? "")
        }
        let target = request["target"]?.string ?? ""
        return try await Caller.shared.call(
            request["method"]?.string ?? "", "\(service.url)/in/\(source.name)\(target)",
            headers: headers, body: try #require(request["body"]?.bytesOfBase64))
    }

    @Test func whatIsSentVerifiesWithOtherPeoplesLibraries() async throws {
        guard Verifiers.areThere else {
            return try Verifiers.skip("deliveries that other libraries judge")
        }
        let began = ContinuousClock.now
        let sink = try OutgoingSink { path in
            OutgoingSink.Answer.json(VerifierEndpoint.all.first { $0.path == path }?.answer ?? "")
        }
        let scratch = try ScratchDirectory()
        let service = try await APIService.start(
            VerifierEndpoint.configuration(port: sink.port), in: scratch)
        let event = try SignedEvent(
            partner: "verifiers.sent", key: "msg_1",
            entity: ["type": "bot", "id": "7512041635401000001", "name": "客服 🤖 <b> & co"])
        let said = try await Caller.shared.call(
            "POST", "\(service.url)/in/partner", headers: event.headers, body: event.body)
        #expect(said.status == 200)
        let count = VerifierEndpoint.all.count
        let seen = await sink.requests(count, within: .seconds(20))
        let requests = try #require(seen, "\(sink.counts.requests.count) of \(count) came")
        let captured = requests.compactMap(CapturedRequest.init)
        var jobs: [(name: String, isGood: Bool, job: JSONValue)] = []
        for endpoint in VerifierEndpoint.all {
            let request = try #require(captured.first { $0.path == endpoint.path })
            for judge in endpoint.judges {
                for (name, request) in [("as it was", request)] + endpoint.spoil(request) {
                    jobs.append(
                        (
                            "\(endpoint.name), \(name), by \(judge.library)", name == "as it was",
                            judge.job(request)
                        ))
                }
            }
        }
        let verdicts = try await Verifiers.ask(jobs.map(\.job))
        for (job, verdict) in zip(jobs, verdicts) {
            #expect(verdict["ok"]?.bool == job.isGood, "\(job.name): \(verdict)")
        }
        let good = jobs.count { $0.isGood }
        print(
            "verifiers: \(good) deliveries verified and \(jobs.count - good) spoilt refused in "
                + "\(ContinuousClock.now - began)")
    }
}

extension OutgoingSink.Answer {
    /// 200 and a JSON text.
    static func json(_ text: String) -> Self {
        Self(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                + "Content-Length: \(text.utf8.count)\r\n\r\n\(text)")
    }
}

/// A request as it stood on the wire.
struct CapturedRequest: Sendable {
    var target: String
    var headers: [(name: String, value: String)]
    var body: [UInt8]

    /// Without what follows a question mark.
    var path: String { String(target.prefix { $0 != "?" }) }

    init?(_ text: String) {
        guard let end = text.range(of: "\r\n\r\n") else { return nil }
        let lines = text[..<end.lowerBound].components(separatedBy: "\r\n")
        let words = lines[0].split(separator: " ")
        guard words.count == 3 else { return nil }
        target = String(words[1])
        headers = lines.dropFirst().compactMap { line in
            guard let colon = line.range(of: ": ") else { return nil }
            return (String(line[..<colon.lowerBound]), String(line[colon.upperBound...]))
        }
        body = Array(text[end.upperBound...].utf8)
    }

    /// As `verifiers.py` takes it.
    var json: JSONValue {
        [
            "method": "POST", "target": .string(target),
            "headers": .array(headers.map { [.string($0.name), .string($0.value)] }),
            "body": .string(Base64.encode(body)),
        ]
    }
}

extension JSONValue {
    /// The bytes that a text in base 64 spells.
    fileprivate var bytesOfBase64: [UInt8]? { string.flatMap { Base64.decode($0) } }
}
