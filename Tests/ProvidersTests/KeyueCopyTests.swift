import Domain
import Providers
import StrictJSON
import Testing
import Transport

private func read(_ reply: Reply) throws -> Submission {
    try keyue().read(reply, toSubmissionOf: agentTask().sent)
}

private func word(_ submission: Submission) -> String {
    switch submission {
    case .accepted: "accepted"
    case .finished: "finished"
    case .refused(let failure): "refused \(failure.kind.rawValue)"
    case .refusedForNow(let trouble): trouble.slowsConnection ? "slow" : "later"
    case .notSent: "not sent"
    case .lost: "lost"
    }
}

private func code(_ code: JSONValue, under status: Int = 200) -> Reply {
    .answer(status, ["msg": "words", "tip": "", "code": code, "requestId": "req-1"])
}

// MARK: - Submission

@Test func aCopyIsAskedForOnceWithTheWholeCredential() throws {
    let request = try keyue().submission(of: agentTask().sent, with: grant)
    #expect(request.url == "https://keyue.cloud.baidu.com/open/v1/api/v2/task/create/agent_copy")
    #expect(request.method == .post)
    #expect(request.isOnFreshConnection)
    #expect(request.timeout == .seconds(30))
    #expect(
        request.headers == [
            HTTPField("Content-Type", "application/json"), HTTPField("token", "TEST-ROBOT-API-KEY"),
            HTTPField("uid", "TEST-UID"), HTTPField("username", "test-user"),
            HTTPField("Idempotency-Key", "dsp_1"),
        ])
    #expect(
        String(decoding: request.body, as: UTF8.self)
            == #"{"agentId":"c24ce952-8355-457e-a997-51995167c0ae"}"#)
    let authorized = Conversation(try keyue().authorize(at: .noon, tokenID: "x"))
    #expect(authorized.outcome == .granted(Grant(token: Secret("TEST-ROBOT-API-KEY"))))
    #expect(try !keyue().isSynchronous(agentTask()))
}

@Test(arguments: [
    (4_001_001, "refused duplicate_name"), (4_000_604, "refused not_found"),
    (4_007_281, "refused invalid"),
])
func documentedCodesWeighTheSameUnderEveryStatus(_ number: Int64, _ expected: String) throws {
    for status in [200, 400, 401, 409, 429, 500] {
        let submission = try read(code(.number(JSONNumber(number)), under: status))
        #expect(word(submission) == expected, "\(number) under \(status)")
        guard case .refused(let failure) = submission else { continue }
        #expect(failure.code == String(number))
        #expect(failure.logID == "req-1")
    }
}

@Test func aDuplicateNameTellsTheRemedy() throws {
    guard case .refused(let failure) = try read(code(4_001_001)) else {
        Issue.record("not refused")
        return
    }
    #expect(failure.message.contains("Rename the earlier copy, or take it offline and delete it"))
}

@Test(arguments: [
    (401_001, 200, "refused unauthorized"), (4_030_001, 200, "refused unauthorized"),
    (429_001, 200, "slow"), (4_009_999, 429, "slow"), (5_000_001, 200, "lost"), (500, 400, "lost"),
    (4_009_999, 200, "refused invalid"), (4_009_999, 400, "refused invalid"),
    (4_009_999, 500, "lost"),
    (4_009_999, 403, "refused unauthorized"), (0, 200, "refused invalid"),
    (201, 200, "refused invalid"),
])
func otherCodesAreReadByTheirFirstDigitsAndTheStatus(
    _ number: Int64, _ status: Int, _ expected: String
) throws {
    #expect(word(try read(code(.number(JSONNumber(number)), under: status))) == expected)
    #expect(word(try read(code(.string(String(number)), under: status))) == expected)
}

@Test(arguments: [
    (200, "lost"), (302, "refused invalid"), (400, "refused invalid"),
    (401, "refused unauthorized"),
    (403, "refused unauthorized"), (404, "refused invalid"), (408, "lost"), (409, "lost"),
    (425, "lost"),
    (429, "slow"), (500, "lost"), (502, "lost"),
])
func whatIsNoEnvelopeOfKeyueIsReadByStatus(_ status: Int, _ expected: String) throws {
    for body in ["", "<html>", "[]", "{}", #"{"code":"employee-console_error"}"#] {
        #expect(word(try read(.text(status, body))) == expected, "\(status) \(body)")
    }
}

@Test func acceptedNeedsAnIdAndNothingElse() throws {
    #expect(
        try read(.answer(200, ["code": 200, "data": ["id": "t"]])) == .accepted("t", logID: nil))
    #expect(
        try read(.answer(500, ["code": "200", "data": ["id": "t"]])) == .accepted("t", logID: nil))
    let unclear: [JSONValue] = [.null, [:], ["id": ""], ["id": .null], [["id": "t"]]]
    for data in unclear {
        #expect(word(try read(.answer(200, ["code": 200, "data": data]))) == "lost")
    }
    for failure in TransportFailure.Code.allCases {
        #expect(word(try read(.failure(failure, isSent: true))) == "lost")
        #expect(word(try read(.failure(failure, isSent: false))) == "not sent")
    }
}

@Test func aMessageNeverShowsTheCredential() throws {
    let echo = JSONValue.string("key TEST-ROBOT-API-KEY of TEST-UID")
    guard case .refused(let failure) = try read(.answer(200, ["code": 4_009_999, "msg": echo]))
    else {
        Issue.record("not refused")
        return
    }
    #expect(failure.message.contains("key <secret> of <secret>"))
}

// MARK: - The contract's files

@Test func theContractsRequestsAreOurs() throws {
    guard SharedFiles.areThere else { return SharedFiles.skip("keyue/*.request.json") }
    let copy = try SharedFiles.json("keyue/agent_copy.request.json")
    let request = try keyue().submission(of: agentTask().sent, with: grant)
    #expect(try JSONValue(parsing: request.body) == copy["body"])
    #expect(
        request.url == (copy["baseURL"]?.string ?? "") + (copy["path"]?.string ?? ""))
    for member in copy["headers"]?.object?.members ?? [] {
        #expect(request.headers.first(member.key) == member.value.string)
    }
}

@Test func theContractsAnswersToACopyAreRead() throws {
    guard SharedFiles.areThere else { return SharedFiles.skip("keyue/agent_copy.response.*") }
    let expected: [String: String] = [
        "agent_copy.response.ok.json": "accepted", "agent_copy.response.minimal.json": "accepted",
        "agent_copy.response.numeric_tenant_and_extra_fields.json": "accepted",
        "agent_copy.response.ok_null_data.json": "lost",
        "agent_copy.response.ok_without_id.json": "lost",
        "agent_copy.response.duplicate_name.json": "refused duplicate_name",
        "agent_copy.response.agent_missing.json": "refused not_found",
        "error.credential_rejected.json": "refused unauthorized", "error.rate_limited.json": "slow",
        "error.server.json": "lost", "error.sister_line_string_code.json": "refused invalid",
        "error.unknown_business_code.json": "refused invalid",
    ]
    let names =
        try SharedFiles.names("keyue", startingWith: "agent_copy.response.")
        + SharedFiles.names("keyue", startingWith: "error.")
    for name in names {
        #expect(word(try read(keyueFixture(name))) == expected[name], "\(name)")
    }
    for status in [200, 400] {
        let name = "agent_copy.response.duplicate_name.json"
        #expect(word(try read(keyueFixture(name, under: status))) == expected[name])
    }
}
