// Which values pass an `anything-but`: most do, so that those that do not are looked for.
extension EngineVerdict {
    /// Calls `take` with each value of a field that passes nothing of what a test excludes, the
    /// last first, for as long as it returns `true`.
    ///
    /// The first is judged by what it passes, which is little, however much is excluded; where
    /// there are more values, and no fewer than are excluded, the others by a mark on each of those
    /// that pass something excluded.
    func visitValues(
        of field: Int32, beyond test: Int32, _ take: (MatchScratch.Occurrence) -> Bool
    ) {
        let excluded = tables.pointee.exclusions[tables.pointee.detailOfTest[test]]
        var next = scratch.pointee.fields[field].last
        var mark: UInt32?
        while next >= 0 {
            let occurrence = scratch.pointee.occurrences[next]
            let isExcluded =
                mark.map { scratch.pointee.marks[next] == $0 }
                ?? passes(occurrence, oneOf: excluded)
            if !isExcluded, !take(occurrence) { return }
            scratch.pointee.steps &+= 1
            next = occurrence.previous
            if mark == nil, next >= 0, excluded.count <= scratch.pointee.occurrences.count {
                mark = marking(excluded)
            }
        }
    }

    /// Marks the values that pass one of these tests, and tells the mark.
    private func marking(_ excluded: EngineStretch) -> UInt32 {
        while scratch.pointee.marks.count < scratch.pointee.occurrences.count {
            scratch.pointee.marks.append(0)
        }
        scratch.pointee.mark += 1
        scratch.pointee.steps &+= excluded.count
        for index in excluded.indices {
            let test = tables.pointee.excluded[index]
            guard scratch.pointee.isPassed(test) else { continue }
            var next = scratch.pointee.tests[test].lastHit
            while next >= 0 {
                let hit = scratch.pointee.hits[next]
                scratch.pointee.marks[Int(hit.occurrence)] = scratch.pointee.mark
                scratch.pointee.steps &+= 1
                next = hit.previous
            }
        }
        return scratch.pointee.mark
    }

    private func passes(
        _ occurrence: MatchScratch.Occurrence, oneOf excluded: EngineStretch
    ) -> Bool {
        scratch.pointee.steps &+= occurrence.hits.count
        for index in occurrence.hits.indices
        where isExcluded(scratch.pointee.hits[index].test, in: excluded) { return true }
        return false
    }

    private func isExcluded(_ test: Int32, in stretch: EngineStretch) -> Bool {
        var (start, end) = (stretch.start, stretch.end)
        while start < end {
            let middle = (start + end) / 2
            let excluded = tables.pointee.excluded[middle]
            if excluded == test { return true }
            if excluded < test { start = middle + 1 } else { end = middle }
        }
        return false
    }
}
