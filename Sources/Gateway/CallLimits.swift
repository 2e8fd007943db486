import Administration
import Domain

/// How often the API may be asked.
///
/// No settings: they keep a script that went wild from being in everybody's way, and are far above
/// what a person or a program that looks after copies needs. Publishing is not counted, since
/// intake holds back by itself when it has enough.
package struct CallLimits: Hashable, Sendable {
    package typealias Limit = CallAllowance<String>.Limit

    /// Calls of one API key.
    package var ofKey = Limit(perSecond: 200, burst: 1_000)
    /// Calls without a key that is known, of one address.
    ///
    /// A key that is known is let in whatever others of its address do: behind a proxy or a shared
    /// address, one could lock out all otherwise. Keys of 256 bits are not found by trying.
    package var ofStranger = CallAllowance<[UInt8]>.Limit(perSecond: 10, burst: 50)
    /// The same for loopback and trusted proxies, behind which there may be many.
    package var ofStrangersBehind = CallAllowance<[UInt8]>.Limit(perSecond: 500, burst: 2_000)

    package init() {}
}

extension HTTPGateway {
    /// Counts a call with a key; `nil` for one that is not counted.
    func allowance(
        of who: Principal, for call: APICall
    ) -> CallAllowance<String>.Verdict? {
        guard call.scope != .ingest else { return nil }
        return calls.take(who.id, of: callLimits.ofKey, at: time.elapsed())
    }

    /// What is said to who has no key that we know.
    func refusal(ofStrangerAt peer: PeerAddress?) -> Answer {
        let limit =
            peer.map(isExempt) ?? true ? callLimits.ofStrangersBehind : callLimits.ofStranger
        let verdict = strangers.take(peer?.host ?? [], of: limit, at: time.elapsed())
        guard verdict.isAllowed else { return Problem.rateLimited(verdict.retryAfter).answer }
        return Problem.unauthorized.answer
    }
}

extension Answer {
    /// With what is left, as draft-ietf-httpapi-ratelimit-headers-10 writes it.
    func saying(_ verdict: CallAllowance<String>.Verdict?, of limit: CallLimits.Limit) -> Answer {
        guard let verdict else { return self }
        var answer = self
        let whole = limit.wholeSeconds
        answer.headers.append(("RateLimit-Policy", "\"key\";q=\(limit.burst);w=\(whole)"))
        let missing = limit.burst - verdict.left
        let seconds = (missing + limit.perSecond - 1) / limit.perSecond
        answer.headers.append(("RateLimit", "\"key\";r=\(verdict.left);t=\(seconds)"))
        return answer
    }
}
