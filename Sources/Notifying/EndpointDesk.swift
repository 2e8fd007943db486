import Channels
import Domain
import Logging
import Pipeline
import Synchronization
import Transport

/// Who is being talked to right now, and who is to be left alone.
///
/// Two lines of thought meet here. What is known of an endpoint (places, pace, pauses, budget,
/// whether it was given up) is its ``EndpointLane``. What is known of where it lives (the breaker,
/// and how fast an old backlog may leave) is a line that all endpoints of the same scheme, host,
/// port and credential share. A class, since all deliveries of a process look at the same desk.
final class EndpointDesk: Sendable {
    struct Line {
        var names: [String] = []
        /// Which name comes first where the backlog has fewer places than there are names.
        var first = 0
        var breaker = CircuitBreaker()
        /// Overdue deliveries, and retries that were moved.
        var backlog = RateWindow(EndpointDesk.backlogRate)
    }

    struct State {
        /// Of the destinations that it was made of.
        var edition = 0
        var endpoints: [String: Endpoint] = [:]
        var lanes: [String: EndpointLane] = [:]
        var lines: [Line] = []
        fileprivate var keys: [DestinationKey: Int] = [:]
        /// The scheme, host and port of each endpoint, by its name.
        var hosts: [String: String] = [:]
    }

    /// How fast what is overdue leaves for one destination (reliability.md 2, "Notifications").
    static let backlogRate = Rate(20, per: .seconds(1))
    /// A restart within this time is no outage: what fell due meanwhile leaves as usual.
    static let outageMin = Duration.minutes(1)

    /// Whether a delivery may go out now.
    enum Admission: Equatable {
        case go
        /// Not before this much time has passed; costs no try.
        case wait(Duration)
        /// Its endpoint has no budget left for retries: at its next step.
        case nextStep
    }

    let time: TimeSource
    private let chance: Chance
    private let log: Logger
    let state: Mutex<State>

    init(_ destinations: Destinations, time: TimeSource, chance: Chance, log: Logger) {
        self.time = time
        self.chance = chance
        self.log = log
        state = Mutex(State())
        take(destinations)
    }

    /// Takes the endpoints that are there now: lanes appear, change and go.
    ///
    /// What is known of an endpoint that stays as it was stays as well, and so does the line of a
    /// destination; one that is changed is a new acquaintance.
    ///
    /// - Returns: Whether they are others than before.
    @discardableResult
    func take(_ destinations: Destinations) -> Bool {
        let now = time.now()
        let overdueBefore = now - Self.outageMin
        return state.withLock { state in
            guard destinations.edition > state.edition else { return false }
            var next = State(edition: destinations.edition)
            for endpoint in destinations.audience.endpoints
            where next.lanes[endpoint.name] == nil {
                let key = DestinationKey(endpoint)
                let place = next.keys[key] ?? next.lines.count
                if place == next.lines.count {
                    var line = state.keys[key].map { state.lines[$0] } ?? Line()
                    line.names = []
                    line.first = 0
                    next.lines.append(line)
                }
                next.keys[key] = place
                next.hosts[endpoint.name] = key.place
                next.endpoints[endpoint.name] = endpoint
                next.lines[place].names.append(endpoint.name)
                let former = state.lanes[endpoint.name]
                let isOff = destinations.switchedOff.contains(.endpoint(endpoint.name))
                if var lane = former, state.endpoints[endpoint.name] == endpoint {
                    lane.line = place
                    lane.setSwitchedOff(isOff, at: now)
                    next.lanes[endpoint.name] = lane
                    continue
                }
                let channel = endpoint.channel.messages
                var lane = EndpointLane(
                    line: place, endpoint: endpoint,
                    rates: endpoint.rate.map { [$0] } ?? channel.rates,
                    mergeMax: channel.mergeMax,
                    waitMax: channel.freshness ?? channel.schedule.length,
                    overdueBefore: overdueBefore)
                if let former { lane.takeOver(from: former) }
                lane.setSwitchedOff(isOff, at: now)
                next.lanes[endpoint.name] = lane
            }
            state = next
            return true
        }
    }

    /// The endpoint of a name, as it is now.
    func endpoint(_ name: String) -> Endpoint? { state.withLock { $0.endpoints[name] } }

    var names: [String] { state.withLock { Array($0.endpoints.keys) } }

    func leave(_ name: String) { state.withLock { $0.lanes[name]?.leave() } }

    /// Whether this endpoint was given up and the delivery has waited for as long as is worth it.
    func isGivenUp(_ delivery: Delivery, at now: Timestamp) -> Bool {
        guard let lane = state.withLock({ $0.lanes[delivery.endpoint] }) else { return false }
        return lane.isDisabled && !lane.isSwitchedOff
            && now - (delivery.askedAgainAt ?? delivery.createdAt) > lane.waitMax
    }

