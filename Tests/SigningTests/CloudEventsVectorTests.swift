import Domain
import Signing
import StrictJSON
import Testing

@Test func everyCloudEventsVectorOfAReceiverHolds() throws {
    guard SharedFiles.areThere else { return SharedFiles.skip("cloudevents.json") }
    var counts: [String: Int] = [:]
    for vector in try #require(try SharedFiles.json("vectors/cloudevents.json")["cases"]?.array) {
        let id = try #require(vector["id"]?.string)
        let kind = try #require(vector["kind"]?.string)
        switch kind {
        case "decode-header-value": try decode(vector, id)
        case "decode-request": try read(vector, id)
        case "handshake-receiver": try greet(vector, id)
        default: continue
        }
        counts[kind, default: 0] += 1
    }
    print("cloudevents.json, as a receiver: \(counts.sorted { $0.key < $1.key })")
    #expect(counts == ["decode-header-value": 7, "decode-request": 21, "handshake-receiver": 6])
}

private func decode(_ vector: JSONValue, _ id: String) throws {
    let decoded = CloudEventsHeader.decode(try #require(vector["input"]?["value"]?.string))
    #expect(decoded == vector["expected"]?["string"]?.string, "\(id)")
    #expect((decoded == nil) == (vector["expected"]?["error"] == "malformed_header"), "\(id)")
}

private func request(_ vector: JSONValue) throws -> IncomingRequest {
    let request = try #require(vector["request"])
    let lines = try #require(request["headers"]?.array).map {
        (name: $0[0]?.string ?? "", value: $0[1]?.string ?? "")
    }
    return IncomingRequest(
        method: try #require(request["method"]?.string), headers: HeaderFields(lines),
        body: request["body"]?.string?.bytes ?? [])
}

private func scheme(_ config: JSONValue?) -> ProvedScheme {
    let origins = (config?["allowed_origins"]?.array ?? []).compactMap(\.string)
    let handshake = CloudEventsHandshake(
        origins: origins == ["*"] ? .any : .only(origins),
        perMinuteMax: config?["max_rate_per_minute"]?.number?.int64.map { Int($0) })
    return ProvedScheme(PathProof(), CloudEventsReading(handshake: handshake))
}

private func read(_ vector: JSONValue, _ id: String) throws {
    let expected = try #require(vector["expected"])
    let verdict = scheme(nil).verify(
        try request(vector), at: Timestamp(milliseconds: 1_773_822_615_000))
    switch verdict {
    case .event(let event):
        #expect(expected["verdict"] == "accept", "\(id)")
        #expect(expected["mode"] != "batch", "\(id)")
        let isBinary = expected["mode"] == "binary"
        #expect((event.body != nil) == isBinary, "\(id)")
        let kept = try JSONValue(parsing: event.body ?? request(vector).body)
        var attributes = JSONObject()
        for member in kept.object?.members ?? []
        where member.key != "data" && !member.value.isNull {
            attributes[member.key] = member.value
        }
        let due = try #require(expected["attributes"]?.object)
        #expect(Set(attributes.members) == Set(due.members), "\(id): \(attributes)")
        #expect(kept["data"] == expected["data"], "\(id)")
        #expect(event.type == due["type"]?.string, "\(id)")
        #expect([event.scope, event.key] == [due["source"]?.string, due["id"]?.string], "\(id)")
    case .batch(let events, let answer):
        #expect(expected["mode"] == "batch" && answer == .accepted, "\(id)")
        #expect(expected["count"] == .number(JSONNumber(events.count)), "\(id)")
        if let keys = expected["dedupe_keys"]?.array {
            #expect(
                events.map { [.string($0.scope), .string($0.key ?? "")] } == keys, "\(id)")
        }
    case .handshake: Issue.record("\(id): a handshake")
    case .refused(let refusal):
        #expect(expected["verdict"] == "reject", "\(id): \(refusal)")
        #expect(expected["reason"]?.string == refusal.reason.rawValue, "\(id): \(refusal)")
        #expect(expected["status"] == .number(JSONNumber(refusal.status)), "\(id)")
    }
}

private func greet(_ vector: JSONValue, _ id: String) throws {
    let expected = try #require(vector["expected"])
    let verdict = scheme(vector["config"]).verify(
        try request(vector), at: Timestamp(milliseconds: 0))
    guard case .handshake(let answer) = verdict else {
        Issue.record("\(id): \(verdict)")
        return
    }
    if let status = expected["status"] {
        #expect(status == .number(JSONNumber(answer.status)), "\(id)")
    }
    for member in expected["headers"]?.object?.members ?? [] {
        let value = answer.headers.first { $0.name == member.key }?.value
        #expect(value == member.value.string, "\(id): \(member.key)")
    }
    for name in expected["no_headers"]?.array ?? [] {
        #expect(!answer.headers.contains { $0.name == name.string }, "\(id)")
    }
}
