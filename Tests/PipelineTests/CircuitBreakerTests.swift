import Pipeline
import Testing

/// A breaker whose pauses are drawn without jitter.
private final class Trial {
    var breaker: CircuitBreaker
    var chance = SystemRandomNumberGenerator()

    init(jitter: ClosedRange<Int> = 100...100) {
        var limits = CircuitBreaker.Limits()
        limits.jitter = jitter
        breaker = CircuitBreaker(limits)
    }

    func note(_ outcomes: CircuitBreaker.Outcome..., at second: Double = 0) {
        for outcome in outcomes { breaker.note(outcome, at: .seconds(second), using: &chance) }
    }

    func permit(at second: Double) -> CircuitBreaker.Permit {
        breaker.permit(at: .seconds(second))
    }
}

@Suite struct CircuitBreakerTests {
    @Test func itOpensAtSeventyPercentOfTenAttemptsWithinAMinute() {
        let trial = Trial()
        for _ in 0..<3 { trial.note(.success) }
        for _ in 0..<6 { trial.note(.failure) }
        #expect(trial.breaker.isClosed, "nine attempts are too few")
        trial.note(.failure)
        #expect(!trial.breaker.isClosed)

        let milder = Trial()
        for _ in 0..<4 { milder.note(.success) }
        for _ in 0..<9 { milder.note(.failure) }
        #expect(milder.breaker.isClosed, "69 %")
        milder.note(.failure)
        #expect(!milder.breaker.isClosed, "71 %")

        let slow = Trial()
        for second in stride(from: 0.0, to: 300, by: 7) { slow.note(.failure, at: second) }
        #expect(slow.breaker.isClosed, "never ten within a minute")
    }

    @Test func itOpensAfterFiveTimeoutsInARow() {
        let trial = Trial()
        trial.note(.timeout, .timeout, .timeout, .timeout, .success, .timeout, .timeout, .timeout)
        trial.note(.timeout)
        #expect(trial.breaker.isClosed)
        trial.note(.timeout)
        #expect(!trial.breaker.isClosed)
    }

    @Test func openItRefusesUntilItsPauseIsOverAndThenLetsOneProbeOut() {
        let trial = Trial()
        trial.note(.timeout, .timeout, .timeout, .timeout, .timeout, at: 10)
        #expect(trial.permit(at: 10) == .refused(.seconds(30)))
        #expect(trial.permit(at: 39) == .refused(.seconds(1)))
        trial.note(.success, at: 39)
        #expect(!trial.breaker.isClosed, "what was sent before it opened says nothing")
        #expect(trial.permit(at: 40) == .granted)
        #expect(trial.permit(at: 40) == .refused(.seconds(1)))
        trial.breaker.withdraw()
        #expect(trial.permit(at: 40) == .granted)
    }

    @Test func threeProbesThatSucceedCloseIt() {
        let trial = Trial()
        trial.note(.timeout, .timeout, .timeout, .timeout, .timeout)
        for probe in 1...3 {
            #expect(trial.permit(at: 30) == .granted)
            trial.note(.success, at: 30)
            #expect(trial.breaker.isClosed == (probe == 3))
        }
        trial.note(.timeout, .timeout, .timeout, .timeout, at: 31)
        #expect(trial.breaker.isClosed, "nothing of before is remembered")
    }

    @Test func aProbeThatFailsDoublesThePauseUpToTenMinutes() {
        let trial = Trial()
        trial.note(.timeout, .timeout, .timeout, .timeout, .timeout)
        var now = 30.0
        for pause in [60.0, 120, 240, 480, 600, 600] {
            #expect(trial.permit(at: now) == .granted)
            trial.note(.failure, at: now)
            #expect(trial.permit(at: now) == .refused(.seconds(pause)))
            now += pause
        }
    }

    @Test func pausesAreDrawnAFifthLongerOrShorter() {
        var pauses: Set<CircuitBreaker.Permit> = []
        for _ in 0..<200 {
            let trial = Trial(jitter: 80...120)
            trial.note(.timeout, .timeout, .timeout, .timeout, .timeout)
            pauses.insert(trial.permit(at: 0))
        }
        #expect(pauses.count > 10)
        for case .refused(let pause) in pauses {
            #expect((Duration.seconds(24)...Duration.seconds(36)).contains(pause))
        }
    }
}
