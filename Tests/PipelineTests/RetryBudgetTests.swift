import Domain
import Pipeline
import Testing

@Test func aRetryBudgetStartsWithTenRetriesAndEarnsOneByFiveFirstTries() {
    var budget = RetryBudget()
    /// Takes retries until there is nothing left to pay with.
    func retries() -> Int {
        (0..<100).first { _ in !budget.takeRetry() } ?? 100
    }
    for _ in 0..<100 { budget.noteFirstTry() }
    #expect(retries() == 10)
    for _ in 0..<4 { budget.noteFirstTry() }
    #expect(retries() == 0)
    budget.noteFirstTry()
    #expect(retries() == 1)
}

// A lone message to an endpoint that gets no others would otherwise wait for ever.
@Test func timeAloneEarnsARetryEveryTenSeconds() {
    var budget = RetryBudget()
    func take() -> Bool { budget.takeRetry() }
    budget.noteTime(.seconds(100))
    for _ in 0..<10 { _ = take() }
    budget.noteTime(.seconds(109))
    #expect(!take())
    budget.noteTime(.seconds(110))
    #expect(take())
    #expect(!take())
    budget.noteTime(.seconds(119))
    budget.noteTime(.seconds(121))
    #expect(take(), "what is left over counts on")
    budget.noteTime(.days(1))
    let retries = (0..<100).first { _ in !take() }
    #expect(retries == 10, "never more than full")
}
