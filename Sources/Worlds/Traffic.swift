import Domain
import Simulation
import Synchronization
import Transport

/// Counts what one worker sends in one life, where nobody of the service sees it.
///
/// Rates in every stretch, requests in flight, and the rest that somebody asked for.
final class Traffic: Sendable {
    /// What holds for requests of one kind to one host.
    struct Bound: Sendable {
        let host: String
        /// Submissions alone, everything but submissions, or all.
        let isSubmission: Bool?
        var rate: Rate?
        var concurrent: Int?

        func covers(_ host: String, _ isSubmission: Bool) -> Bool {
            self.host.utf8.elementsEqual(host.utf8)
                && (self.isSubmission ?? isSubmission) == isSubmission
        }
    }

    private struct State {
        var starts: [[Duration]]
        var inFlight: [Int]
        var rests: [Identifier<Bound>: [Range<Duration>]] = [:]
    }

    private let bounds: [Bound]
    /// Not where our clock jumps, since a pause may be a date, nor where the store stands still
    /// between the turn that a request took and its leaving.
    private let isCounting: Bool
    private let time: WorldTime
    private let chronicle: Chronicle
    private let state: Mutex<State>

    init(_ bounds: [Bound], isCounting: Bool, time: WorldTime, chronicle: Chronicle) {
        self.bounds = bounds
        self.isCounting = isCounting
        self.time = time
        self.chronicle = chronicle
        state = Mutex(
            State(
                starts: bounds.map { _ in [] }, inFlight: bounds.map { _ in 0 }))
    }

    func begin(_ host: String, isSubmission: Bool) {
        let now = time.clock.now.offset
        let broken: [String] = state.withLock { state in
            var broken: [String] = []
            // What left in the very instant in which the pause was asked for knew nothing of it.
            let rest = state.rests[Identifier(rawValue: host)]?.first {
                $0.lowerBound < now && now < $0.upperBound
            }
            if isCounting, let end = rest?.upperBound {
                broken.append("\(host) was called \((end - now).text) before its rest was over")
            }
            for (place, bound) in bounds.enumerated() where bound.covers(host, isSubmission) {
                state.inFlight[place] += 1
                if let most = bound.concurrent, state.inFlight[place] > most {
                    broken.append("\(state.inFlight[place]) calls of \(host) were in flight")
                }
                guard isCounting, let rate = bound.rate else { continue }
                state.starts[place].removeAll { $0 + rate.per <= now }
                state.starts[place].append(now)
                if state.starts[place].count > rate.count {
                    broken.append(
                        "\(host) was called \(state.starts[place].count) times in \(rate.per.text)")
                }
            }
            return broken
        }
        for line in broken { chronicle.note(contradiction: line) }
    }

    func end(_ host: String, isSubmission: Bool, with answer: HTTPAnswer?) {
        let now = time.clock.now.offset
        let asked = answer.flatMap { answer in
            answer.status == 429
                ? RetryAfter.duration(in: answer.headers, at: time.ours) : nil
        }
        state.withLock { state in
            for (place, bound) in bounds.enumerated() where bound.covers(host, isSubmission) {
                state.inFlight[place] -= 1
            }
            guard let asked, asked > .zero else { return }
            let host = Identifier<Bound>(rawValue: host)
            state.rests[host, default: []].removeAll { $0.upperBound <= now }
            state.rests[host, default: []].append(now..<(now + asked))
        }
    }
}
