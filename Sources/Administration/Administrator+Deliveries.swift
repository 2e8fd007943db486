package import Domain
import Logging
import Storage
package import StrictJSON

/// Since when an endpoint is to hear what it missed, and how much of that one call does.
package struct RecoveryWish: Hashable, Sendable {
    package var since: Timestamp
    package var portion: PortionWish

    /// Reads `{"since", "asked_at"?, "cursor"?, "limit"?, "dry_run"?}`.
    package init(parsing body: [UInt8], at now: Timestamp) throws(AdministrationError) {
        let body = try RequestBody(
            body, keys: ["since"] + PortionWish.members)
        guard let since = try body.moment("since", before: now) else {
            throw body.refusal(
                "this is missing: a time, as in 2026-03-18T08:30:15Z, or an age, as in 2h",
                at: "since")
        }
        self.since = since
        portion = try PortionWish(body, at: now)
    }
}

extension Administrator {
    /// Has a delivery that is at its end sent again, under the same id; one that is on its way is
    /// answered as it is.
    ///
    /// - Returns: The delivery afterwards, in the shape of ``delivery(_:)``.
    package func resendDelivery(
        _ id: String, by who: Principal
    ) async throws(AdministrationError) -> JSONValue {
        let delivery = try await deliveryRecord(id)
        try refuseUnlessConfigured(delivery.endpoint)
        let isDone = try await hasDone(.deliverySentAgain, of: id)
        guard delivery.state.isEnd, !isDone else { return try await self.delivery(id) }
        let isChanged = try await change(delivery.id, .deliverySentAgain, by: who) {
            delivery, now in
            guard delivery.state.isEnd else { return nil }
            return .sendAgain(at: now)
        }
        if isChanged {
            log.notice("delivery.sent_again", metadata: ["delivery": "\(id)", "by": "\(who.id)"])
            nudges.notifying()
        }
        return try await self.delivery(id)
    }

    /// Cancels a delivery that waits; one that is cancelled is answered as it is.
    package func cancelDelivery(
        _ id: String, by who: Principal
    ) async throws(AdministrationError) -> JSONValue {
        let delivery = try await deliveryRecord(id)
        if delivery.state == .cancelled { return try await self.delivery(id) }
        guard delivery.waitsUntil != nil else { throw .notPending(delivery) }
        let isChanged = try await change(delivery.id, .deliveryCancelled, by: who) {
            delivery, now in
            delivery.waitsUntil == nil ? nil : .cancelRequested(at: now)
        }
        guard isChanged else { throw .notPending(try await deliveryRecord(id)) }
        log.notice("delivery.cancelled", metadata: ["delivery": "\(id)", "by": "\(who.id)"])
        return try await self.delivery(id)
    }

    /// Counts what an endpoint missed, or has the next of it sent again, under the same ids.
    ///
    /// Those that were given up or cancelled since then, at half the endpoint's rate, so that what
    /// is fresh finds its way between them.
    ///
    /// - Returns: `{"count", …}` where they are only counted, and otherwise `{"recovered", "next",
    ///   …}`; with either `since`, `asked_at`, and `disabled`: whether the endpoint is given up, so
    ///   that only probes reach it. The next call goes on as ``replayEvents(_:by:)`` does.
    package func recoverEndpoint(
        _ name: String, _ wish: RecoveryWish, by who: Principal
    ) async throws(AdministrationError) -> JSONValue {
        let now = time.now()
        guard
            let endpoint = audience.endpoints.first(where: { $0.name.hasSameBytes(as: name) })
        else {
            throw AdministrationError(
                .notFound, "there is no endpoint of this name",
                remedy: "Endpoints: " + audience.endpoints.map(\.name).joined(separator: ", ")
                    + ".")
        }
        let selection = DeliverySelection(
            endpoint: name, since: wish.since, askedAt: wish.portion.askedAt,
            pace: endpoint.recoveryPace)
        var answer: JSONObject = [:]
        if wish.portion.isDry {
            let count = try await ask { () async throws(StorageError) in
                try await store.count(selection)
            }
            answer["count"] = .number(JSONNumber(Int64(count)))
        } else {
            let part = try await askInParts { () async throws(StorageError) in
                try await store.recover(
                    selection, from: wish.portion.cursor, limit: wish.portion.limit,
                    noting: { count in
                        note(
                            .endpointRecovered, of: name, by: who, at: now,
                            [
                                "count": .number(JSONNumber(Int64(count))),
                                "since": .string(wish.since.description),
                            ])
                    }, at: now)
            }
            answer["recovered"] = .number(JSONNumber(Int64(part.count)))
            answer["next"] = .text(part.next)
            if part.count > 0 {
                log.notice(
                    "endpoint.recovery",
                    metadata: [
                        "endpoint": "\(name)", "count": "\(part.count)", "by": "\(who.id)",
                    ])
                nudges.notifying()
            }
        }
        answer["since"] = .string(wish.since.description)
        answer["asked_at"] = .string(wish.portion.askedAt.description)
        answer["disabled"] = .bool(try await isDisabled(name))
        return .object(answer)
    }

