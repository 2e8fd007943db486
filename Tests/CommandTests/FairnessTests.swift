import Testing

/// One endpoint that is dead, and owed a hundred times as much, is nobody else's trouble.
///
/// Judged against the same service without the flood, a moment before. Serialized: each measures
/// what the machine leaves to it.
@Suite(.serialized) struct FairnessTests {
    /// What a busy machine may add to a p99 that is a few milliseconds, in milliseconds.
    private static let noise: Int64 = KillPlan.isFull ? 50 : 250

    @Test(.timeLimit(.minutes(5)), arguments: FairnessDesk.Death.allCases)
    func theOthersHearAsSoonAsWithoutIt(_ death: FairnessDesk.Death) async throws {
        let desk = try await FairnessDesk(death)
        let (rate, seconds) = KillPlan.isFull ? (5, 40) : (5, 3)

        _ = try await desk.phase("first", rate: rate, seconds: 1, isFlooded: false)
        let alone = try await desk.phase("alone", rate: rate, seconds: seconds, isFlooded: false)
        let flooded = try await desk.phase("flooded", rate: rate, seconds: seconds, isFlooded: true)

        let owed = try await desk.owed()
        print(
            "fairness: \(death.rawValue): p50/p99/max \(alone.told) ms alone, \(flooded.told) ms "
                + "with \(FairnessDesk.factor) times the volume to a dead one "
                + "(\(alone.count) and \(flooded.count) deliveries, \(owed) still owed to it)")
        #expect(owed > 0)
        #expect(flooded.percentile(99) <= 2 * alone.percentile(99) + Self.noise)
    }
}

extension [Int64] {
    fileprivate var told: String { "\(percentile(50))/\(percentile(99))/\(last ?? 0)" }
}
