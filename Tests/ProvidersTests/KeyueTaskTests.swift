import Domain
import Providers
import StrictJSON
import Testing
import Transport

private let listURL = "https://keyue.cloud.baidu.com/open/v1/api/v2/task/openList"
private let job: Identifier<ProviderTask> = "84646c8f-24f7-43ab-b0ca-c64f35981804"

private func code(_ code: JSONValue, under status: Int = 200) -> Reply {
    .answer(status, ["msg": "words", "tip": "", "code": code, "requestId": "req-1"])
}

private func list(_ rows: [JSONValue], total: Int? = nil, time: Int64? = nil) -> Reply {
    var body: JSONObject = [
        "code": 200, "msg": "OK",
        "data": ["taskList": .array(rows), "total": .number(JSONNumber(total ?? rows.count))],
    ]
    if let time { body["time"] = .number(JSONNumber(time)) }
    return .answer(200, .object(body))
}

/// A row created so many seconds after noon; `12:00:00Z` is `20:00:00` there.
private func row(_ id: String, _ created: String = "2026-03-18 20:00:01", name: String = "v")
    -> JSONValue
{
    [
        "id": .string(id), "agentName": .string(name), "createTime": .string(created),
        "taskStatus": 0,
    ]
}

// MARK: - Verdicts

private func verdict(_ row: JSONValue?) -> KeyueVerdict {
    KeyueVerdict(row.flatMap { KeyueTaskRow($0) }, by: Connection.TaskQuery.StatusMap())
}

