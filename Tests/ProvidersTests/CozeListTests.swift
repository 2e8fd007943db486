import Domain
import Providers
import StrictJSON
import Testing
import Transport

private let base = "https://api.coze.cn"

private func coze(baseline: Bool = true) throws -> CozePlatform {
    var connection = Connection.coze()
    connection.usesBaseline = baseline
    return try CozePlatform(connection)
}

private func workspaces(_ rows: [(String, String, String)], total: Int? = nil) -> Reply {
    .coze([
        "workspaces": .array(
            rows.map { id, type, enterprise in
                [
                    "id": .string(id), "workspace_type": .string(type),
                    "enterprise_id": .string(enterprise),
                ]
            }),
        "total_count": .number(JSONNumber(total ?? rows.count)),
    ])
}

private let teams = workspaces([("7001", "team", "e1"), ("7002", "team", "e1")])

/// Rows with these ids, changed one second after noon.
private func bots(_ ids: [String], total: Int? = nil, name: String = "语音伴侣", date: Bool = false)
    -> Reply
{
    .coze(
        [
            "items": .array(
                ids.map { id in
                    [
                        "id": .string(id), "name": .string(name), "updated_at": 1_773_835_201,
                        "is_published": false, "owner_user_id": "u",
                    ]
                }),
            "total": .number(JSONNumber(total ?? ids.count)),
        ], headers: date ? [.fiveAhead] : [])
}

private func prepare(
    _ task: CopyTask, _ replies: [Reply], baseline: Bool = true
) throws -> Conversation<Preparation> {
    Conversation(try coze(baseline: baseline).prepare(task, with: grant), replies)
}

private func refusal(_ outcome: Preparation?) -> Failure? {
    guard case .refused(let failure) = outcome else { return nil }
    return failure
}

// MARK: - Preflight

@Test func aCopyToAnotherWorkspaceAsksForWorkspacesThenForTheTarget() throws {
    let talk = try prepare(.sample(), [teams, bots(["1", "2"], date: true)])
    #expect(talk.outcome == .ready(Baseline(ids: ["1", "2"], clockAhead: 5_000)))
    #expect(
        talk.urls == [
            base + "/v1/workspaces?page_num=1&page_size=50",
            base + "/v1/bots?workspace_id=7002&publish_status=all&page_num=1&page_size=20",
        ])
    #expect(talk.asked.map(\.mayBeSharedFor) == [.seconds(60), .seconds(1)])
    #expect(
        talk.asked.allSatisfy {
            $0.request.headers.values(of: "authorization") == ["Bearer \(cozeToken)"]
        })
}

@Test func aCopyInsideOneWorkspaceSkipsThePreflight() throws {
    for target in [nil, "7001"] {
        let talk = try prepare(.sample("app", to: target), [bots([])])
        #expect(talk.outcome == .ready(Baseline(ids: [])))
        #expect(
            talk.urls == [
                base + "/v1/apps?workspace_id=7001&publish_status=all&page_num=1&page_size=20"
            ])
    }
}

@Test func workspacesAreReadUntilBothAreSeen() throws {
    let first = workspaces([("7001", "team", "e")], total: 101)
    let second = workspaces([("7002", "team", "e")], total: 101)
    let talk = try prepare(.sample(), [first, second], baseline: false)
    #expect(talk.outcome == .ready(Baseline(ids: nil)))
    #expect(talk.urls.last == base + "/v1/workspaces?page_num=2&page_size=50")
}

@Test(arguments: [
    ([("7001", "personal", ""), ("7002", "personal", "")], Failure.Kind.invalid, "personal"),
    ([("7001", "personal", ""), ("7002", "team", "e")], .invalid, "personal"),
    ([("7001", "team", "e1"), ("7002", "team", "e2")], .invalid, "enterprise"),
    ([("7001", "team", "e1"), ("7002", "personal", "")], .invalid, "enterprise"),
    ([("7001", "team", "e1")], .unauthorized, "target workspace 7002"),
    ([("7002", "team", "e1")], .unauthorized, "source workspace 7001"),
    ([], .unauthorized, "target workspace 7002"),
])
func whatCozeForbidsIsRefusedBeforeAnythingIsSent(
    _ rows: [(String, String, String)], _ kind: Failure.Kind, _ word: String
) throws {
    let failure = refusal(try prepare(.sample(), [workspaces(rows)]).outcome)
    #expect(failure?.kind == kind)
    #expect(failure?.message.contains(word) == true)
}

@Test func whatIsNotKnownIsNotHeldAgainstTheTask() throws {
    let unknown = Reply.coze(["workspaces": [["id": "7001"], ["id": "7002"]], "total_count": 2])
    for (task, reply) in [
        (CopyTask.sample(), unknown), (.sample(from: nil), workspaces([("7002", "team", "e")])),
        (.sample(), workspaces([("7001", "team", ""), ("7002", "team", "")])),
    ] {
        let outcome = try prepare(task, [reply], baseline: false).outcome
        #expect(outcome == .ready(Baseline(ids: nil)))
    }
    #expect(refusal(try prepare(.sample(from: nil), [workspaces([])]).outcome) != nil)
}

