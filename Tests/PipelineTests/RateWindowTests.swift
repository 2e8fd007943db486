import Domain
import Pipeline
import Testing

@Test func noStretchOfAWindowHoldsMoreThanItsRate() {
    var window = RateWindow(Rate(3, per: .seconds(1)))
    func free(at now: Duration) -> Int { window.free(at: now) }
    #expect(free(at: .zero) == 3)
    window.note(at: .zero)
    window.note(at: .milliseconds(600))
    window.note(at: .milliseconds(600))
    #expect(free(at: .milliseconds(999)) == 0)
    #expect(free(at: .seconds(1)) == 1)
    #expect(free(at: .milliseconds(1_599)) == 1)
    #expect(free(at: .milliseconds(1_600)) == 3)
}

@Test func whatHappensWithoutRoomLeavesNoneAndNotLess() {
    var window = RateWindow(Rate(3, per: .seconds(1)))
    for _ in 0..<10 { window.note(at: .zero) }
    let free = window.free(at: .zero)
    #expect(free == 0)
}

@Test func aWindowOfVeryManyIsCutShorterAndStaysTrue() {
    var window = RateWindow(Rate(100_000, per: .seconds(1)))
    func free(at now: Duration) -> Int { window.free(at: now) }
    #expect(free(at: .zero) == 1_000)
    for _ in 0..<1_000 { window.note(at: .zero) }
    #expect(free(at: .milliseconds(9)) == 0)
    #expect(free(at: .milliseconds(10)) == 1_000)
}