    /// Asks whether a delivery may leave; each `go` ends with ``conclude(_:_:isRetry:took:)`` or
    /// ``withdraw(_:)``.
    func admit(_ name: String, isRetry: Bool) -> Admission {
        let now = time.elapsed()
        return changing(name) { lane, line in
            if let end = lane.holdEnd(at: now) ?? line.breaker.restEnd(at: now) {
                return .wait(end - now)
            }
            // A probe is no load, and it is how an endpoint comes back: it needs no budget.
            if !lane.isDisabled, line.breaker.isClosed, !lane.pay(isRetry: isRetry, at: now) {
                line.backlog.note(at: now)
                return .nextStep
            }
            if case .refused(let wait) = line.breaker.permit(at: now) { return .wait(wait) }
            lane.noteProbe(at: now)
            return .go
        } ?? .go
    }

    /// Gives back a leave that came to nothing.
    func withdraw(_ name: String) { changing(name) { $1.breaker.withdraw() } }

    /// Notes what an attempt came to.
    func conclude(
        _ name: String, _ outcome: DeliveryOutcome, isRetry: Bool, took: Duration
    ) {
        let now = time.elapsed()
        var chance = chance
        changing(name) { lane, line in
            lane.note(time: took)
            if isRetry, outcome.isAccepted { lane.giveBackRetry() }
            lane.note(
                pause: outcome.pause, isStrained: outcome.isStrained,
                isWell: outcome.isAccepted, at: now)
            if let verdict = outcome.verdict {
                line.breaker.note(verdict, at: now, using: &chance)
            } else {
                line.breaker.withdraw()
            }
        }
        guard outcome.reason.isForHost, let pause = outcome.pause else { return }
        state.withLock { state in
            guard let host = state.hosts[name] else { return }
            for (other, place) in state.hosts where place == host && other != name {
                state.lanes[other]?.note(pause: pause, isStrained: false, isWell: false, at: now)
            }
        }
    }

    /// Whether the receiver's permission must be asked for before anything is sent.
    func needsPermission(_ name: String) -> Bool {
        let now = time.elapsed()
        return state.withLock { $0.lanes[name]?.needsPermission(at: now) ?? false }
    }

    /// Notes that the receiver wants what we have for it, and how fast.
    func notePermission(_ name: String, _ rate: Rate?) {
        let now = time.elapsed()
        changing(name) { lane, _ in lane.notePermission(rate, at: now) }
    }

    /// Where the endpoint's chat is now, if its platform said that it moved.
    func movedChat(of name: String) -> String? { state.withLock { $0.lanes[name]?.movedChat } }

    func noteMove(of name: String, to chat: String) {
        changing(name) { lane, _ in lane.movedChat = chat }
    }

    /// Takes over what the store says.
    func setDisabled(_ name: String, _ isDisabled: Bool, probeIn pause: Duration) {
        let probeAt = time.elapsed() + pause
        let now = time.now()
        changing(name) { lane, _ in
            lane.setDisabled(isDisabled, probeAt: probeAt, at: now)
        }
    }

    /// Changes a lane and its line in one step, and says so when the breaker moved.
    @discardableResult
    private func changing<Value>(
        _ name: String, _ change: (inout EndpointLane, inout Line) -> Value
    ) -> Value? {
        var moved: (names: [String], phase: CircuitBreaker.Phase, rest: Duration)?
        let now = time.elapsed()
        let value = state.withLock { state -> Value? in
            guard var lane = state.lanes[name] else { return nil }
            var line = state.lines[lane.line]
            let before = line.breaker.phase
            let value = change(&lane, &line)
            let rest = line.breaker.restEnd(at: now).map { $0 - now } ?? .zero
            if line.breaker.phase != before { moved = (line.names, line.breaker.phase, rest) }
            state.lines[lane.line] = line
            state.lanes[name] = lane
            return value
        }
        if let moved { report(moved.names, moved.phase, moved.rest) }
        return value
    }

    private func report(_ names: [String], _ phase: CircuitBreaker.Phase, _ rest: Duration) {
        var fields: Logger.Metadata = ["endpoints": "\(names.joined(separator: ","))"]
        if phase == .open { fields["rest_ms"] = "\(rest.wholeMilliseconds)" }
        log.log(
            level: phase == .open ? .warning : .notice, "breaker.\(phase.rawValue)",
            metadata: fields)
    }
}

/// What endpoints have in common that live or die together.
///
/// The URL of a chat channel is its credential; a callback's are its keys and headers. In memory
/// only, and never shown.
private struct DestinationKey: Hashable {
    let place: String
    let credential: [String]

    init(_ endpoint: Endpoint) {
        do throws(EgressRefusal) {
            let target = try EgressTarget(url: endpoint.url.exposed)
            place = "\(target.scheme.rawValue) \(target.host) \(target.port)"
        } catch {
            place = endpoint.url.exposed
        }
        credential =
            endpoint.channel.isCallback
            ? endpoint.secrets.map(\.exposed) + [""]
                + endpoint.headers.flatMap { [$0.name.lowercased(), $0.value.exposed] }
            : [endpoint.url.exposed]
    }
}
