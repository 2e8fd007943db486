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
package struct NotifyingStage: Stage {
    package let name = "notifying"

    private let ledger: any DeliveryLedger
    private let endpoints: [String: Endpoint]
    private let transport: any HTTPTransport
    private let time: TimeSource
    private let chance: Chance
    private let lease: Duration
    private let log: Logger
    private let desk: EndpointDesk

    /// - Parameters:
    ///   - endpoints: All of the configuration, names unique; a delivery to any other is cancelled.
    ///   - lease: Longer than the longest `timeout` of an endpoint, or an attempt could be made
    ///     twice at once.
    package init(
        ledger: any DeliveryLedger, endpoints: [Endpoint], transport: any HTTPTransport,
        time: TimeSource, chance: Chance, lease: Duration, log: Logger
    ) {
        self.ledger = ledger
        self.endpoints = Dictionary(endpoints.map { ($0.name, $0) }) { first, _ in first }
        self.transport = transport
        self.time = time
        self.chance = chance
        self.lease = lease
        self.log = log
        desk = EndpointDesk(endpoints)
    }

    /// A delivery after its turn.
    package struct Turn: Sendable {
        var claim: Claim<DueDelivery>
        var attempts: [Attempt] = []
        /// Whether there is something to write; otherwise the row is left to its lease.
        var isMoved = false
    }

    package func claim(
        limit: Int, at now: Timestamp
    ) async throws(StorageError) -> [Claim<DueDelivery>] {
        let room = desk.room(for: limit, at: now)
        let claims = try await ledger.claimDeliveries(
            limit: limit, perEndpoint: room.perEndpoint, skipping: room.skipped, at: now,
            lease: lease)
        for claim in claims { desk.enter(claim.work.delivery.endpoint) }
        return claims
    }

    package func perform(_ work: Claim<DueDelivery>) async -> Turn {
        let delivery = work.work.delivery
        defer { desk.leave(delivery.endpoint) }
        var turn = Turn(claim: work)
        let now = time.now()
        guard let endpoint = endpoints[delivery.endpoint] else {
            move(&turn, .cancelRequested(at: now))
            return turn
        }
        let channel = endpoint.channel.messages
        if delivery.isStale(at: now, after: channel.freshness) {
            move(&turn, .exhausted(reason: Exhaustion.stale.rawValue, at: now))
        } else if Task.isCancelled {
            move(&turn, .postponed(until: now))
        } else if let until = desk.hold(of: endpoint.name, at: now) {
            move(&turn, .postponed(until: until))
        } else {
            await attempt(&turn, endpoint, channel, at: now)
        }
        return turn
    }

    package func settle(_ result: Turn) async throws(StorageError) {
        guard result.isMoved else { return }
        try await ledger.settle(result.claim, with: result.attempts, at: time.now())
    }
}

extension NotifyingStage {
    /// One try, from the signature to what its answer comes to.
    private func attempt(
        _ turn: inout Turn, _ endpoint: Endpoint, _ channel: any MessageChannel, at start: Timestamp
    ) async {
        let due = turn.claim.work
        let request: HTTPRequest
        do throws(MessageRefusal) {
            request = try channel.request(
                for: due.notification, as: due.delivery, to: endpoint, at: start)
        } catch {
            return conclude(&turn, error.outcome, endpoint, channel, start, took: .zero)
        }
        let began = time.elapsed()
        let result = await send(request)
        let took = time.elapsed() - began
        if case .failure(let failure) = result, failure.code == .cancelled {
            return cutShort(&turn, failure, endpoint, start, took: took)
        }
        let outcome = channel.read(result, at: time.now())
        conclude(&turn, outcome, endpoint, channel, start, took: took)
    }

    private func send(_ request: HTTPRequest) async -> Swift.Result<HTTPAnswer, TransportFailure> {
        do throws(TransportFailure) {
            return .success(try await transport.send(request))
        } catch {
            return .failure(error)
        }
    }

    private func conclude(
        _ turn: inout Turn, _ outcome: DeliveryOutcome, _ endpoint: Endpoint,
        _ channel: any MessageChannel, _ start: Timestamp, took: Duration
    ) {
        let now = time.now()
        var chance = chance
        let delivery = turn.claim.work.delivery
        let signal = outcome.signal(for: delivery, by: channel.schedule, at: now, using: &chance)
        note(outcome, of: endpoint, at: now)
        let reason = outcome.reason
        let detail = [reason.code == nil ? reason.word : "", reason.detail]
            .filter { !$0.isEmpty }.joined(separator: ": ")
        record(
            &turn,
            Attempt(
                .deliver, at: start, duration: took, outcome: outcome.word, status: reason.status,
                code: reason.code, detail: Redaction(of: endpoint).redact(detail)))
        move(&turn, signal)
    }

    /// What our own shutdown makes of an attempt.
    ///
    /// Before the first byte nothing happened; after it the message may have arrived, and since
    /// nobody will tell, it goes out again at once.
    private func cutShort(
        _ turn: inout Turn, _ failure: TransportFailure, _ endpoint: Endpoint, _ start: Timestamp,
        took: Duration
    ) {
        guard failure.isSent else { return move(&turn, .postponed(until: time.now())) }
        record(
            &turn,
            Attempt(
                .deliver, at: start, duration: took, outcome: "cut_short",
                detail: Redaction(of: endpoint).redact(failure.detail)))
        move(&turn, .failed(retryAt: time.now()))
    }

    private func note(_ outcome: DeliveryOutcome, of endpoint: Endpoint, at now: Timestamp) {
        var pause: Duration?
        var isStrained = false
        if case .retry(let after, let slowsEndpoint, _) = outcome {
            pause = after
            isStrained = slowsEndpoint
        }
        desk.note(
            pause: pause, isStrained: isStrained, isWell: outcome.word == "accepted",
            of: endpoint.name, at: now)
    }
}

extension NotifyingStage {
    /// Keeps the attempt and writes its one log line: no URL, no payload, no secret.
    private func record(_ turn: inout Turn, _ attempt: Attempt) {
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
    private func move(_ turn: inout Turn, _ signal: Delivery.Signal) {
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
