import Domain
import StrictJSON
import Transport

/// One thing that goes wrong with a request.
///
/// The raw values are the keys of `PUT /_sim/faults`, and their order is the order in which they
/// are tried: the first that happens is the one, so that a request suffers from one alone.
enum FaultKind: String, Hashable, Sendable, CaseIterable {
    /// The connection ends without an answer, and nothing was done.
    case cutBefore = "cut_before"
    /// HTTP 429 with an empty body; nothing was done.
    case tooMany = "http_429"
    /// HTTP 500 with a text for a body; nothing was done.
    case serverError = "http_500"
    /// The platform's documented refusal; nothing was done.
    case refuse
    /// Everything is done, then the connection ends without an answer.
    case cutAfterActing = "cut_after_acting"
    /// Everything is done, then reported as HTTP 500.
    case serverErrorAfterActing = "http_500_after_acting"
    /// The copy is begun and ends as failed; where a platform copies at once it is refused.
    case fail
    /// Everything is done, then the answer is a page of HTML under status 200.
    case garbage
    /// Everything is done, then half the answer comes and the connection ends.
    case truncated
    /// Everything is done, then the answer comes a few bytes at a time.
    case drip

    /// Whether the platform does what it was asked for.
    var acts: Bool {
        switch self {
        case .cutBefore, .tooMany, .serverError, .refuse: false
        case .cutAfterActing, .serverErrorAfterActing, .fail, .garbage, .truncated, .drip: true
        }
    }
}

/// A fault with all that it needs.
struct Fault: Hashable, Sendable {
    var kind: FaultKind
    /// Seconds in `Retry-After` of a 429; without, the header is absent.
    var retryAfter: Int64?
    /// Whether it is written as a date, the header's other form.
    var isRetryAfterDate = false
    /// How much of a truncated body comes; without, half of it.
    var bytes: Int?
    /// Bytes a piece, and the pause before each, of an answer that drips.
    var piece = 16
    var pause: Duration = .milliseconds(20)

    init(_ kind: FaultKind) {
        self.kind = kind
    }

    /// The answer as this fault lets it travel.
    func spoil(_ answer: SimulatedAnswer, at now: Timestamp) -> SimulatedAnswer {
        var spoiled = answer
        switch kind {
        case .refuse, .fail: break
        case .cutBefore: spoiled.cut = .before
        case .cutAfterActing: spoiled.cut = .afterActing
        case .tooMany:
            spoiled = SimulatedAnswer(status: 429, headers: [("Content-Type", "text/plain")])
            if let retryAfter {
                let text =
                    isRetryAfterDate ? (now + .seconds(retryAfter)).httpDate : String(retryAfter)
                spoiled.headers.append(("Retry-After", text))
            }
        case .serverError, .serverErrorAfterActing:
            spoiled = .text("Internal Server Error", status: 500)
        case .garbage:
            spoiled = .text(
                "<html><head><title>Bad gateway</title></head><body>…</body></html>",
                status: 200, type: "text/html")
        case .truncated:
            // Of an empty body nothing can be missing, so that answer is lost whole.
            let count = answer.body.count
            spoiled.cut =
                count == 0
                ? .afterActing : .truncated(after: min(bytes ?? count / 2, count - 1))
        case .drip: spoiled.cut = .drip(piece: piece, pause: pause)
        }
        spoiled.delay = answer.delay
        return spoiled
    }
}

/// One entry of a plan: what the next request of a route meets.
struct PlannedFault: Hashable, Sendable {
    enum Effect: Hashable, Sendable {
        case fault(Fault)
        /// Exactly this answer; `acts` says whether the work is done as well.
        case answer(Exact)
        /// Nothing goes wrong: one request passes.
        case none
    }

    struct Exact: Hashable, Sendable {
        struct Field: Hashable, Sendable {
            let name: String
            let value: String
        }
        var status: Int
        var headers: [Field]
        var body: [UInt8]
        var acts: Bool
    }

    /// A name of ``SimulatedPlatform/routes(of:)`` or a path; `nil` for every request.
    var route: String?
    /// How many requests it is still good for.
    var times: Int
    var delay: ClosedRange<Int64>?
    var effect: Effect
    /// As it was written, for `GET /_sim/faults`.
    var source: JSONObject
}
