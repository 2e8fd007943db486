import Channels
import Domain
import Logging
import Storage
import Transport

/// One try, from the signature to what its answer comes to.
extension NotifyingStage {
    /// - Parameter open: The places of those that go; all of them in one request.
    func attempt(
        _ turn: inout Turn, _ open: [Int], _ endpoint: Endpoint, _ channel: any MessageChannel,
        at start: Timestamp
    ) async {
        var endpoint = endpoint
        if !endpoint.channel.isCallback { endpoint.templates.rules = ruleTemplates() }
        endpoint.secrets = secrets(endpoint, start)
        if let chat = desk.movedChat(of: endpoint.name) { endpoint.options.chat = chat }
        let request: HTTPRequest
        do throws(MessageRefusal) {
            request = try self.request(turn, open, endpoint, channel, at: start)
        } catch {
            // One that cannot be told must not keep the others from being told.
            let rest =
                open.count == 1
                ? []
                : open.filter { place in
                    (try? self.request(turn, [place], endpoint, channel, at: start)) != nil
                }
            let refused = open.filter { !rest.contains($0) }
            let isSplit = !rest.isEmpty && !refused.isEmpty
            conclude(
                &turn, isSplit ? refused : open, error.outcome, endpoint, channel, start,
                took: .zero)
            for place in isSplit ? rest : [] {
                move(&turn.pieces[place], .postponed(until: time.now()))
            }
            return
        }
        let began = time.elapsed()
        if let refusal = await permission(endpoint, channel) {
            let took = time.elapsed() - began
            guard refusal.reason.trouble != .cancelled else {
                desk.withdraw(endpoint.name)
                for place in open { move(&turn.pieces[place], .postponed(until: time.now())) }
                return
            }
            return conclude(&turn, open, refusal, endpoint, channel, start, took: took)
        }
        let result = await send(request)
        let took = time.elapsed() - began
        if case .failure(let failure) = result, failure.code == .cancelled {
            desk.withdraw(endpoint.name)
            for place in open {
                cutShort(&turn.pieces[place], failure, endpoint, start, took: took)
            }
            return
        }
        let outcome = channel.read(result, at: time.now())
        conclude(&turn, open, outcome, endpoint, channel, start, took: took)
    }

    private func request(
        _ turn: Turn, _ open: [Int], _ endpoint: Endpoint, _ channel: any MessageChannel,
        at start: Timestamp
    ) throws(MessageRefusal) -> HTTPRequest {
        let due = open.map { turn.pieces[$0].claim.work }
        guard due.count > 1 else {
            return try channel.request(
                for: due[0].notification, as: due[0].delivery, to: endpoint, at: start)
        }
        return try channel.request(merging: due.map(\.notification), to: endpoint, at: start)
    }

    /// Asks a receiver that has to be asked whether it wants our messages; `nil` when it does.
    private func permission(
        _ endpoint: Endpoint, _ channel: any MessageChannel
    ) async -> DeliveryOutcome? {
        guard let question = channel.permissionRequest(to: endpoint),
            desk.needsPermission(endpoint.name)
        else { return nil }
        let answer = await send(question)
        switch channel.readPermission(answer, of: endpoint, at: time.now()) {
        case .denied(let outcome): return outcome
        case .granted(let rate):
            desk.notePermission(endpoint.name, rate)
            log.notice(
                "endpoint.permitted",
                metadata: ["endpoint": "\(endpoint.name)", "rate": "\(rate?.text ?? "any")"])
            return nil
        }
    }

    private func send(_ request: HTTPRequest) async -> Swift.Result<HTTPAnswer, TransportFailure> {
        do throws(TransportFailure) {
            return .success(try await transport.send(request))
        } catch {
            return .failure(error)
        }
    }

    private func conclude(
        _ turn: inout Turn, _ open: [Int], _ outcome: DeliveryOutcome, _ endpoint: Endpoint,
        _ channel: any MessageChannel, _ start: Timestamp, took: Duration
    ) {
        let now = time.now()
        var chance = chance
        desk.conclude(endpoint.name, outcome, isRetry: turn.isRetry(open), took: took)
        let reason = outcome.reason
        if let chat = reason.movedTo {
            desk.noteMove(of: endpoint.name, to: chat)
            log.warning(
                "endpoint.moved",
                metadata: ["endpoint": "\(endpoint.name)", "chat_id": "\(chat)"])
        }
        let said = [reason.code == nil ? reason.word : "", reason.detail]
            .filter { !$0.isEmpty }.joined(separator: ": ")
        let detail = said.isEmpty ? "" : Redaction(of: endpoint).redact(said)
        turn.news = outcome.news(detail).map { ($0, now) }
        let merged = open.count > 1 ? "one message for \(open.count)" : ""
        for place in open {
            let delivery = turn.pieces[place].claim.work.delivery
            let signal = outcome.signal(for: delivery, by: channel, at: now, using: &chance)
            record(
                &turn.pieces[place],
                Attempt(
                    .deliver, at: start, duration: took, outcome: outcome.word,
                    status: reason.status, code: reason.code,
                    detail: [merged, detail].filter { !$0.isEmpty }.joined(separator: "; ")))
            move(&turn.pieces[place], signal)
        }
    }

    /// What our own shutdown makes of an attempt.
    ///
    /// Before the first byte nothing happened; after it the message may have arrived, and since
    /// nobody will tell, it goes out again at once.
    private func cutShort(
        _ piece: inout Turn.Piece, _ failure: TransportFailure, _ endpoint: Endpoint,
        _ start: Timestamp, took: Duration
    ) {
        guard failure.isSent else { return move(&piece, .postponed(until: time.now())) }
        record(
            &piece,
            Attempt(
                .deliver, at: start, duration: took, outcome: "cut_short",
                detail: Redaction(of: endpoint).redact(failure.detail)))
        move(&piece, .failed(retryAt: time.now()))
    }
}
