import Domain
import Providers
import Testing

private typealias Sight = Adoption.Sight

private func sight(
    _ id: String = "new", name: String? = "客服", secondsAfter: Int64? = 1, published: Bool? = false,
    owner: String? = "u1"
) -> Sight {
    Sight(
        id: id, name: name, changedAt: secondsAfter.map { .noon + .seconds($0) },
        isPublished: published, owner: owner)
}

private func judge(
    _ sights: [Sight], name: String? = "客服", baseline: [String]? = ["old"],
    own: Set<String> = ["mine"], openNames: [String] = [], olderUnresolved: Bool = false,
    rivals: [Adoption.Rival] = [], sentAgain: Bool = false
) -> Adoption.Verdict {
    Adoption(
        of: EntityReference(type: "bot", id: "source", name: name), baseline: baseline,
        since: .noon, own: own,
        among: Surroundings(
            openNames: openNames, hasOlderUnresolved: olderUnresolved),
        rivals: rivals, isPossibleDuplicate: sentAgain
    ).judge(sights)
}

/// Another open copy of the same name, sent so many seconds after noon.
private func rival(
    _ seconds: Int64, baseline: [String]? = ["old"], sentAgain: Bool = false
) -> Adoption.Rival {
    Adoption.Rival(
        baseline: baseline, since: .noon + .seconds(seconds), isPossibleDuplicate: sentAgain)
}

extension Adoption.Verdict {
    fileprivate var found: String? {
        guard case .one(let sight, _) = self else { return nil }
        return sight.id
    }

    fileprivate var candidates: [String]? {
        guard case .unclear(let candidates) = self else { return nil }
        return candidates.map(\.id)
    }
}

@Test func oneFreshDraftNamedLikeTheSourceIsOurs() {
    #expect(judge([sight()]).found == "new")
    #expect(
        judge([sight("old"), sight("mine"), sight(), sight("other", name: "别的")]).found == "new")
    guard case .one(_, let because) = judge([sight()]) else { return }
    #expect(because.contains("not in the list before the submission"))
    #expect(because.contains("changed at 2026-03-18T12:00:01.000Z"))
    #expect(because.contains("named like the source"))
}

@Test(arguments: [
    sight("old"), sight("mine"), sight("source"), sight(secondsAfter: -1), sight(published: true),
    sight(name: "别的"), sight(name: "客"),
])
func whatCannotBeOursIsNoCandidate(_ excluded: Adoption.Sight) {
    #expect(judge([excluded]) == .none)
    #expect(judge([excluded, sight("b")]).found == "b")
}

@Test func theLastMomentOfTheAllowanceStillCounts() {
    #expect(judge([sight(secondsAfter: 0)]).found == "new")
}

@Test func whatCannotBeToldForCertainIsKeptForAPerson() {
    #expect(judge([sight("a"), sight("b")]).candidates == ["a", "b"])
    #expect(judge([sight()], baseline: nil).candidates == ["new"])
    #expect(judge([sight("other", name: "x")], baseline: nil) == .none)
    #expect(judge([sight()], olderUnresolved: true).candidates == ["new"])
    #expect(judge([], olderUnresolved: true) == .none)
    #expect(judge([sight()], rivals: [rival(0)]).candidates == ["new"])
    #expect(judge([sight("other", name: "x")], rivals: [rival(0)]) == .none)
    #expect(judge([sight()], name: nil).candidates == ["new"])
    #expect(judge([sight()], name: "").candidates == ["new"])
    #expect(judge([sight(name: nil)]).candidates == ["new"])
    #expect(judge([sight(secondsAfter: nil)]).candidates == ["new"])
}

