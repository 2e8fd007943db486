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
    private let destinations: DestinationBook
    let transport: any HTTPTransport
    let time: TimeSource
    let chance: Chance
    private let lease: Duration
    let log: Logger
    let desk: EndpointDesk
    private let watch: EndpointWatch
    let ruleTemplates: @Sendable () -> [MessageTemplates.OfRule]
    let secrets: @Sendable (Endpoint, Timestamp) -> [Secret]

    /// - Parameters:
    ///   - destinations: All endpoints; a delivery to any other is cancelled.
    ///   - lease: Longer than the longest `timeout` of an endpoint, or an attempt could be made
    ///     twice at once.
    ///   - ruleTemplates: Own words of the rules that are in force when a message goes out.
    ///   - secrets: What signs for an endpoint when a message goes out, newest first.
    package init(
        ledger: any DeliveryLedger & HealthLedger, destinations: DestinationBook,
        transport: any HTTPTransport, time: TimeSource, chance: Chance, lease: Duration,
        log: Logger,
        ruleTemplates: @escaping @Sendable () -> [MessageTemplates.OfRule] = { [] },
        secrets: @escaping @Sendable (Endpoint, Timestamp) -> [Secret] = { one, _ in one.secrets }
    ) {
        self.ledger = ledger
        self.destinations = destinations
        self.transport = transport
        self.time = time
        self.chance = chance
        self.lease = lease
        self.log = log
        desk = EndpointDesk(destinations.current, time: time, chance: chance, log: log)
        self.ruleTemplates = ruleTemplates
        self.secrets = secrets
        watch = EndpointWatch(ledger, destinations: destinations, log: log)
    }

    /// A parcel after its turn.
    package struct Turn: Sendable {
        var pieces: [Piece]
        /// What the attempt said of its endpoint, and when.
        var news: (what: EndpointNews, at: Timestamp)?

        /// One delivery of it.
        struct Piece: Sendable {
            var claim: Claim<DueDelivery>
            var attempts: [Attempt] = []
            /// Whether there is something to write; otherwise the row is left to its lease.
            var isMoved = false
        }
    }

    package func claim(
        limit: Int, at now: Timestamp
    ) async throws(StorageError) -> [Parcel] {
        if desk.take(destinations.current) { watch.noteChange() }
        let reading = try await watch.refresh(at: time.elapsed())
        if reading.isRead {
            for name in desk.names {
                takeOver(name, probeIn: reading.isFirst ? .zero : EndpointLane.probePause)
            }
        }
        let shares = desk.shares()
        let claims = try await ledger.claimDeliveries(
            limit: limit, perEndpoint: limit, shares: shares, at: now, lease: lease)
        let parcels = Parcel.packed(claims, of: shares)
        desk.enter(parcels, of: shares, limit: limit)
        return parcels
    }

    package func perform(_ work: Parcel) async -> Turn {
        defer { desk.leave(work.endpoint) }
        var turn = Turn(pieces: work.claims.map { Turn.Piece(claim: $0) })
        let now = time.now()
        guard let endpoint = desk.endpoint(work.endpoint) else {
            for place in turn.pieces.indices { end(&turn.pieces[place], .cancelRequested(at: now)) }
            return turn
        }
        let channel = endpoint.channel.messages
        var open: [Int] = []
        for place in turn.pieces.indices {
            let delivery = turn.pieces[place].claim.work.delivery
            let reason: Exhaustion? =
                if desk.isGivenUp(delivery, at: now) {
                    .disabled
                } else if delivery.isStale(at: now, after: channel.freshness) {
                    .stale
                } else {
                    nil
                }
            if let reason {
                end(&turn.pieces[place], .exhausted(reason: reason.rawValue, at: now))
            } else {
                open.append(place)
            }
        }
        guard !open.isEmpty else { return turn }
        guard !Task.isCancelled else {
            for place in open { move(&turn.pieces[place], .postponed(until: now)) }
            return turn
        }
        switch desk.admit(endpoint.name, isRetry: turn.isRetry(open)) {
        case .wait(let rest):
            for place in open { move(&turn.pieces[place], .postponed(until: now + rest)) }
        case .nextStep:
            var chance = chance
            for place in open {
                let delivery = turn.pieces[place].claim.work.delivery
                let next = delivery.nextStep(by: channel.schedule, at: now, using: &chance)
                move(&turn.pieces[place], .postponed(until: next))
            }
        case .go: await attempt(&turn, open, endpoint, channel, at: now)
        }
        return turn
    }

    /// Writes what came of a delivery: first what it said of its endpoint, then the delivery.
    ///
    /// In this order, since a crash in between makes the attempt again and hears the same news. The
    /// other way round an endpoint's recovery could be lost, and it would be given up for failures
    /// that were over.
    package func settle(_ result: Turn) async throws(StorageError) {
        if let news = result.news, let delivery = result.pieces.first?.claim.work.delivery {
            let name = delivery.endpoint
            try await watch.note(news.what, of: name, tries: delivery.attempts, at: news.at)
            takeOver(name, probeIn: EndpointLane.probePause)
        }
        for piece in result.pieces where piece.isMoved {
            do throws(StorageError) {
                try await ledger.settle(piece.claim, with: piece.attempts, at: time.now())
            } catch {
                // Several are written one after the other. When the store went away in between,
                // the first ones are settled already and say so.
                guard error.code == .claimLost, result.pieces.count > 1 else { throw error }
                log.debug("settle.repeated", metadata: ["detail": "\(error.detail)"])
            }
        }
    }

    private func takeOver(_ name: String, probeIn pause: Duration) {
        desk.setDisabled(name, watch.isDisabled(name), probeIn: pause)
    }

    /// Ends what was claimed and never sent, so that the claim costs no try.
    private func end(_ piece: inout Turn.Piece, _ signal: Delivery.Signal) {
        move(&piece, .postponed(until: time.now()))
        move(&piece, signal)
    }
}

extension NotifyingStage.Turn {
    /// Whether none of these goes out for the first time.
    func isRetry(_ places: [Int]) -> Bool {
        places.allSatisfy { pieces[$0].claim.work.delivery.attempts > 1 }
    }
}

extension NotifyingStage {
    /// Keeps the attempt and writes its one log line: no URL, no payload, no secret.
    func record(_ piece: inout Turn.Piece, _ attempt: Attempt) {
        piece.attempts.append(attempt)
        let delivery = piece.claim.work.delivery
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
    func move(_ piece: inout Turn.Piece, _ signal: Delivery.Signal) {
        let before = piece.claim.work.delivery
        do throws(Delivery.InvalidTransition) {
            try piece.claim.work.delivery.apply(signal)
            piece.isMoved = true
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
        switch piece.claim.work.delivery.state {
        case .exhausted(let reason):
            log.error(
                "delivery.exhausted", metadata: fields.merging(["reason": "\(reason)"]) { $1 })
        case .cancelled:
            log.notice("delivery.cancelled", metadata: fields)
        case .pending, .sending, .delivered: break
        }
    }
}
