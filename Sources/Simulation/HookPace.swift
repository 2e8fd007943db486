import Domain
import StrictJSON

/// How fast one address was written to, and what its platform does about that.
///
/// The published rates of contracts/notifications.md sections 6 to 15; ours stay below them.
struct HookPace: Sendable {
    private let scheme: EndpointHook.Scheme
    private var times: [Timestamp] = []
    private var mutedUntil: Timestamp?

    init(_ scheme: EndpointHook.Scheme) { self.scheme = scheme }

    /// Counts a message in, or answers what the platform says to one too many.
    mutating func admit(at now: Timestamp) -> SimulatedAnswer? {
        guard let longest = scheme.limits.map(\.per).max() else { return nil }
        times.removeAll { $0 + longest <= now }
        if let mutedUntil, now < mutedUntil { return scheme.tooFast }
        let isTooFast = scheme.limits.contains { limit in
            times.count { $0 + limit.per > now } >= limit.count
        }
        guard !isTooFast else {
            mutedUntil = scheme.silence.map { now + $0 }
            return scheme.tooFast
        }
        times.append(now)
        return nil
    }
}

extension EndpointHook.Scheme {
    /// No stretch of such a length holds more messages.
    fileprivate var limits: [Rate] {
        switch self {
        case .feishu: [Rate(5, per: .seconds(1)), Rate(100, per: .minutes(1))]
        case .dingtalk, .wecom, .infoflow, .telegram: [Rate(20, per: .minutes(1))]
        case .discord: [Rate(5, per: .seconds(2))]
        // One a second, with short bursts.
        case .slack: [Rate(10, per: .seconds(5))]
        case .googlechat: [Rate(60, per: .minutes(1))]
        case .webhook, .cloudevents, .mattermost, .teams, .none: []
        }
    }

    /// How long nothing at all is taken after one message too many.
    fileprivate var silence: Duration? { self == .dingtalk ? .minutes(10) : nil }

    fileprivate var tooFast: SimulatedAnswer {
        switch self {
        case .feishu:
            return .json([
                "code": 11232, "data": [:],
                "msg": "frequency limited psm[lark.oapi.app_platform_runtime]appID[1500]",
            ])
        case .dingtalk:
            return .json([
                "errcode": 130_101, "errmsg": "send too fast, exceed 20 times per minute",
            ])
        case .wecom, .infoflow:
            return .json(["errcode": 45009, "errmsg": "api freq out of limit"])
        case .telegram:
            return .json(
                [
                    "ok": false, "error_code": 429,
                    "description": "Too Many Requests: retry after 35",
                    "parameters": ["retry_after": 35],
                ], status: 429)
        case .discord:
            return .json(
                [
                    "message": "You are being rate limited.", "retry_after": 1, "global": false,
                ], status: 429)
        default:
            var answer = SimulatedAnswer.text("rate_limited", status: 429)
            answer.headers.append(("Retry-After", "5"))
            return answer
        }
    }
}
