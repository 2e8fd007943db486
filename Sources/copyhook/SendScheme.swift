import ArgumentParser
import Domain
import Signing

/// A sender that `send` can play: how it proves a body, and where it puts the id of an event.
///
/// Those whose events are sealed for one receiver (WeCom, DingTalk's events, Infoflow) are not
/// among them: their own consoles send trial events.
enum SendScheme: String, ExpressibleByArgument, CaseIterable {
    case coze
    case standardWebhooks = "standard-webhooks"
    case svix, github, gitlab, stripe, slack, feishu
    case dingTalkRobot = "dingtalk-robot"
    case telegram, bearer

    /// The header in which the platform names the event, where it does; a source wants it.
    var eventHeader: String? {
        switch self {
        case .github: "X-GitHub-Event"
        case .gitlab: "X-Gitlab-Event"
        default: nil
        }
    }

    /// What goes out in place of `event`, and what proves it.
    struct Proof {
        var headers: [(name: String, value: String)]
        var body: [UInt8]
    }

    /// - Parameters:
    ///   - id: The event's, for schemes that carry one in a header.
    ///   - chance: 16 bytes.
    func prove(
        _ event: [UInt8], with secret: Secret, id: String, at now: Timestamp, chance: [UInt8]
    ) throws(SigningError) -> Proof {
        let nonce = Hexadecimal.encode(chance)
        let headers: [(name: String, value: String)]
        let hooks = { () throws(SigningError) in
            try StandardWebhooksSigner(secrets: [secret]).headers(id: id, at: now, body: event)
        }
        switch self {
        case .coze:
            headers = CozeSigner.headers(
                token: secret, timestamp: now, nonce: nonce, body: event)
        case .standardWebhooks:
            headers = try hooks()
        case .svix:
            headers = try hooks().map { ($0.name.replacing("webhook-", with: "svix-"), $0.value) }
        case .github:
            headers =
                try HMACProof.Form.gitHub.headers(secret: secret, at: now, body: event)
                + [("X-GitHub-Delivery", id)]
        case .gitlab:
            headers = [("X-Gitlab-Token", secret.exposed), ("Idempotency-Key", id)]
        case .stripe:
            headers = try StripeProof.headers(secrets: [secret], at: now, body: event)
        case .slack:
            headers = try HMACProof.Form.slack.headers(secret: secret, at: now, body: event)
        case .feishu:
            let cipher = try FeishuCipher(encryptKey: secret)
            let sealed = try cipher.encrypt(event, vector: chance)
            let body = Array(#"{"encrypt":"\#(sealed)"}"#.utf8)
            return Proof(headers: cipher.headers(at: now, nonce: nonce, body: body), body: body)
        case .dingTalkRobot:
            headers = try DingTalkRobotScheme.headers(secret: secret, at: now)
        case .telegram: headers = [("X-Telegram-Bot-Api-Secret-Token", secret.exposed)]
        case .bearer: headers = [("Authorization", "Bearer \(secret.exposed)")]
        }
        return Proof(headers: headers, body: event)
    }
}