    private func isDisabled(_ endpoint: String) async throws(AdministrationError) -> Bool {
        let health = try await ask { () async throws(StorageError) in try await store.health() }
        let key = Destination.endpoint(endpoint).key
        return health.contains { $0.destination.key.hasSameBytes(as: key) && $0.disabledAt != nil }
    }

    private func refuseUnlessConfigured(_ name: String) throws(AdministrationError) {
        guard !audience.endpoints.contains(where: { $0.name.hasSameBytes(as: name) }) else {
            return
        }
        throw AdministrationError(
            .endpointUnknown, "there is no endpoint \"\(name)\" any more",
            remedy: "Configure it again, then send the delivery again.")
    }

    private func deliveryRecord(_ id: String) async throws(AdministrationError) -> Delivery {
        let record = try await ask { () async throws(StorageError) in
            try await store.delivery(Identifier(rawValue: id))
        }
        guard let record else { throw .nothing("delivery") }
        return record.delivery
    }

    /// Borrows a delivery, and writes it back after what a person wants; whether it was changed.
    ///
    /// - Parameter signal: What to say to the machine, `nil` to leave it as it is.
    private func change(
        _ id: Delivery.ID, _ verb: AuditVerb, by who: Principal,
        _ signal: (Delivery, Timestamp) -> Delivery.Signal?
    ) async throws(AdministrationError) -> Bool {
        let now = time.now()
        var claim = try await ask { () async throws(StorageError) in
            try await store.takeDelivery(id, at: now, lease: Self.leaseOfDecision)
        }
        var attempts: [Attempt] = []
        if let signal = signal(claim.work.delivery, now) {
            do throws(Delivery.InvalidTransition) {
                try claim.work.delivery.apply(signal)
                let outcome = verb == .deliverySentAgain ? "sent_again" : "cancelled"
                attempts = [Attempt(.decide, at: now, outcome: outcome, detail: "by \(who.name)")]
            } catch {
                log.error("delivery.transition", metadata: ["delivery": "\(id)"])
            }
        }
        let changed = (claim, attempts)
        let note =
            attempts.isEmpty ? nil : note(verb, of: id.rawValue, by: who, at: now)
        try await ask { () async throws(StorageError) in
            try await store.settle(changed.0, with: changed.1, noting: note, at: now)
        }
        return !attempts.isEmpty
    }
}

extension Endpoint {
    /// Between two of those that go out again: half of what it may be sent.
    fileprivate var recoveryPace: Duration {
        let rate = rate ?? publishedRate ?? Rate(20, per: .seconds(1))
        return rate.per * 2 / rate.count
    }
}

extension AdministrationError {
    fileprivate static func notPending(_ delivery: Delivery) -> Self {
        AdministrationError(
            .deliveryNotPending, "the delivery is \(delivery.state.name.rawValue)",
            remedy: delivery.state.isEnd
                ? "It is at its end; nothing is left to cancel."
                : "It may be on the wire at this moment; look at it again.")
    }
}
