import Domain
import Testing

/// The course of an endpoint's health, from the row as it is stored.
@Suite struct HealthTests {
    private static let broken = Failure(.unavailable, message: "connect")

    private func row(
        since: Duration? = nil, warnedAt: Int = 0, disabled: Bool = false
    ) -> DestinationHealth {
        var row = DestinationHealth(.endpoint("ops"))
        row.failingSince = since.map { .start - $0 }
        row.warnedAt = warnedAt
        row.disabledAt = disabled ? .start - .hours(1) : nil
        row.revision = 7
        return row
    }

    private func told(_ change: HealthChange?) -> [String] {
        change?.news.map { "\($0.type.rawValue) \($0.percent.map { "\($0)" } ?? "-")" } ?? []
    }

    @Test(arguments: [
        (60, 0, 0, []), (60, 1, 50, ["endpoint.warning 50"]),
        (84, 0, 50, []), (84, 1, 70, ["endpoint.warning 70"]),
        (108, 0, 70, []), (108, 1, 90, ["endpoint.warning 90"]),
        (120, 0, 90, []), (120, 1, 100, ["endpoint.warning 100", "endpoint.disabled 100"]),
    ])
    func eachShareOfFiveDaysIsWarnedOfWhenItIsReached(
        _ hours: Int64, _ isReached: Int, _ warnedAt: Int, _ due: [String]
    ) {
        let before = FailureBudget.steps.last { $0 < max(warnedAt, 50) } ?? 0
        let age = Duration.hours(hours) - .milliseconds(isReached == 1 ? 0 : 1)
        let stored = row(since: age, warnedAt: isReached == 1 ? before : warnedAt)
        let change = stored.change(after: .failure(Self.broken), failingSince: nil, at: .start)
        #expect(told(change) == due)
        #expect((change == nil) == due.isEmpty)
        guard let health = change?.health else { return }
        #expect(health.warnedAt == warnedAt)
        #expect(health.revision == 7)
        #expect(health.failure == Self.broken)
        #expect((health.disabledAt == .start) == (warnedAt == 100))
        let again = health.change(after: .failure(Self.broken), failingSince: nil, at: .start)
        #expect(again == nil, "told once")
    }

    @Test func ofStepsThatFellIntoASilenceTheLastIsTold() {
        let change = row(since: .hours(110)).change(
            after: .failure(Self.broken), failingSince: nil, at: .start)
        #expect(told(change) == ["endpoint.warning 90"])
    }

    @Test func failuresAreStoredOnceTheyHaveLastedAMinute() {
        let row = row()
        let failure = EndpointNews.failure(Self.broken)
        #expect(row.change(after: failure, failingSince: nil, at: .start) == nil)
        let early = Timestamp.start - FailureBudget.spellMin
        #expect(
            row.change(after: failure, failingSince: early + .milliseconds(1), at: .start) == nil)
        #expect(row.change(after: failure, failingSince: nil, tries: 2, at: .start) == nil)
        let third = row.change(after: failure, failingSince: nil, tries: 3, at: .start)
        #expect(third?.health.failingSince == .start)
        let change = row.change(after: failure, failingSince: early, at: .start)
        #expect(change?.health.failingSince == early)
        #expect(told(change) == [])
    }

    @Test func oneThatSaysItIsGoneIsDisabledAtOnceAndOnce() {
        let change = row().change(after: .broken(Self.broken), failingSince: nil, at: .start)
        #expect(told(change) == ["endpoint.disabled -"])
        #expect(change?.health.disabledAt == .start)
        #expect(change?.health.failingSince == .start)
        let disabled = row(since: .days(9), disabled: true)
        for news in [EndpointNews.broken(Self.broken), .failure(Self.broken)] {
            #expect(disabled.change(after: news, failingSince: nil, at: .start) == nil)
        }
    }

    @Test func aRecoveryIsToldOfWhatWasWarnedOf() {
        #expect(row().change(after: .success, failingSince: nil, at: .start) == nil)
        let quiet = row(since: .hours(1)).change(after: .success, failingSince: nil, at: .start)
        #expect(quiet?.health.failingSince == nil)
        #expect(told(quiet) == [])
        for stored in [row(since: .days(3), warnedAt: 50), row(since: .hours(1), disabled: true)] {
            let change = stored.change(after: .success, failingSince: nil, at: .start)
            #expect(told(change) == ["endpoint.recovered -"])
            var clean = DestinationHealth(.endpoint("ops"))
            clean.revision = 7
            #expect(change?.health == clean)
            #expect(change?.health.recovery == nil)
        }
    }
}
