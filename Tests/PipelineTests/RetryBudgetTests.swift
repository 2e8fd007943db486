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