@Test func aTargetThatIsNotKnownHasNoBaseline() throws {
    let talk = try prepare(.sample(from: nil, to: nil), [])
    #expect(talk.outcome == .ready(Baseline(ids: nil)))
    #expect(talk.asked.isEmpty)
}

@Test func onlyBotsAppsAndWorkflowsAreCopied() throws {
    for type in ["plugin", "agent", "Bot", ""] {
        #expect(refusal(try prepare(.sample(type), []).outcome)?.kind == .invalid)
    }
    #expect(refusal(try prepare(.sample(id: ""), []).outcome)?.kind == .invalid)
}

@Test func aQuestionThatFailsIsTroubleOrARefusal() throws {
    for reply in [
        Reply.coze(refusing: 4100), .coze(refusing: 4101), .coze(refusing: 4000), .text(403, ""),
        .failure(.refused, isSent: false),
    ] {
        #expect(refusal(try prepare(.sample(), [reply]).outcome) != nil, "\(reply)")
        #expect(refusal(try prepare(.sample(), [teams, reply]).outcome) != nil, "\(reply)")
    }
    for reply in [
        Reply.coze(refusing: 5000), .coze(refusing: 4008), .coze(refusing: 4013), .text(502, ""),
        .coze(refusing: 4011), .coze(refusing: 4242), .failure(.timedOut, isSent: true),
        .failure(.couldNotConnect, isSent: false), .coze(["items": "x"]),
        .coze(["items": [["id": ""]]]),
        .coze([]),
    ] {
        guard case .trouble = try prepare(.sample(to: nil), [reply]).outcome else {
            Issue.record("\(reply)")
            continue
        }
    }
}

// MARK: - Baseline

private func ids(_ range: Range<Int>) -> [String] { range.map { "b\($0)" } }

@Test func aBaselineHasEveryPage() throws {
    let talk = try prepare(
        .sample(to: nil), [bots(ids(0..<20), total: 25), bots(ids(20..<25), total: 25)])
    #expect(talk.outcome == .ready(Baseline(ids: ids(0..<25))))
    #expect(talk.urls.last?.hasSuffix("&page_num=2&page_size=20") == true)
}

@Test func aBaselineMayGrowWhileItIsReadButNotShrink() throws {
    let grown = [bots(ids(0..<20), total: 21), bots(["b19", "b20"], total: 22)]
    #expect(try prepare(.sample(to: nil), grown).outcome == .ready(Baseline(ids: ids(0..<21))))
    // One went away and the next slipped to the page that was read already.
    let shrunk = [bots(ids(0..<20), total: 22), bots(["b21"], total: 21)]
    let still = [bots(["b1", "b2"])]
    let again = try prepare(.sample(to: nil), shrunk + still)
    #expect(again.outcome == .ready(Baseline(ids: ["b1", "b2"])))
    #expect(again.asked.map(\.mayBeSharedFor) == [.seconds(1), .seconds(1), .zero])
    let never = try prepare(.sample(to: nil), shrunk + shrunk + shrunk)
    #expect(never.outcome == .ready(Baseline(ids: nil)))
}

@Test func aRowSeenTwiceOrOneTooManyMeansThatTheListMoved() throws {
    let still = bots(["b1"])
    for second in [bots(["b19"], total: 21), bots(["b20"], total: 20)] {
        let talk = try prepare(.sample(to: nil), [bots(ids(0..<20), total: 21), second, still])
        #expect(talk.outcome == .ready(Baseline(ids: ["b1"])))
    }
}

@Test func aListWithoutEndIsNoBaseline() throws {
    let page = { (number: Int) in bots(ids(number * 20..<(number + 1) * 20), total: 100_000) }
    let talk = try prepare(.sample(to: nil), (0..<100).map(page))
    #expect(talk.outcome == .ready(Baseline(ids: nil)))
}

@Test func workflowsSayThemselvesWhetherThereIsMore() throws {
    let first = Reply.coze(["has_more": true, "items": [["workflow_id": "w1"]]])
    let second = Reply.coze(["has_more": false, "items": [["workflow_id": "w2"]]])
    let talk = try prepare(.sample("workflow", to: nil), [first, second])
    #expect(talk.outcome == .ready(Baseline(ids: ["w1", "w2"])))
    #expect(
        talk.urls.first == base
            + "/v1/workflows?workspace_id=7001&publish_status=all&page_num=1&page_size=30")
}

// MARK: - Looking

private func look(
    _ task: CopyTask, _ replies: [Reply], among surroundings: Surroundings = Surroundings()
) throws -> Conversation<Sighting> {
    Conversation(try coze().look(for: task, among: surroundings, with: grant), replies)
}

