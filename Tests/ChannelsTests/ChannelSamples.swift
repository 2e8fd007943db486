import Channels
import Domain
import Foundation
import StrictJSON
import Testing
import Transport

extension Endpoint.Channel {
    /// The channels that people read.
    static var chats: [Endpoint.Channel] { allCases.filter { !$0.isCallback } }

    /// As the shared vectors call it.
    var vectorName: String {
        switch self {
        case .webhook: "standard-webhook"
        case .cloudEvents: "cloudevents"
        case .feishu: "feishu-bot"
        case .dingTalk: "dingtalk-robot"
        case .weCom: "wecom-robot"
        case .slack: "slack-webhook"
        case .discord: "discord-webhook"
        case .teams: "teams-workflows"
        case .telegram: "telegram-bot"
        case .infoflow: "infoflow-robot"
        case .mattermost: "mattermost"
        case .googleChat: "google-chat"
        }
    }

    /// An address as the platform gives out; the path says which one it is.
    var sampleAddress: String {
        let letters = String(repeating: "a", count: 26)
        return switch self {
        case .webhook, .cloudEvents: "https://ops.example.com/hooks?k=1"
        case .feishu: "https://open.feishu.cn/open-apis/bot/v2/hook/00000000-1111-2222"
        case .dingTalk: "https://oapi.dingtalk.com/robot/send?access_token=0123456789abcdef"
        case .weCom:
            "https://qyapi.weixin.qq.com/cgi-bin/webhook/send"
                + "?key=00000000-1111-2222-3333-444444444444"
        case .slack: "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXX"
        case .discord: "https://discord.com/api/webhooks/100000000000000001/abc_DEF-123"
        case .teams:
            "https://prod-00.westeurope.logic.azure.com:443/workflows/0/triggers/manual/paths/"
                + "invoke?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=AAAA"
        case .telegram:
            "https://api.telegram.org/bot123456789:\(letters)AAAAAAAAA/sendMessage"
        case .infoflow: "https://api.im.baidu.com/api/msg/groupmsgsend?access_token=abcdef0123"
        case .mattermost: "https://chat.example.com/hooks/\(letters)"
        case .googleChat:
            "https://chat.googleapis.com/v1/spaces/AAAA/messages?key=KEY&token=TOKEN%3D"
        }
    }
}

extension Endpoint {
    static func sample(_ channel: Channel, _ language: Language = .zh) -> Endpoint {
        var endpoint = Endpoint(name: "ops", channel: channel, url: Secret(channel.sampleAddress))
        endpoint.language = language
        endpoint.options.chat = "-1001234567890"
        endpoint.options.groups = [1_234_567]
        endpoint.options.cloudEvents.origin = "processor.example.com"
        endpoint.sites = ["coze-prod": "https://www.coze.cn"]
        if channel == .webhook {
            endpoint.secrets = [Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
        }
        return endpoint
    }
}

/// `{{repeat N s}}` of the vectors, written out.
func expanded(_ text: String) -> String {
    guard text.hasPrefix("{{repeat "), text.hasSuffix("}}") else { return text }
    let inner = text.dropFirst(9).dropLast(2)
    guard let blank = inner.firstIndex(of: " "), let count = Int(inner[..<blank]) else {
        return text
    }
    return String(repeating: String(inner[inner.index(after: blank)...]), count: count)
}

/// The same in every text of a value.
func expanded(_ value: JSONValue) -> JSONValue {
    switch value {
    case .string(let text): .string(expanded(text))
    case .array(let elements): .array(elements.map(expanded))
    case .object(let object):
        .object(JSONObject(object.members.map { ($0.key, expanded($0.value)) }))
    default: value
    }
}

/// What a message says, its markup included: every text in it, in order, and its colours.
func outline(_ value: JSONValue, under key: String = "") -> [String] {
    let structure = [
        "tag", "type", "schema", "$schema", "version", "contentType", "msg_type", "msgtype",
        "weight", "size", "width", "timestamp", "sign",
    ]
    switch value {
    case .string(let text):
        if structure.contains(key) { return [] }
        return ["color", "template", "parse_mode"].contains(key) ? ["[\(text)]"] : [text]
    case .number(let number): return key == "color" ? ["[\(number.text)]"] : []
    case .array(let elements): return elements.flatMap { outline($0, under: key) }
    case .object(let object):
        return object.members.flatMap { outline($0.value, under: $0.key) }
    case .null, .bool: return []
    }
}
