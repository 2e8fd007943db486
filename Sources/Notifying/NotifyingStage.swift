import Channels
package import Domain
package import Logging
import Pipeline
package import Storage
package import Transport

/// The room that tells: takes deliveries that are due, signs, sends, reads the answer.
///
/// At least once, under one `webhook-id`: a delivery found in `sending` after a crash is sent
/// again. A repeat is harmless to a receiver that keeps ids, a loss is not (reliability.md 1.6).
/// Who may be sent to, how fast, and who is given up: ``EndpointDesk`` and ``EndpointWatch``.
package struct NotifyingStage: Stage {
    package let name = "notifying"

    private let ledger: any DeliveryLedger
    private let endpoints: [String: Endpoint]
    let transport: any HTTPTransport
    let time: TimeSource
    let chance: Chance
    private let lease: Duration
    let log: Logger
    let desk: EndpointDesk
    private let watch: EndpointWatch

    /// - Parameters:
    ///   - audience: All endpoints of the configuration, names unique; a delivery to any other is
    ///     cancelled.
    ///   - lease: Longer than the longest `timeout` of an endpoint, or an attempt could be made
    ///     twice at once.
    package init(
        ledger: any DeliveryLedger & HealthLedger, audience: Audience,
        transport: any HTTPTransport, time: TimeSource, chance: Chance, lease: Duration, log: Logger
    ) {
        self.ledger = ledger
        endpoints = Dictionary(audience.endpoints.map { ($0.name, $0) }) { first, _ in first }
        self.transport = transport
        self.time = time
        self.chance = chance
        self.lease = lease
        self.log = log
        desk = EndpointDesk(audience.endpoints, time: time, chance: chance, log: log)
        watch = EndpointWatch(ledger, audience: audience, log: log)
    }

    /// A delivery after its turn.
    package struct Turn: Sendable {
        var claim: Claim<DueDelivery>
        var attempts: [Attempt] = []
        /// What the attempt said of its endpoint, and when.
        var news: (what: EndpointNews, at: Timestamp)?
        /// Whether there is something to write; otherwise the row is left to its lease.
        var isMoved = false
    }

    package func claim(
        limit: Int, at now: Timestamp
    ) async throws(StorageError) -> [Claim<DueDelivery>] {
        let reading = try await watch.refresh(at: time.elapsed())
        if reading.isRead {
            for name in endpoints.keys {
                takeOver(name, probeIn: reading.isFirst ? .zero : EndpointLane.probePause)
            }
        }
        let shares = desk.shares()
        let claims = try await ledger.claimDeliveries(
            limit: limit, perEndpoint: limit, shares: shares, at: now, lease: lease)
        desk.enter(claims, of: shares, limit: limit)
        return claims
    }

    package func perform(_ work: Claim<DueDelivery>) async -> Turn {
        let delivery = work.work.delivery
        defer { desk.leave(delivery.endpoint) }
        var turn = Turn(claim: work)
        let now = time.now()
        guard let endpoint = endpoints[delivery.endpoint] else {
            end(&turn, .cancelRequested(at: now))
            return turn
        }
        let channel = endpoint.channel.messages
        if desk.isGivenUp(delivery, at: now) {
            end(&turn, .exhausted(reason: Exhaustion.disabled.rawValue, at: now))
        } else if delivery.isStale(at: now, after: channel.freshness) {
            end(&turn, .exhausted(reason: Exhaustion.stale.rawValue, at: now))
        } else if Task.isCancelled {
            move(&turn, .postponed(until: now))
        } else {
            switch desk.admit(endpoint.name, isRetry: delivery.attempts > 1) {
            case .wait(let rest): move(&turn, .postponed(until: now + rest))
            case .nextStep:
                var chance = chance
                let next = delivery.nextStep(by: channel.schedule, at: now, using: &chance)
                move(&turn, .postponed(until: next))
            case .go: await attempt(&turn, endpoint, channel, at: now)
            }
        }
        return turn
    }

    /// Writes what came of a delivery: first what it said of its endpoint, then the delivery.
    ///
    /// In this order, since a crash in between makes the attempt again and hears the same news. The
    /// other way round an endpoint's recovery could be lost, and it would be given up for failures
    /// that were over.
    package func settle(_ result: Turn) async throws(StorageError) {
        if let news = result.news {
            let delivery = result.claim.work.delivery
            let name = delivery.endpoint
            try await watch.note(news.what, of: name, tries: delivery.attempts, at: news.at)
            takeOver(name, probeIn: EndpointLane.probePause)
        }
        guard result.isMoved else { return }
        try await ledger.settle(result.claim, with: result.attempts, at: time.now())
    }

    private func takeOver(_ name: String, probeIn pause: Duration) {
        desk.setDisabled(name, watch.isDisabled(name), probeIn: pause)
    }

    /// Ends what was claimed and never sent, so that the claim costs no try.
    private func end(_ turn: inout Turn, _ signal: Delivery.Signal) {
        move(&turn, .postponed(until: time.now()))
        move(&turn, signal)
    }
}

extension NotifyingStage {
    /// Keeps the attempt and writes its one log line: no URL, no payload, no secret.
    func record(_ turn: inout Turn, _ attempt: Attempt) {
        turn.attempts.append(attempt)
        let delivery = turn.claim.work.delivery
        var fields: Logger.Metadata = [
            "delivery": "\(delivery.id)", "type": "\(delivery.type.rawValue)",
            "endpoint": "\(delivery.endpoint)", "number": "\(delivery.attempts)",
            "outcome": "\(attempt.outcome)",
            "duration_ms": "\(attempt.duration.wholeMilliseconds)",
        ]
        if let status = attempt.status { fields["status"] = "\(status)" }
        if let code = attempt.code { fields["code"] = "\(code)" }
        if !attempt.detail.isEmpty { fields["detail"] = "\(attempt.detail)" }
        log.log(
            level: attempt.outcome == "accepted" ? .info : .warning, "delivery.attempted",
            metadata: fields)
    }

    /// Moves the delivery on and says when it is the end of it.
    func move(_ turn: inout Turn, _ signal: Delivery.Signal) {
        let before = turn.claim.work.delivery
        do throws(Delivery.InvalidTransition) {
            try turn.claim.work.delivery.apply(signal)
            turn.isMoved = true
        } catch {
            // A bug of ours. What is stored stays as it is; nothing is guessed.
            log.critical(
                "delivery.transition_invalid",
                metadata: [
                    "delivery": "\(before.id)", "state": "\(error.state)",
                    "signal": "\(error.signal)",
                ])
            return
        }
        let fields: Logger.Metadata = [
            "delivery": "\(before.id)", "endpoint": "\(before.endpoint)",
            "type": "\(before.type.rawValue)",
        ]
        switch turn.claim.work.delivery.state {
        case .exhausted(let reason):
            log.error(
                "delivery.exhausted", metadata: fields.merging(["reason": "\(reason)"]) { $1 })
        case .cancelled:
            log.notice("delivery.cancelled", metadata: fields)
        case .pending, .sending, .delivered: break
        }
    }
}
