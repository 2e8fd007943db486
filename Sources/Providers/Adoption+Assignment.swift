package import Domain

extension Adoption {
    /// Another task in doubt whose copy would look like this one's.
    package struct Rival: Hashable, Sendable {
        /// What the target held before its submission; `nil` where it was not read.
        package let baseline: [String]?
        /// Its submission by the platform's clock, the allowance for clocks taken off.
        package let since: Timestamp
        /// Whether it may have made more than one.
        package let isPossibleDuplicate: Bool

        package init(baseline: [String]?, since: Timestamp, isPossibleDuplicate: Bool) {
            self.baseline = baseline
            self.since = since
            self.isPossibleDuplicate = isPossibleDuplicate
        }
    }

    /// The one of several candidates that is ours, if each open task of this name gets its own.
    ///
    /// There must be as many candidates as tasks, and one way alone to give them out: a candidate
    /// that changed before a submission, or was there before it, is not that submission's
    /// (reliability.md 1.5). Two ways, or one candidate too many or too few, prove nothing.
    func assigned(_ candidates: [Sight], among rivals: [Rival]) -> Sight? {
        guard !rivals.isEmpty, candidates.count == rivals.count + 1,
            candidates.count <= Self.candidatesMax,
            candidates.allSatisfy({ $0.name != nil && $0.changedAt != nil }),
            rivals.allSatisfy({ !$0.isPossibleDuplicate })
        else { return nil }
        // Task 0 is this one, to which every candidate is open already.
        var open = [Array(candidates.indices)]
        for rival in rivals {
            let known = Set((rival.baseline ?? []).map { ByteText(rawValue: $0) })
            open.append(
                candidates.indices.filter { place in
                    let sight = candidates[place]
                    return !known.contains(ByteText(rawValue: sight.id))
                        && sight.changedAt.map { $0 >= rival.since } ?? true
                })
        }
        return Self.onlyMatching(open).map { candidates[$0[0]] }
    }

    /// Gives each task the one candidate that is left to it, until all are given out.
    ///
    /// Where there is one way alone, some task or some candidate has a single choice at every
    /// step; where no one has, there is another way, or none.
    ///
    /// - Parameter open: For each task the candidates that may be its own.
    /// - Returns: Each task's candidate; `nil` where that is not settled.
    static func onlyMatching(_ open: [[Int]]) -> [Int]? {
        var open = open.map { Set($0) }
        var given: [Int?] = Array(repeating: nil, count: open.count)
        for _ in open.indices {
            let waiting = open.indices.filter { given[$0] == nil }
            let single =
                waiting.first { open[$0].count == 1 }.flatMap { task in
                    open[task].first.map { (task, $0) }
                }
                ?? open.indices.lazy.compactMap { candidate in
                    let takers = waiting.filter { open[$0].contains(candidate) }
                    return takers.count == 1 ? (takers[0], candidate) : nil
                }.first
            guard let (task, candidate) = single else { return nil }
            given[task] = candidate
            open[task] = []
            for other in open.indices { open[other].remove(candidate) }
        }
        return given.allSatisfy { $0 != nil } ? given.compactMap(\.self) : nil
    }
}