private let verdicts: [(members: String, verdict: KeyueVerdict)] = [
    (#""taskStatus":0"#, .running),
    (#""taskStatus":1,"errorMsg":"e""#, .running),
    (#""taskStatus":3"#, .failed(nil)),
    (#""taskStatus":3,"errorMsg":"e""#, .failed("e")),
    (#""taskStatus":2"#, .succeeded),
    (#""taskStatus":2,"errorMsg":"""#, .succeeded),
    (#""taskStatus":2,"errorMsg":" ""#, .succeeded),
    (#""taskStatus":2,"errorMsg":null"#, .succeeded),
    (#""taskStatus":2,"errorMsg":"e""#, .failed("e")),
    (#""taskStatus":7,"errorMsg":"e""#, .failed("e")),
    (#""errorMsg":"e""#, .failed("e")),
    (#""errorMsg":null,"errorMessage":"e""#, .failed("e")),
    (#""errorMsg":{"a":1}"#, .failed(#"{"a":1}"#)),
    (#""taskStatus":7"#, .running),
    (#""errorMsg":null"#, .running),
    (#""status":"2""#, .succeeded),
    (#""taskStatus":null,"status":3"#, .failed(nil)),
    (#""taskStatus":"+2""#, .running),
    (#""taskStatus":2.5"#, .running),
    (#""taskStatus":"done""#, .running),
]

@Test(arguments: verdicts)
func theVerdictTableHolds(_ members: String, _ expected: KeyueVerdict) throws {
    let row = try JSONValue(parsing: #"{"id":"t","# + members + "}")
    #expect(verdict(row) == expected, "\(members)")
}

@Test func aRowThatIsNotThereSaysNothing() {
    #expect(verdict(nil) == .running)
    #expect(KeyueTaskRow(["taskId": "t"])?.id == "t")
    #expect(KeyueTaskRow(["agentName": "v"]) == nil)
}

@Test func timesOfKeyueAreEightHoursAhead() {
    #expect(KeyueTaskRow.time("2026-03-18 20:00:00") == .noon)
    #expect(KeyueTaskRow.time(1_773_835_200_000) == .noon)
    for text in ["2026-03-18", "2026-03-18T20:00:00Z", "2026-13-18 20:00:00", ""] {
        #expect(KeyueTaskRow.time(.string(text)) == nil)
    }
}

// MARK: - Polling

private func poll(
    _ replies: [Reply], _ change: (inout Connection) -> Void = { _ in }
) throws -> Conversation<Progress> {
    Conversation(try keyue(change).poll(job, of: agentTask().sent, with: grant), replies)
}

@Test func oneSharedPageServesAllTasksOfACredential() throws {
    let talk = try poll([list([row(job.rawValue)])])
    #expect(talk.outcome == .running(status: "0", logID: nil))
    #expect(talk.urls == [listURL + "?queryLevel=0&taskUrl=%2Fapi%2Fv2%2Fagents%2Fcopy&pn=1&ps=20"])
    #expect(talk.asked.map(\.mayBeSharedFor) == [.seconds(1)])
    #expect(talk.asked.first?.request.headers.values(of: "token") == ["TEST-ROBOT-API-KEY"])
}

@Test func theQueryIsTheConnections() throws {
    let talk = try poll([list([])]) {
        $0.taskQuery.path = "/private/list"
        $0.taskQuery.queryLevel = 2
        $0.taskQuery.pageSize = 50
        $0.baseURL = "http://127.0.0.1:9/"
    }
    #expect(talk.urls == ["http://127.0.0.1:9/private/list?queryLevel=2&pn=1&ps=50"])
}

@Test func pagesAreReadUntilTheTaskOrTheEndIsFound() throws {
    let other = { (number: Int) in list([row("o\(number)")], total: 9) }
    let small: (inout Connection) -> Void = { $0.taskQuery.pageSize = 1 }
    let found = try poll([other(1), list([row(job.rawValue)], total: 9)], small)
    #expect(found.outcome == .running(status: "0", logID: nil))
    #expect(found.urls.last?.hasSuffix("pn=2&ps=1") == true)
    let missing = Progress.running(status: nil, logID: nil)
    guard case .unseen(let failure) = try poll((1...5).map(other), small).outcome else {
        Issue.record("the end of a list that was not read was taken for one that was")
        return
    }
    #expect(failure.message.contains("longer than the 5 pages of 1 that are read"))
    #expect(failure.message.contains("Raise task_query.max_pages"))
    #expect(try poll([other(1), list([], total: 9)], small).outcome == missing)
    let untold = Reply.answer(200, ["code": 200, "data": ["taskList": [row("o")]]])
    #expect(
        try poll([untold, .answer(200, ["code": 200, "data": [:]])], small).outcome == missing)
}

@Test func aFailureSaysWhetherItsMeaningIsConfirmed() throws {
    let failed: JSONValue = ["id": .string(job.rawValue), "taskStatus": 3, "errorMsg": "复制失败"]
    guard case .failed(let failure, "3") = try poll([list([failed])]).outcome,
        case .failed(let verified, _) = try poll(
            [list([failed])],
            {
                $0.taskQuery.isStatusMapVerified = true
            }
        ).outcome
    else {
        Issue.record("not failed")
        return
    }
    #expect(failure.kind == .copyFailed)
    #expect(failure.message.contains("复制失败") && failure.message.contains("not been confirmed"))
    #expect(!verified.message.contains("not been confirmed"))
}

@Test func aQueryThatFailsNeverEndsTheCopy() throws {
    for reply in [code(401_001), code(4_009_999), code(5_000_001), .text(502, ""), .text(404, "")] {
        guard case .trouble = try poll([reply]).outcome else {
            Issue.record("\(reply)")
            continue
        }
    }
    guard case .trouble(let trouble) = try poll([code(401_001)]).outcome else { return }
    #expect(trouble.isGrantRefused && trouble.retryAfter == .minutes(10))
}

@Test func withoutTheQueryNothingCanBeTold() throws {
    let off: (inout Connection) -> Void = { $0.taskQuery.isEnabled = false }
    let polled = try poll([], off)
    #expect(polled.outcome == .running(status: nil, logID: nil))
    #expect(polled.asked.isEmpty)
    let looked = Conversation(
        try keyue(off).look(for: agentTask().sent, among: Surroundings(), with: grant))
    #expect(looked.outcome == .ambiguous([]))
    let prepared = Conversation(try keyue(off).prepare(agentTask(), with: grant))
    #expect(prepared.outcome == .ready(Baseline(ids: nil)))
}

// MARK: - Baseline and looking

private func prepare(
    _ replies: [Reply], _ change: (inout Connection) -> Void = { _ in }
) throws -> Preparation? {
    Conversation(try keyue(change).prepare(agentTask(), with: grant), replies).outcome
}

@Test func theTasksBeforeTheSubmissionAreTheBaseline() throws {
    let noon = Timestamp.noon.milliseconds
    #expect(
        try prepare([list([row("a"), row("b")], time: noon + 1_234)])
            == .ready(Baseline(ids: ["a", "b"], clockAhead: 1_234)))
    let bare = Reply.answer(200, ["code": 200, "data": [:]])
    #expect(try prepare([bare]) == .ready(Baseline(ids: [])))
    guard case .trouble = try prepare([.answer(200, ["code": 200])]) else {
        Issue.record("an answer without a list was believed")
        return
    }
    #expect(try prepare([], { $0.usesBaseline = false }) == .ready(Baseline(ids: nil)))
    guard case .refused = try prepare([code(401_001)]),
        case .trouble = try prepare([.text(502, "")])
    else {
        Issue.record("errors were not told apart")
        return
    }
}

@Test func aLongListIsABaselineWhereItReachesBackFarEnough() throws {
    let small: (inout Connection) -> Void = {
        $0.taskQuery.pageSize = 2
        $0.taskQuery.pagesMax = 1
    }
    let old = list([row("a"), row("b", "2026-03-18 19:57:59")], total: 500)
    #expect(try prepare([old], small) == .ready(Baseline(ids: ["a", "b"])))
    let young = list([row("a"), row("b", "2026-03-18 19:58:00")], total: 500)
    #expect(try prepare([young], small) == .ready(Baseline(ids: nil)))
    let mixed = list([row("b", "2026-03-18 19:00:00"), row("a")], total: 500)
    #expect(try prepare([mixed], small) == .ready(Baseline(ids: nil)))
}

@Test func keyueKnowsNoWorkspaces() throws {
    let across = CopyTask.sample("agent", provider: .keyue)
    guard
        case .refused(let failure) = Conversation(try keyue().prepare(across, with: grant)).outcome
    else {
        Issue.record("not refused")
        return
    }
    #expect(failure.kind == .invalid && failure.message.contains("to_workspace"))
}

private func look(
    _ task: CopyTask, _ replies: [Reply], own: Set<String> = []
) throws -> Sighting? {
    let surroundings = Surroundings(ownProviderTasks: own)
    let talk = Conversation(
        try keyue().look(for: task.sent, among: surroundings, with: grant), replies)
    #expect(talk.asked.allSatisfy { $0.mayBeSharedFor == .zero })
    return talk.outcome
}

@Test func aLostTaskIsFoundInTheList() throws {
    let ours = agentTask(baseline: ["old"])
    guard
        case .foundTask("new", _) = try look(
            ours, [list([row("old"), row("new", name: "v(导入x)")])])
    else {
        Issue.record("not found")
        return
    }
    #expect(try look(ours, [list([row("old")])]) == Sighting.none)
    #expect(try look(ours, [list([row("new")])], own: ["new"]) == Sighting.none)
    #expect(try look(ours, [list([row("new", name: "w")])]) == Sighting.none)
    // Two minutes are allowed for clocks, not more.
    #expect(try look(ours, [list([row("new", "2026-03-18 19:57:59")])]) == Sighting.none)
    guard case .foundTask = try look(ours, [list([row("new", "2026-03-18 19:58:00")])]) else {
        Issue.record("the allowance does not hold")
        return
    }
    guard case .object(var export) = row("new") else { return }
    export["taskUrl"] = "/api/v2/llm/document/import"
    #expect(try look(ours, [list([.object(export)])]) == Sighting.none)
}

@Test func aLookGoesBackAsFarAsItMustAndNoFurther() throws {
    let ours = agentTask(baseline: [])
    let old = row("old", "2026-03-18 19:00:00")
    guard case .foundTask("new", _) = try look(ours, [list([row("new"), old], total: 500)]) else {
        Issue.record("the first page was enough")
        return
    }
    // A task came in between, so that another candidate may have been missed.
    let moved = [list([row("new")], total: 3), list([row("new"), old], total: 3)]
    guard case .trouble = try look(ours, moved + moved + moved) else {
        Issue.record("a moving list was believed")
        return
    }
}

@Test func whatCannotBeToldAtKeyueIsLeftToAPerson() throws {
    for (task, rows) in [
        (agentTask(baseline: []), [row("a"), row("b")]), (agentTask(baseline: nil), [row("a")]),
        (agentTask(name: nil, baseline: []), [row("a")]),
    ] {
        guard case .ambiguous(let candidates) = try look(task, [list(rows)]) else {
            Issue.record("\(task)")
            continue
        }
        #expect(candidates.map(\.id) == rows.compactMap { $0["id"]?.string })
    }
    let ours = agentTask(baseline: [])
    let moving = (1...3).flatMap { _ in
        [list([row("a")], total: 2), list([row("a")], total: 2)]
    }
    for replies in [moving, [.text(502, "")], [code(401_001)]] {
        guard case .trouble = try look(ours, replies) else {
            Issue.record("believed")
            continue
        }
    }
}

// MARK: - The contract's files

@Test func theContractsListRequestsAreOurs() throws {
    guard SharedFiles.areThere else { return SharedFiles.skip("keyue/task_list.request.*") }
    for (level, name) in [(0, "level0"), (2, "level2")] {
        let expected = try SharedFiles.json("keyue/task_list.request.\(name).json")
        let url = try #require(try poll([]) { $0.taskQuery.queryLevel = level }.urls.first)
        let query = (expected["query"]?.object?.members ?? []).map {
            "\($0.key)=" + ($0.value.string ?? "").replacing("/", with: "%2F")
        }
        #expect(url == listURL + "?" + query.joined(separator: "&"))
    }
}

@Test func theContractsTaskListsGiveTheirVerdicts() throws {
    guard SharedFiles.areThere else { return SharedFiles.skip("keyue/task_list.response.*") }
    let expected: [String: String] = [
        "alternate_field_names": "finished 2", "documented_fields_only": "running -",
        "empty": "running -", "failed": "failed 3", "no_task_list": "running -",
        "pending": "running 0",
        "running": "running 1", "succeeded": "finished 2", "succeeded_with_error": "failed 2",
        "unknown_status": "running 7", "unknown_status_with_error": "failed 7",
    ]
    for (name, verdict) in expected.sorted(by: { $0.key < $1.key }) {
        let reply = try keyueFixture("task_list.response.\(name).json")
        #expect(word(try poll([reply]).outcome) == verdict, "\(name)")
    }
    let pages = try ["page1_of_2_not_found", "page2_of_2_found"].map {
        try keyueFixture("task_list.response.\($0).json")
    }
    #expect(word(try poll(pages) { $0.taskQuery.pageSize = 2 }.outcome) == "finished 2")
    let two = try keyueFixture("task_list.response.reconcile_two_candidates.json")
    let sent = agentTask(baseline: [], clockAhead: 1_723_099_087_000 - Timestamp.noon.milliseconds)
    guard case .ambiguous(let candidates) = try look(sent, [two]) else {
        Issue.record("two were told apart")
        return
    }
    #expect(candidates.count == 2)
}

private func word(_ progress: Progress?) -> String {
    switch progress {
    case .running(let status, _): "running \(status ?? "-")"
    case .finished(_, let status, _): "finished \(status ?? "-")"
    case .failed(_, let status): "failed \(status ?? "-")"
    case .unseen: "unseen"
    case .trouble: "trouble"
    case nil: "not ended"
    }
}
