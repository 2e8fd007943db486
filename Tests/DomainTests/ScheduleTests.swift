import Domain
import Testing

/// A generator whose draws fall on the least, the middle or the greatest of a small range.
private struct Fixed: RandomNumberGenerator {
    enum Place: CaseIterable { case least, middle, greatest }

    let place: Place
    mutating func next() -> UInt64 {
        switch place {
        // Not 0, which the fair reduction of a range would refuse for ever.
        case .least: UInt64.max / 64
        case .middle: UInt64.max / 2
        case .greatest: UInt64.max
        }
    }
}

@Suite struct RetryScheduleTests {
    private let schedule = RetrySchedule([.seconds(1), .seconds(10)], jitter: 80...120)

    @Test func everyDelayIsDrawnAroundItsPlace() {
        for (place, percent) in [(Fixed.Place.least, 80), (.middle, 100), (.greatest, 120)] {
            var generator = Fixed(place: place)
            let first = schedule.delay(after: 1, age: .zero, using: &generator)
            let second = schedule.delay(after: 2, age: .zero, using: &generator)
            #expect(first == .milliseconds(10 * percent))
            #expect(second == .milliseconds(100 * percent))
        }
    }

    @Test func afterTheLastDelayNothingIsLeft() {
        var generator = SystemRandomNumberGenerator()
        #expect(schedule.delay(after: 2, age: .days(9), using: &generator) != nil)
        #expect(schedule.delay(after: 3, age: .zero, using: &generator) == nil)
    }

    @Test func theLastDelayRepeatsUntilTheAge() {
        let schedule = RetrySchedule(
            [.seconds(1), .hours(1)], repeatsUntil: .hours(24), jitter: 100...100)
        var generator = SystemRandomNumberGenerator()
        let last = Duration.hours(24) - .milliseconds(1)
        #expect(schedule.delay(after: 9, age: last, using: &generator) == .hours(1))
        #expect(schedule.delay(after: 9, age: .hours(24), using: &generator) == nil)
        #expect(schedule.delay(after: 1, age: .hours(24), using: &generator) == .seconds(1))
    }

    @Test func theHousesSchedulesAreThosePromised() {
        #expect(RetrySchedule.webhook.delays.count == 11)
        let total = RetrySchedule.webhook.delays.reduce(.zero, +)
        #expect(total > .hours(75) && total < .hours(76))
        #expect(RetrySchedule.webhook.jitter == 85...125)
        #expect(
            RetrySchedule.chat.delays == [.seconds(5), .seconds(30), .minutes(2), .minutes(10)])
        #expect(
            RetrySchedule.notSent.delays == [
                .seconds(1), .seconds(5), .seconds(15), .seconds(60), .minutes(5), .minutes(15),
                .hours(1),
            ])
        #expect(RetrySchedule.notSent.repeatsUntil == .hours(24))
    }
}

@Suite struct LookScheduleTests {
    private func looks(window: Duration, from first: Duration = .zero) -> [Duration] {
        var looks: [Duration] = []
        var now = Timestamp.start + first
        while let next = LookSchedule.next(after: now, dispatchedAt: .start, window: window) {
            looks.append(next - .start)
            now = next
        }
        return looks
    }

    @Test func theLastLookFallsOnTheEndOfTheWindow() {
        #expect(looks(window: .seconds(60)) == [2, 10, 30, 60].map { .seconds($0) })
        #expect(looks(window: .seconds(45)) == [2, 10, 30, 45].map { .seconds($0) })
        #expect(looks(window: .seconds(1)) == [.seconds(1)])
        #expect(
            looks(window: .minutes(6)) == [2, 10, 30, 60, 180, 300, 360].map { .seconds($0) })
        #expect(looks(window: .zero).isEmpty)
    }

    @Test func aLateStartDropsTheLooksThatArePast() {
        #expect(looks(window: .seconds(60), from: .seconds(15)) == [.seconds(30), .seconds(60)])
        #expect(looks(window: .seconds(60), from: .seconds(60)).isEmpty)
    }

    @Test func unresolvedIsLookedAtEveryTwoMinutesThenHourlyForAWeek() {
        func wait(_ age: Duration) -> Duration? {
            LookSchedule.nextUnresolved(after: .start + age, unresolvedSince: .start)
                .map { $0 - (.start + age) }
        }
        #expect(wait(.zero) == .minutes(2))
        #expect(wait(.hours(1) - .milliseconds(1)) == .minutes(2))
        #expect(wait(.hours(1)) == .hours(1))
        #expect(wait(.days(7) - .milliseconds(1)) == .hours(1))
        #expect(wait(.days(7)) == nil)
    }
}