@Test func aLostCopyIsFoundByItsTraces() throws {
    let task = CopyTask.sample(baseline: ["old"]).sent
    let talk = try look(task, [bots(["old", "new"])])
    guard case .found("new", let because) = talk.outcome else {
        Issue.record("\(String(describing: talk.outcome))")
        return
    }
    #expect(!because.isEmpty)
    #expect(talk.asked.map(\.mayBeSharedFor) == [.zero])
    #expect(try look(task, [bots(["old"])]).outcome == Sighting.none)
    let own = Surroundings(ownCopies: ["new"])
    #expect(try look(task, [bots(["old", "new"])], among: own).outcome == Sighting.none)
}

@Test func severalOrNoBaselineLeaveItToAPerson() throws {
    let sent = CopyTask.sample(baseline: []).sent
    guard case .ambiguous(let two) = try look(sent, [bots(["a", "b"])]).outcome else {
        Issue.record("two were told apart")
        return
    }
    #expect(two.map(\.id) == ["a", "b"])
    #expect(two.first?.updatedAt == .noon + .seconds(1))
    guard case .ambiguous(let one) = try look(.sample().sent, [bots(["a"])]).outcome else {
        Issue.record("adopted without a baseline")
        return
    }
    #expect(one.map(\.id) == ["a"])
    #expect(try look(.sample().sent, [bots([])]).outcome == Sighting.none)
}

/// The row was changed at noon and one second; five seconds are allowed.
@Test(arguments: [(nil, true), (0, true), (6_000, true), (6_001, false), (-60_000, true)])
func timesAreComparedByTheirClock(_ ahead: Int64?, _ isFound: Bool) throws {
    let task = CopyTask.sample(baseline: [], clockAhead: ahead).sent
    let outcome = try look(task, [bots(["new"])]).outcome
    if isFound {
        guard case .found("new", _) = outcome else {
            Issue.record("\(String(describing: ahead))")
            return
        }
    } else {
        #expect(outcome == Sighting.none)
    }
}

@Test func aFailedOrMovingPageProvesNothing() throws {
    let task = CopyTask.sample(baseline: []).sent
    let moving = [bots(ids(0..<20), total: 21), bots(["b19"], total: 21)]
    guard case .trouble = try look(task, moving + moving + moving).outcome else {
        Issue.record("a moving list was believed")
        return
    }
    guard case .found = try look(task, moving + [bots(["new"])]).outcome else {
        Issue.record("a quiet list was not believed")
        return
    }
    guard case .trouble = try look(task, [moving[0], .text(502, "")]).outcome else {
        Issue.record("half a list was believed")
        return
    }
}

@Test func aListWithoutTotalMovesWhereARowComesTwice() throws {
    let row: JSONValue = [
        "workflow_id": "w", "workflow_name": "语音伴侣", "updated_at": "1773835201", "app_id": "0",
    ]
    let page = { (isLast: Bool) in
        Reply.coze(["has_more": .bool(!isLast), "items": [row]])
    }
    let task = CopyTask.sample("workflow", baseline: []).sent
    let moving = [page(false), page(true)]
    guard case .trouble = try look(task, moving + moving + moving).outcome,
        case .found("w", _) = try look(task, moving + [page(true)]).outcome
    else {
        Issue.record("a doubled row was overlooked, or a quiet list not believed")
        return
    }
}

@Test func aTargetThatIsNotKnownIsLeftToAPersonAtOnce() throws {
    let talk = try look(CopyTask.sample(from: nil, to: nil, baseline: []).sent, [])
    #expect(talk.outcome == .ambiguous([]))
    #expect(talk.asked.isEmpty)
}

@Test func theContractsListsAreRead() throws {
    guard SharedFiles.areThere else { return SharedFiles.skip("coze/*_list.json") }
    for (name, type, expected) in [
        ("bot_list", "bot", ["7512041635401000001", "7530938808750000067"]),
        ("app_list", "app", ["7516142259870000011"]),
        ("workflow_list", "workflow", ["7350583675492300021"]),
    ] {
        let fixture = try CozeFixture(name)
        let task = CopyTask.sample(type, from: "7309693825197000001", to: nil)
        let talk = try prepare(task, [.of(fixture.answer)])
        #expect(talk.outcome == .ready(Baseline(ids: expected)), "\(name)")
        let path = try #require(fixture.request["path"]?.string)
        #expect(
            talk.urls.first?.hasPrefix(base + path + "?workspace_id=7309693825197000001") == true)
    }
    // The second bot is the draft that a copy leaves behind, changed at 2025-09-09T03:00:00Z.
    let list = try CozeFixture("bot_list").answer
    let sentBefore = CopyTask.sample(
        from: "7309693825197000001", to: nil, baseline: ["7512041635401000001"],
        clockAhead: 1_757_386_800_000 - Timestamp.noon.milliseconds)
    guard case .found("7530938808750000067", _) = try look(sentBefore.sent, [.of(list)]).outcome
    else {
        Issue.record("the draft was not found")
        return
    }
    let workspaces = try CozeFixture("workspace_list").answer
    let personal = CopyTask.sample(from: "7487906116106500003", to: "7309693825197000001")
    #expect(refusal(try prepare(personal, [.of(workspaces)]).outcome)?.kind == .invalid)
}
