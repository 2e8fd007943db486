import CAllocations
import Foundation
import Rules
import StrictJSON

/// Runs one matcher on one thread and says what it took.
struct MatchMeter {
    let runMilliseconds: Int

    private static let runs = 5
    /// Events for which allocations are counted, after as many that warm the memory up.
    private static let counted = 100

    struct WrongAnswer: Error, CustomStringConvertible {
        let description: String
    }

    func measure(_ work: MatchWork) throws -> Figures {
        let before = copyhook_heap_bytes()
        let began = threadSeconds()
        var set = RuleSet(try work.read())
        let compiled = threadSeconds() - began
        let heap = copyhook_heap_bytes() - before
        try check(work, set)
        for index in 0..<Self.counted { _ = match(set, work, index) }
        let allocations = copyhook_allocations()
        for index in 0..<Self.counted { _ = match(set, work, index) }
        let allocated = copyhook_allocations() - allocations
        let rate = median { count in
            for index in 0..<count { _ = match(set, work, index) }
        }
        let added = try work.oneMore()
        let addingBegan = threadSeconds()
        set = set.adding([(work.patterns.count, added)])
        let adding = threadSeconds() - addingBegan

        var figures = Figures(work.name)
        figures.note("event bytes", work.events[0].count)
        figures.note("rules", work.patterns.count)
        figures.note("matches", set.matches(checked: work.events[0])?.count)
        figures.note("events/s", rate.rounded())
        figures.note("MB/s", (rate * Double(work.meanBytes) / 1e6).rounded())
        figures.note("allocations/event", Double(allocated) / Double(Self.counted))
        figures.note("engine bytes/rule", set.size / work.patterns.count)
        figures.note("heap bytes/rule", Int(heap) / work.patterns.count)
        figures.note("text bytes/rule", work.textBytes / work.patterns.count)
        figures.note("compile s", (compiled * 1_000).rounded() / 1_000)
        figures.note("add one ms", (adding * 100_000).rounded() / 100)
        return figures
    }

    /// What else there is to be done with an event, on the same machine in the same run.
    func comparisons() throws -> [Figures] {
        let event = MatchWork.usualEvent(7)
        var figures: [Figures] = []
        for (name, body) in [
            ("for comparison: the strict parser, whole tree", { try? JSONValue(eventParsing: $0) }),
            ("for comparison: a search for a byte that is not there", { $0.firstIndex(of: 0) }),
        ] as [(String, ([UInt8]) -> Any?)] {
            let rate = median { count in
                for _ in 0..<count { blackHole(body(event)) }
            }
            var row = Figures(name)
            row.note("event bytes", event.count)
            row.note("rules", nil as Int?)
            row.note("matches", nil as Int?)
            row.note("events/s", rate.rounded())
            row.note("MB/s", (rate * Double(event.count) / 1e6).rounded())
            figures.append(row)
        }
        return figures
    }

    /// One rule after another put to the rules in force, as an administrator does.
    func additions() throws -> [Figures] {
        let (count, more) = (100_000, 1_000)
        let all = MatchWork.matrix(kinds: [.exact], counts: [count + more])[0]
        let rules = try all.read().map { Rule(name: "r\($0.0)", match: $0.1) }
        let book = RuleBook(Array(rules[..<count]))
        var times: [Double] = []
        for end in count + 1...count + more {
            let next = Array(rules[..<end])
            let began = threadSeconds()
            book.replace(with: next)
            times.append((threadSeconds() - began) * 1_000)
        }
        times.sort()
        return [("the usual", times[more / 2]), ("the slowest", times[more - 1])].map {
            name, time in
            var row = Figures("\(more) more beside \(count) exact rules, one by one: \(name)")
            for column in ["event bytes", "rules", "matches", "events/s", "MB/s"] {
                row.note(column, column == "rules" ? count : nil)
            }
            for column in ["allocations/event", "engine bytes/rule", "heap bytes/rule"] {
                row.note(column, nil as Int?)
            }
            row.note("text bytes/rule", nil as Int?)
            row.note("compile s", nil as Int?)
            row.note("add one ms", (time * 100).rounded() / 100)
            return row
        }
    }

    @inline(never)
    private func match(_ set: RuleSet, _ work: MatchWork, _ index: Int) -> Int {
        set.matches(checked: work.events[index % work.events.count])?.count ?? -1
    }

    private func check(_ work: MatchWork, _ set: RuleSet) throws {
        for (index, expected) in work.expected
        where set.matches(checked: work.events[index]) != expected {
            throw WrongAnswer(description: "\(work.name): event \(index) has another answer")
        }
    }

    /// Events a second in the median of the runs.
    private func median(_ body: (Int) -> Void) -> Double {
        var batch = 1
        var rates: [Double] = []
        while rates.count < Self.runs {
            let began = threadSeconds()
            body(batch)
            let took = threadSeconds() - began
            if took * 1_000 < Double(runMilliseconds) {
                batch =
                    took < 1e-4
                    ? batch * 8
                    : Int(Double(batch) * Double(runMilliseconds) / 1_000 / took * 1.1) + 1
            } else {
                rates.append(Double(batch) / took)
            }
        }
        return rates.sorted()[Self.runs / 2]
    }

    private func threadSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}

@inline(never)
private func blackHole(_ value: Any?) {}
