import Channels
import Domain
import Storage
import Transport

/// One try, from the signature to what its answer comes to.
extension NotifyingStage {
    func attempt(
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
            desk.withdraw(endpoint.name)
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
        let signal = outcome.signal(for: delivery, by: channel, at: now, using: &chance)
        desk.conclude(endpoint.name, outcome, isRetry: delivery.attempts > 1, took: took)
        let reason = outcome.reason
        let said = [reason.code == nil ? reason.word : "", reason.detail]
            .filter { !$0.isEmpty }.joined(separator: ": ")
        let detail = Redaction(of: endpoint).redact(said)
        turn.news = outcome.news(detail).map { ($0, now) }
        record(
            &turn,
            Attempt(
                .deliver, at: start, duration: took, outcome: outcome.word, status: reason.status,
                code: reason.code, detail: detail))
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
}
