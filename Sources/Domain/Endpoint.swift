/// Somebody who is told: a callback URL or a chat channel.
package struct Endpoint: Hashable, Sendable {
    package let name: String
    package let channel: Channel
    /// For chat channels the URL itself is the credential, so it is a secret for all.
    package var url: Secret
    /// Signing keys, newest first; several while a key is being rotated.
    package var secrets: [Secret]
    /// Which notification types it hears, `*` standing for any text; `nil` for all.
    package var types: [String]?
    package var timeout: Duration
    /// Deliveries in flight.
    package var concurrent: Int
    /// Deliveries begun, at most; `nil` for what its channel's platform allows.
    package var rate: Rate?
    package var headers: [Header]
    package var language: Language
    /// Own words for what people read; none for a callback.
    package var templates: MessageTemplates
    package var options: ChannelOptions
    /// Where the platforms show people what they hold, by the connection's name.
    ///
    /// For links in messages that people read; see ``Connection/site``.
    package var sites: [String: String]

    package init(name: String, channel: Channel, url: Secret, secrets: [Secret] = []) {
        self.name = name
        self.channel = channel
        self.url = url
        self.secrets = secrets
        timeout = .seconds(15)
        concurrent = 4
        headers = []
        language = .zh
        templates = MessageTemplates()
        options = ChannelOptions()
        sites = [:]
    }

    package enum Channel: String, Hashable, Sendable, Codable, CaseIterable {
        /// Standard Webhooks, the generic callback.
        case webhook
        /// CloudEvents 1.0 over HTTP.
        case cloudEvents = "cloudevents"
        /// Feishu and Lark.
        case feishu
        case dingTalk = "dingtalk"
        /// 企业微信.
        case weCom = "wecom"
        case slack
        case discord
        /// Workflows of Microsoft Teams; the retired connectors are not spoken to.
        case teams
        case telegram
        /// 如流.
        case infoflow
        case mattermost
        case googleChat = "googlechat"

        /// Whether a program reads it and keeps ids; the others are read by people.
        package var isCallback: Bool { self == .webhook || self == .cloudEvents }
    }

    package enum Language: String, Hashable, Sendable, Codable, CaseIterable {
        case zh, en
    }

    package struct Header: Hashable, Sendable {
        package let name: String
        package let value: Secret

        package init(_ name: String, _ value: Secret) {
            self.name = name
            self.value = value
        }
    }

    /// Whether its `types` let this notification through.
    package func hears(_ type: NotificationType) -> Bool {
        guard let types else { return true }
        return types.contains { glob($0, matches: type.rawValue) }
    }
}

/// Everybody who can be told, and who is told what.
package struct Audience: Sendable {
    package let endpoints: [Endpoint]

    package init(_ endpoints: [Endpoint]) {
        self.endpoints = endpoints
    }

    /// The endpoints that hear of `type`: those that the rule names (`nil` for all of them) and
    /// whose own `types` agree, except the one concerned.
    package func listeners(
        of type: NotificationType, notify: [String]?, except concerned: String? = nil
    ) -> [Endpoint] {
        endpoints.filter { endpoint in
            (notify?.contains(endpoint.name) ?? true) && endpoint.hears(type)
                && endpoint.name != concerned
        }
    }
}

/// Whether `text` fits `pattern`, in which `*` stands for any text, the empty one included.
private func glob(_ pattern: String, matches text: String) -> Bool {
    let parts = pattern.split(separator: "*", omittingEmptySubsequences: false)
    guard parts.count > 1, let first = parts.first, let last = parts.last else {
        return pattern == text
    }
    guard text.hasPrefix(first), text.dropFirst(first.count).hasSuffix(last) else { return false }
    var rest = text.dropFirst(first.count).dropLast(last.count)
    for part in parts.dropFirst().dropLast() where !part.isEmpty {
        guard let end = rest.endOfFirst(part) else { return false }
        rest = rest[end...]
    }
    return true
}

extension Substring {
    fileprivate func endOfFirst(_ part: Substring) -> Index? {
        indices.first { self[$0...].hasPrefix(part) }.map { index($0, offsetBy: part.count) }
    }
}
