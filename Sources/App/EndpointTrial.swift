package import Administration
import Channels
package import Domain
package import Settings
import StrictJSON
import Transport
import TransportCurl

/// One `ping` to one endpoint, without a store.
///
/// Goes out as a real notification does, through the same wall and with the same signature, and
/// says what its answer means.
package struct EndpointTrial: Sendable {
    private let transport: any HTTPTransport
    private let time: TimeSource
    private let chance: Chance

    init(_ transport: any HTTPTransport, time: TimeSource = .system, chance: Chance = .system) {
        self.transport = transport
        self.time = time
        self.chance = chance
    }

    /// Tries an endpoint of a configuration, without a service.
    ///
    /// - Throws: When there is no endpoint of this name, or no way out at all.
    package static func run(
        _ name: String, of configuration: Configuration
    ) async throws(ServiceError) -> (endpoint: Endpoint, trial: Trial) {
        let endpoint = configuration.endpoints.first { $0.name.utf8.elementsEqual(name.utf8) }
        guard let endpoint else {
            let names = configuration.endpoints.map(\.name).joined(separator: ", ")
            throw ServiceError(
                "there is no endpoint called \(name.onOneLine)",
                names.isEmpty ? "The configuration has none." : "There are \(names).")
        }
        let transport: CurlTransport
        do throws(TransportFailure) {
            transport = try CurlTransport(
                policy: configuration.egress,
                userAgent: Product.userAgent(publicURL: configuration.server.publicURL))
        } catch {
            throw ServiceError(
                "libcurl cannot be used: \(error.detail)", "Install libcurl 7.88 or newer.")
        }
        let trial = await EndpointTrial(transport).run(endpoint)
        await transport.shutdown()
        return (endpoint, trial)
    }

    func run(_ endpoint: Endpoint) async -> Trial {
        let start = time.elapsed()
        let outcome = await outcome(of: endpoint)
        return report(outcome, endpoint, took: time.elapsed() - start)
    }

    /// The message again to where a chat moved, as a service sends it; then that is the outcome,
    /// and where the chat is now stays in it.
    private func outcome(
        of endpoint: Endpoint
    ) async -> DeliveryOutcome {
        let outcome = await attempt(to: endpoint)
        guard let chat = outcome.reason.movedTo else { return outcome }
        var moved = endpoint
        moved.options.chat = chat
        guard case .accepted(var reason) = await attempt(to: moved) else {
            return outcome
        }
        reason.movedTo = chat
        return .accepted(reason)
    }

    private func attempt(
        to endpoint: Endpoint
    ) async -> DeliveryOutcome {
        let channel = endpoint.channel.messages
        let now = time.now()
        var chance = chance
        let notification = CompletionNotification(
            id: CompletionNotification.ID.make("ntf_", at: now, using: &chance), type: .ping,
            taskID: nil, eventID: nil, createdAt: now,
            payload: CompletionNotification.payload(.ping, at: now, data: [:]))
        let delivery = Delivery(
            id: Delivery.ID.make("msg_", at: now, using: &chance),
            notificationID: notification.id, type: .ping, endpoint: endpoint.name, createdAt: now)
        if let question = channel.permissionRequest(to: endpoint) {
            let answer = await send(question)
            if case .denied(let outcome) = channel.readPermission(
                answer, of: endpoint, at: time.now())
            {
                return outcome
            }
        }
        do throws(MessageRefusal) {
            let request = try channel.request(
                for: notification, as: delivery, to: endpoint, at: time.now())
            return channel.read(await send(request), at: time.now())
        } catch {
            return error.outcome
        }
    }

    private func send(
        _ request: HTTPRequest
    ) async -> Swift.Result<HTTPAnswer, TransportFailure> {
        do throws(TransportFailure) {
            return .success(try await transport.send(request))
        } catch {
            return .failure(error)
        }
    }

    private func report(
        _ outcome: DeliveryOutcome, _ endpoint: Endpoint, took: Duration
    ) -> Trial {
        let reason = outcome.reason
        let status = reason.status.map { ["HTTP \($0)"] } ?? []
        // Some platforms say one word, which is the code and all of the text.
        let words = reason.detail.hasPrefix(reason.word) ? [] : [reason.word]
        let said = (status + words + [reason.detail]).filter { !$0.isEmpty }
        let detail = Redaction(of: endpoint).redact(said.joined(separator: ": ")).onOneLine
        let what =
            switch outcome {
            case .accepted:
                (endpoint.channel == .teams ? "accepted by the flow" : "delivered")
                    + " in \(took.wholeMilliseconds) ms"
            case .retry: "not delivered, a service would try again: \(detail)"
            case .rejected: "this message was refused: \(detail)"
            case .channelBroken: "the channel does not work: \(detail)"
            }
        return Trial(
            isAccepted: outcome.isAccepted, status: reason.status, took: took, detail: what,
            remedy: outcome.remedy(for: endpoint))
    }
}
