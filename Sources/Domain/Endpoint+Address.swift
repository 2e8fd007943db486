extension Endpoint.Channel {
    /// Whether the address is one that the platform itself gives out.
    ///
    /// Another one may be a proxy, a private installation or a receiver for trials, so it is used
    /// all the same. Source: the patterns of contracts/notifications.md sections 6 to 15.
    package func isUsual(address: String) -> Bool {
        switch self {
        case .webhook, .cloudEvents: address.hasPrefix("https://")
        case .feishu:
            address.wholeMatch(
                of:
                    #/
                    https://open\.(feishu\.cn|larksuite\.com)
                    /open-apis/bot/v2/hook/[A-Za-z0-9\-]+
                    /#) != nil
        case .dingTalk:
            address.wholeMatch(
                of: #/https://oapi\.dingtalk\.com/robot/send\?access_token=[0-9A-Za-z]+/#) != nil
        case .weCom:
            address.wholeMatch(
                of: #/https://qyapi\.weixin\.qq\.com/cgi-bin/webhook/send\?key=[0-9a-fA-F\-]{36}/#
            ) != nil
        case .slack:
            address.wholeMatch(
                of: #/https://hooks\.slack(-gov)?\.com/(services|workflows)/[A-Za-z0-9/]+/#) != nil
        case .discord:
            // With `thread_id` and the like, which the channel keeps.
            address.wholeMatch(
                of:
                    #/
                    https://(canary\.|ptb\.)?discord(app)?\.com
                    /api(/v\d+)?/webhooks/[0-9]+/[A-Za-z0-9_\-]+(\?.*)?
                    /#) != nil
        case .teams:
            address.wholeMatch(
                of: #/https://[A-Za-z0-9.\-]+(:443)?/.*[?&]sig=[^&]+.*/#) != nil
        case .telegram:
            // With or without the method at its end, which the channel adds.
            address.wholeMatch(
                of: #/https://api\.telegram\.org/bot[0-9]+:[A-Za-z0-9_\-]{30,}(/sendMessage)?/#
            ) != nil
        case .infoflow:
            address.wholeMatch(
                of:
                    #/
                    https?://(apiin|api)\.im\.baidu\.com
                    /api(/v1/robot)?/msg/groupmsgsend\?access_token=[0-9a-zA-Z]+
                    /#) != nil
        case .mattermost:
            address.wholeMatch(of: #/https?://[^/]+(/.*)?/hooks/[a-z0-9]{26}/#) != nil
        case .googleChat:
            address.wholeMatch(
                of:
                    #/
                    https://chat\.googleapis\.com/v1/spaces/[^/?]+/messages\?
                    .*key=[^&]+.*token=[^&]+.*
                    /#) != nil
        }
    }

    /// How an address of the platform's own looks, for people.
    package var usualAddress: String {
        switch self {
        case .webhook, .cloudEvents: "https://HOST/PATH"
        case .feishu: "https://open.feishu.cn/open-apis/bot/v2/hook/TOKEN"
        case .dingTalk: "https://oapi.dingtalk.com/robot/send?access_token=TOKEN"
        case .weCom: "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=KEY"
        case .slack: "https://hooks.slack.com/services/T…/B…/…"
        case .discord: "https://discord.com/api/webhooks/ID/TOKEN"
        case .teams: "https://HOST/…/triggers/manual/paths/invoke?…&sig=…"
        case .telegram: "https://api.telegram.org/botTOKEN/sendMessage"
        case .infoflow: "https://api.im.baidu.com/api/msg/groupmsgsend?access_token=TOKEN"
        case .mattermost: "https://HOST/hooks/KEY"
        case .googleChat: "https://chat.googleapis.com/v1/spaces/SPACE/messages?key=…&token=…"
        }
    }

    /// Whether it is a connector that Microsoft has been switching off, which answers 200 and may
    /// deliver nothing.
    package static func isRetiredConnector(address: String) -> Bool {
        let rest = address.drop { $0 != ":" }
        let host = rest.dropFirst(3).prefix { $0 != "/" && $0 != ":" }
        return host.lowercased().hasSuffix(".webhook.office.com")
    }
}
