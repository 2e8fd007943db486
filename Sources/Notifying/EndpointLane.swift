import Domain
import Pipeline
import Storage

/// What is known of one endpoint while the process runs: who is in flight, and what holds it back.
///
/// A value, changed under the desk's lock. After a restart an endpoint that still wants a pause
/// says so again. Moments are those of the clock that never jumps.
struct EndpointLane: Sendable {
    /// The pause after a first sign of strain that names no time; doubles with each further one.
    static let pauseBase = Duration.seconds(1)
    static let pauseMax = Duration.seconds(60)
    /// Above this mean time of an attempt an endpoint gets one at a time (reliability.md 2,
    /// "Fairness"); taken over the last ten, and only once there are five.
    static let timeMax = Duration.seconds(5)
    private static let timesKept = 10
    private static let timesMin = 5
    /// How long an endpoint that was given up is left alone between two probes.
    static let probePause = Duration.hours(1)
    /// How long a receiver's word that it wants our messages is taken for true.
    static let permissionLength = Duration.days(1)

    /// Its destination's place at the desk.
    var line: Int
    /// What waits for longer than this while the endpoint is disabled is given up.
    let waitMax: Duration
    private let concurrentMax: Int
    /// When several deliveries go out as one message; `nil` where they never do.
    let merging: ClaimShare.Merging?
    private var windows: [RateWindow]
    private var inFlight = 0
    private var heldUntil: Duration?
    /// Answers in a row that said the endpoint is short of breath.
    private var strain = 0
    private var times: [Duration] = []
    private var budget = RetryBudget()
    /// When the next probe may go; `nil` for an endpoint that is not disabled.
    private var probeAt: Duration?
    /// What was due before this moment is overdue: we were away, or the endpoint was disabled.
    ///
    /// `nil` once nothing of it is left, as far as is known.
    private(set) var overdueBefore: Timestamp?
    /// The receiver's permission: until when it holds, and what it allows.
    ///
    /// Asked for again every day and after a restart.
    private var permission: (until: Duration, rate: Rate?)?
    private var allowance: RateWindow?
    /// Whether a person has switched it off: nothing leaves, and nothing is given up either.
    private(set) var isSwitchedOff = false
    /// Where its chat went; known until the restart, and learned again after it.
    var movedChat: String?

    /// - Parameter mergeMax: How many notifications one message may stand for.
    init(
        line: Int, endpoint: Endpoint, rates: [Rate], mergeMax: Int, waitMax: Duration,
        overdueBefore: Timestamp
    ) {
        self.line = line
        self.waitMax = waitMax
        concurrentMax = max(1, endpoint.concurrent)
        windows = rates.map { RateWindow($0) }
        // What leaves within a minute by itself is not worth merging.
        let drain = rates.map { rate in
            Int(
                Duration.minutes(1).wholeMilliseconds * Int64(rate.count)
                    / max(1, rate.per.wholeMilliseconds))
        }.min()
        merging = drain.flatMap { drain in
            mergeMax > 1 ? ClaimShare.Merging(above: max(1, drain), perPlace: mergeMax) : nil
        }
        self.overdueBefore = overdueBefore
    }

    /// Deliveries that may be in flight, fewer for one that is slow.
    var concurrent: Int {
        guard times.count >= Self.timesMin else { return concurrentMax }
        return times.reduce(.zero, +) / times.count > Self.timeMax ? 1 : concurrentMax
    }

    /// Places that nobody has, whatever else may hold it back.
    var free: Int { max(0, concurrent - inFlight) }

    var isIdle: Bool { inFlight == 0 }
    var isDisabled: Bool { probeAt != nil }

    /// How much a claim may take, as far as the endpoint itself has a say.
    mutating func places(at now: Duration) -> Int {
        guard holdEnd(at: now) == nil else { return 0 }
        var places = free
        for index in windows.indices { places = min(places, windows[index].free(at: now)) }
        if let free = allowance?.free(at: now) { places = min(places, free) }
        return max(0, places)
    }

    func needsPermission(at now: Duration) -> Bool { permission.map { $0.until <= now } ?? true }

    mutating func notePermission(_ rate: Rate?, at now: Duration) {
        // What was sent under the same rate counts on.
        if allowance == nil || permission?.rate != rate {
            allowance = rate.map { RateWindow($0) }
        }
        permission = (now + Self.permissionLength, rate)
    }

    /// Until when nothing is sent to it; `nil` when something may be.
    func holdEnd(at now: Duration) -> Duration? {
        [heldUntil, probeAt].compactMap { $0 }.max().flatMap { $0 > now ? $0 : nil }
    }

    /// Counts a delivery in, whether it will be sent or not.
    mutating func enter(at now: Duration) {
        inFlight += 1
        for index in windows.indices { windows[index].note(at: now) }
        allowance?.note(at: now)
    }

    mutating func leave() { inFlight = max(0, inFlight - 1) }

    /// Counts in what is still under way from before the endpoint was changed.
    mutating func takeOver(from former: EndpointLane) { inFlight = former.inFlight }

    /// Pays for an attempt; `false` for a retry that there is nothing left to pay with.
    mutating func pay(isRetry: Bool, at now: Duration) -> Bool {
        budget.noteTime(now)
        guard !isRetry else { return budget.takeRetry() }
        budget.noteFirstTry()
        return true
    }

    /// Notes that a retry was taken.
    mutating func giveBackRetry() { budget.giveBackRetry() }

    /// Notes that a probe leaves, so that the next one is far away.
    mutating func noteProbe(at now: Duration) {
        if isDisabled { probeAt = now + Self.probePause }
    }

    mutating func note(time: Duration) {
        times.append(time)
        if times.count > Self.timesKept { times.removeFirst() }
    }

    /// Notes what an endpoint asked for, or that it breathes again.
    ///
    /// A pause only ever grows longer, since answers of requests sent before it still come in.
    mutating func note(pause: Duration?, isStrained: Bool, isWell: Bool, at now: Duration) {
        if isWell { strain = 0 }
        if isStrained { strain += 1 }
        var hold = pause ?? .zero
        if isStrained, pause == nil {
            let doublings = min(strain - 1, 6)
            hold = min(Self.pauseMax, Self.pauseBase * (1 << doublings))
        }
        guard hold > .zero else { return }
        heldUntil = max(heldUntil ?? .zero, now + hold)
    }

    /// Notes what the store says of it, and answers whether that is new.
    ///
    /// An endpoint that is enabled again finds all that waited for it overdue, and its slowness
    /// forgotten; one that is found disabled at the start is probed at once, since somebody may
    /// have mended it and started us for that.
    mutating func setDisabled(_ isDisabled: Bool, probeAt probe: Duration, at now: Timestamp) {
        guard isDisabled != self.isDisabled else { return }
        probeAt = isDisabled ? probe : nil
        guard !isDisabled else { return }
        overdueBefore = now
        times = []
    }

    /// Takes over what a person decided; what waited meanwhile is overdue.
    mutating func setSwitchedOff(_ isOff: Bool, at now: Timestamp) {
        guard isOff != isSwitchedOff else { return }
        isSwitchedOff = isOff
        if !isOff { overdueBefore = now }
    }

    /// Nothing that was due before is left.
    mutating func noteCaughtUp() { overdueBefore = nil }
}
