/// Whether a connection keeps up, judged from what came and went and when.
///
/// Takes what happened and the time, answers with a reason to close; no clock, no socket. While we
/// owe an answer, nothing is asked of the peer's input: its next request waits because of us.
struct ConnectionPace {
    enum Reason: String, Hashable {
        case headTooSlow = "head_too_slow"
        case headTooLarge = "head_too_large"
        case requestTooLarge = "request_too_large"
        case bodyTooSlow = "body_too_slow"
        case answerTakenTooSlowly = "answer_taken_too_slowly"
        case idle
    }

    private enum Phase {
        /// Nothing of a request has come; `isFirst` until the first byte ever.
        case between(isFirst: Bool)
        case head
        case body
    }

    private let limits: ConnectionLimits
    private var phase = Phase.between(isFirst: true)
    /// Since when the phase lasts, or since when the peer may be asked to go on.
    private var since: Duration
    /// Whether places were short at some time since the last request.
    private var wasCrowded = false
    /// Bytes of the request that is coming in.
    private var requestBytes = 0
    /// Requests in hand that have no answer yet.
    private(set) var owed = 0
    private var bodyWindow: Window
    private var answerWindow: Window

    private struct Window {
        var start: Duration
        var bytes = 0
    }

    /// - Parameter now: On a clock that never jumps, as everywhere in here.
    init(limits: ConnectionLimits, at now: Duration) {
        self.limits = limits
        since = now
        bodyWindow = Window(start: now)
        answerWindow = Window(start: now)
    }

    /// Whether nothing of a request has come since the last one.
    var isBetweenRequests: Bool { if case .between = phase { true } else { false } }

    /// So many bytes came in, and nothing has been read from them yet.
    ///
    /// - Returns: Why they should not be.
    mutating func received(_ count: Int, at now: Duration) -> Reason? {
        if case .between(let isFirst) = phase {
            phase = .head
            // The first head is waited for since the connection, or silence would add to its time.
            if !isFirst { since = now }
            wasCrowded = false
            requestBytes = 0
        }
        requestBytes += count
        bodyWindow.bytes += count
        return requestBytes > limits.requestBytesMax ? .requestTooLarge : nil
    }

    /// A head is complete.
    mutating func headEnded(at now: Duration) {
        phase = .body
        bodyWindow = Window(start: now)
    }

    /// A request is complete, and an answer is owed.
    mutating func requestEnded(at now: Duration) {
        phase = .between(isFirst: false)
        since = now
        requestBytes = 0
        owed += 1
    }

    /// An answer has been written.
    mutating func answered(at now: Duration) {
        owed = max(0, owed - 1)
        guard owed == 0 else { return }
        since = now
        bodyWindow = Window(start: now)
    }

    /// Whether a head is still not complete though more has come, and was read, than one may have.
    func judgeHead() -> Reason? {
        let headBytesMax = limits.targetBytesMax + limits.fieldsBytesMax + 1_024
        guard case .head = phase, requestBytes > headBytesMax else { return nil }
        return .headTooLarge
    }

    /// What it is busy with, and since when.
    ///
    /// - Parameter unsent: Bytes of answers that the peer has not taken yet.
    func standing(unsent: Int) -> (ConnectionStanding, since: Duration) {
        if owed > 0 { return (.working, since) }
        if unsent > 0 { return (.answering, answerWindow.start) }
        switch phase {
        case .between(isFirst: true), .head: return (.waiting, since)
        case .between(isFirst: false): return (.idle, since)
        case .body: return (.receiving, since)
        }
    }

    /// - Parameters:
    ///   - unsent: Bytes of answers that the peer has not taken yet.
    ///   - sent: Bytes that it has taken since the connection began.
    ///   - isCrowded: Whether places are short.
    mutating func judge(
        at now: Duration, unsent: Int, sent: Int, isCrowded: Bool = false
    ) -> Reason? {
        if isCrowded { wasCrowded = true }
        // Who is still taking an answer is not idle yet.
        if case .between(isFirst: false) = phase, unsent > 0 { since = now }
        return judgeInput(at: now) ?? judgeOutput(at: now, unsent: unsent, sent: sent)
    }

    private mutating func judgeInput(at now: Duration) -> Reason? {
        guard owed == 0 else { return nil }
        switch phase {
        case .between(isFirst: true), .head:
            return now - since >= limits.headTime ? .headTooSlow : nil
        case .between(isFirst: false):
            let idleTime =
                wasCrowded ? min(limits.idleTime, limits.idleTimeCrowded) : limits.idleTime
            return now - since >= idleTime ? .idle : nil
        case .body:
            guard now - bodyWindow.start >= limits.paceTime else { return nil }
            defer { bodyWindow = Window(start: now) }
            return isTooSlow(bodyWindow.bytes, since: bodyWindow.start, now) ? .bodyTooSlow : nil
        }
    }

    private mutating func judgeOutput(at now: Duration, unsent: Int, sent: Int) -> Reason? {
        guard unsent > 0 else {
            answerWindow = Window(start: now, bytes: sent)
            return nil
        }
        guard now - answerWindow.start >= limits.paceTime else { return nil }
        defer { answerWindow = Window(start: now, bytes: sent) }
        return isTooSlow(sent - answerWindow.bytes, since: answerWindow.start, now)
            ? .answerTakenTooSlowly : nil
    }

    private func isTooSlow(_ bytes: Int, since start: Duration, _ now: Duration) -> Bool {
        Double(bytes) < (now - start) / .seconds(1) * Double(limits.paceBytes)
    }
}
