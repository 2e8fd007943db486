package import Domain

extension DeliveryOutcome {
    /// What a person can do about it, one or two sentences; empty where nothing is to be done.
    package func remedy(for endpoint: Endpoint) -> String {
        if let chat = reason.movedTo {
            return "Write chat_id: \"\(chat)\": the group has this number now."
        }
        switch self {
        case .accepted:
            // Whether Teams posts what its flow took shows in Teams alone.
            return endpoint.channel == .teams
                ? "Look into the channel: a card that Teams refuses is lost without a word." : ""
        case .retry(let after, let slowsEndpoint, _):
            if reason.word == Self.permissionMissing {
                let origin = endpoint.options.cloudEvents.origin ?? ""
                return "Have the receiver answer OPTIONS with WebHook-Allowed-Origin: \(origin), "
                    + "or write handshake: off if it needs no question."
            }
            if slowsEndpoint, ![502, 504].contains(reason.status) {
                let wait = after.map { "wait \($0.text)" } ?? "wait a minute"
                return "Nothing is wrong with the configuration: \(wait) and try again. A service "
                    + "waits by itself; limits.rate makes it send less."
            }
            return Self.remedy(trouble: reason.trouble, endpoint)
                ?? Self.remedy(status: reason.status, endpoint)
        case .rejected where reason.status == 415 && endpoint.channel == .cloudEvents:
            return "Write the other mode: the receiver does not take events in this one."
        case .rejected:
            let isRobot = endpoint.channel == .feishu || endpoint.channel == .dingTalk
            return isRobot
                ? "Read what the platform says; where the robot wants a keyword, use Copyhook."
                : "Read what the receiver says: it took the address and the credential."
        case .channelBroken:
            return Self.remedy(trouble: reason.trouble, endpoint)
                ?? (endpoint.channel.isCallback
                    ? Self.remedy(status: reason.status, endpoint)
                    : "Check url, secret and what else the endpoint has in the configuration.")
        }
    }

    /// The word of a receiver that was asked and did not say that it wants our messages.
    static let permissionMissing = "permission_missing"

    /// What to do where no answer came, or none that can be read.
    private static func remedy(
        trouble: OutcomeReason.Trouble?, _ endpoint: Endpoint
    ) -> String? {
        switch trouble {
        case nil: nil
        case .forbiddenTarget: "Check the host in url, or allow the address if it is meant."
        case .dns: "Check the host in url, and that this machine can look names up."
        case .connect, .connectionReset, .cancelled:
            "Check host and port in url, and that the receiver is up."
        case .tls: "Check that the receiver has a certificate that is valid for the host in url."
        case .timeout: "Check that the receiver answers within timeout: \(endpoint.timeout.text)."
        case .unreadableResponse:
            "Something answers that is not \(endpoint.channel.rawValue): check url."
        }
    }

    /// What to do about a status that a receiver of a callback, or a server, answered with.
    private static func remedy(status: Int?, _ endpoint: Endpoint) -> String {
        let proof =
            endpoint.secrets.isEmpty
            ? "headers" : "headers, and that both sides have the same secret"
        return switch status ?? 0 {
        case 300..<400: "Write the address that it leads to as url."
        case 401, 403, 407: "Check \(proof): the receiver does not let us in."
        case 404: "Check the path of url: nothing is there."
        case 405: "Check the path of url: what is there takes no POST."
        case 410: "The receiver says that it is gone for good: write another url."
        case 411, 413..<418, 431:
            "Look into the receiver's log: it does not take messages of this form."
        case 400..<500: "Look into the receiver's log, and check \(proof)."
        case 500...: "The receiver is there and fails: look into its log."
        default: "Check the address, and that the receiver is up."
        }
    }
}