@Test func severalAreGivenOutWhereEachOpenCopyGetsItsOwnInOneWayAlone() {
    let (early, late) = (sight("a", secondsAfter: 3), sight("b", secondsAfter: 12))
    // Only we were sent when the early one changed, so the late one is the other's.
    #expect(judge([late, early], rivals: [rival(10)]).found == "a")
    guard case .one(_, let because) = judge([late, early], rivals: [rival(10)]) else { return }
    #expect(because.last == "each of 2 open copies of this name has its own")
    // The other's list already had one of them.
    let known = rival(0, baseline: ["old", "a"])
    #expect(judge([early, late], rivals: [known]).found == "a")
    // Three of us: what is left when two are settled.
    let three = [sight("c", secondsAfter: 30), late, early]
    #expect(judge(three, rivals: [rival(10), rival(20)]).found == "a")
}

@Test(arguments: [
    // Two ways to give them out; one too few; one too many; another's list was not read.
    ([3, 12], [rival(0)]), ([3], [rival(10)]), ([3, 12, 14], [rival(10)]),
    ([13, 14], [rival(10, baseline: nil)]),
    // Each may have made two.
    ([3, 12], [rival(10, sentAgain: true)]), ([3, 12, 14], [rival(10), rival(13), rival(13)]),
])
func severalProveNothingWhereTheyCanBeGivenOutOtherwise(
    _ seconds: [Int64], _ rivals: [Adoption.Rival]
) {
    let sights = seconds.map { sight("n\($0)", secondsAfter: $0) }
    #expect(judge(sights, rivals: rivals).candidates?.count == seconds.count)
}

@Test func whatMayHaveMadeTwoIsNotGivenOne() {
    let both = [sight("a", secondsAfter: 3), sight("b", secondsAfter: 12)]
    #expect(judge(both, rivals: [rival(10)], sentAgain: true).candidates == ["a", "b"])
    #expect(judge(both, olderUnresolved: true, rivals: [rival(10)]).candidates == ["a", "b"])
    #expect(judge(both, baseline: nil, rivals: [rival(10)]).candidates == ["a", "b"])
    // One alone is a copy of ours either way.
    #expect(judge([sight()], sentAgain: true).found == "new")
}

@Test func aListThatSaysLessIsNoObstacle() {
    #expect(judge([sight(published: nil, owner: nil)]).found == "new")
}

@Test func anOwnerWhoIsNotOursIsInDoubt() {
    #expect(judge([sight("mine", owner: "u1"), sight(owner: "u2")]).candidates == ["new"])
    #expect(judge([sight("mine", owner: "u2"), sight(owner: "u2")]).found == "new")
    // Two tokens in the past: nothing can be told from them.
    let two = [sight("mine", owner: "u1"), sight("mine2", owner: "u3"), sight(owner: "u2")]
    #expect(judge(two, own: ["mine", "mine2"]).found == "new")
}

@Test func candidatesAreBounded() {
    let many = (0..<50).map { sight("n\($0)") }
    #expect(judge(many).candidates?.count == Adoption.candidatesMax)
}

@Test func theLongestOpenNameClaimsTheCopy() {
    #expect(judge([sight(name: "Bot (new) 1")], name: "Bot", openNames: ["Bot (new)"]) == .none)
    #expect(
        judge([sight(name: "Bot (new) 1")], name: "Bot (new)", openNames: ["Bot"]).found == "new")
    #expect(judge([sight(name: "Bot 1")], name: "Bot", openNames: ["Bot (new)"]).found == "new")
}

@Test(arguments: [
    ("客服", "客服", true), ("客服", "客服2", true), ("客服", "客服(1)", true), ("v", "v(导入luukR)", true),
    ("Bot 1", "Bot 1 copy", true), ("Bot 1", "Bot 12", false), ("Bot 1", "Bot 1a", false),
    ("Bot", "Bots", false), ("Bot", "Bot2", false), ("Bot)", "Bot)2", true), ("Bot", "Bo", false),
    ("Bot", "bot", false), ("", "x", false), ("", "", false),
    // Composed and decomposed: the same to Swift's `==`, two names to a platform.
    ("caf\u{E9}", "cafe\u{301}", false),
])
func aNameIsContinuedOnlyAtTheEndOfAWord(source: String, name: String, isContinued: Bool) {
    #expect(SourceName.isContinued(source, by: name) == isContinued, "\(source) | \(name)")
}
