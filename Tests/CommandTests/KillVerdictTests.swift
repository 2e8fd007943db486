import StrictJSON
import Testing

/// The judge of the kills, judged: one good end, and every promise broken once.
@Suite struct KillVerdictTests {
    private static let good = KillVerdict(
        acknowledged: [.init(key: "k1", original: "b1")],
        events: [["key": "k1", "state": "matched"]],
        tasks: [task("succeeded", copy: "c1")],
        copies: [["entity_id": "b1", "copied_entity_id": "c1"]],
        received: [told("copy.succeeded")])

    private static func task(_ state: String, copy: JSONValue = .null) -> JSONValue {
        [
            "id": "t1", "entity": ["id": "b1"], "state": .string(state), "copy_id": copy,
            "sequence": 1,
        ]
    }

    private static func told(
        _ type: String, id: String? = "m1", sequence: Int64 = 1, isVerified: Bool? = true,
        isTaken: Bool = true, at endpoint: String = "/hooks/0"
    ) -> KillVerdict.Received {
        .init(
            taskID: "t1", sequence: sequence, type: type, endpoint: endpoint, webhookID: id,
            isVerified: isVerified, isTaken: isTaken)
    }

    @Test func aGoodEndBreaksNothing() {
        #expect(Self.good.broken.isEmpty)
    }

    @Test func aSecondSendingUnderTheSameIDBreaksNothing() {
        var verdict = Self.good
        verdict.received.append(Self.told("copy.succeeded", isTaken: false))
        #expect(verdict.broken.isEmpty)
    }

    @Test func anUnresolvedTaskWithoutACopyBreaksNothing() {
        var verdict = Self.good
        verdict.tasks = [Self.task("unresolved")]
        verdict.copies = []
        verdict.received = [Self.told("copy.unresolved")]
        #expect(verdict.broken.isEmpty)
    }

    struct Breach: Sendable {
        let words: String
        let change: @Sendable (inout KillVerdict) -> Void

        init(_ words: String, _ change: @escaping @Sendable (inout KillVerdict) -> Void) {
            self.words = words
            self.change = change
        }
    }

    private static let breaches = [
        Breach("stored 0 times") { $0.events = [] },
        Breach("stored 2 times") { $0.events += $0.events },
        Breach("not matched") { $0.events = [["key": "k1", "state": "received"]] },
        Breach("has 0 tasks") { $0.tasks = [] },
        Breach("has 2 tasks") { $0.tasks += $0.tasks },
        Breach("copied 2 times") { $0.copies += $0.copies },
        Breach("succeeded with 0") { $0.copies = [] },
        Breach("not its own") { $0.copies = [["entity_id": "b1", "copied_entity_id": "c2"]] },
        Breach("can be told") { $0.tasks = [task("unresolved")] },
        Breach("is submitting") { $0.tasks = [task("submitting")] },
        Breach("is failed") { $0.tasks = [task("failed")] },
        Breach("was not told") { $0.received = [] },
        Breach("was not told") { $0.received = [told("copy.succeeded", isTaken: false)] },
        Breach("was not told") { $0.received = [told("copy.failed")] },
        Breach("was not told") { $0.received = [told("copy.succeeded", sequence: 2)] },
        Breach("wrongly signed") { $0.received = [told("copy.succeeded", isVerified: false)] },
        Breach("wrongly signed") { $0.received = [told("copy.succeeded", isVerified: nil)] },
        Breach("under 2 ids") { $0.received.append(told("copy.succeeded", id: "m2")) },
        Breach("under 1 ids") { $0.received = [told("copy.succeeded", id: nil)] },
        Breach("/hooks/1 was not told") { $0.endpoints = ["/hooks/0", "/hooks/1"] },
        Breach("stands for") {
            $0.received.append(told("copy.succeeded", at: "/hooks/1"))
        },
        Breach("stands for") { $0.received.append(told("copy.stalled", sequence: 2)) },
    ]

    @Test(arguments: breaches)
    func everyBrokenPromiseIsSeen(_ breach: Breach) {
        var verdict = Self.good
        breach.change(&verdict)
        #expect(verdict.broken.contains { $0.contains(breach.words) }, "\(verdict.broken)")
    }

    @Test func twoEndpointsHearOfAnEndUnderTwoIDs() {
        var verdict = Self.good
        verdict.endpoints.append("/hooks/1")
        verdict.received.append(Self.told("copy.succeeded", id: "m2", at: "/hooks/1"))
        #expect(verdict.broken.isEmpty, "\(verdict.broken)")
    }

    @Test(arguments: [
        // Once each.
        ([("m1", true), ("m2", true)], 2, 0, 0),
        // Again although it was answered.
        ([("m1", true), ("m1", true)], 1, 1, 0),
        ([("m1", true), ("m1", false), ("m1", true)], 1, 2, 0),
        // Again because the answer was cut off.
        ([("m1", false), ("m1", true)], 1, 0, 1),
        // Both, and another in between.
        ([("m1", false), ("m2", true), ("m1", true), ("m1", true)], 2, 1, 1),
        ([], 0, 0, 0),
    ])
    func aDuplicateIsWhatComesAgainAfterAnAnswer(
        _ received: [(id: String, isTaken: Bool)], _ notifications: Int, _ duplicates: Int,
        _ afterLostAnswer: Int
    ) {
        var verdict = Self.good
        verdict.received = received.map {
            Self.told("copy.succeeded", id: $0.id, isTaken: $0.isTaken)
        }
        let repeats = verdict.repeats
        #expect(repeats.notifications == notifications)
        #expect(repeats.duplicates == duplicates)
        #expect(repeats.afterLostAnswer == afterLostAnswer)
        #expect(repeats.deliveries == received.count)
    }
}
