extension Endpoint {
    /// The most that the channel's platform takes, where it says so; `nil` where it does not.
    ///
    /// In the longest span that it counts in: what passes that is lost, or silences everybody,
    /// while a burst is smoothed by the platform. Source: contracts/notifications.md, the overview
    /// and sections 6 to 15.
    package var publishedRate: Rate? {
        switch channel {
        case .feishu: Rate(100, per: .minutes(1))
        case .dingTalk, .weCom: Rate(20, per: .minutes(1))
        case .slack, .googleChat: Rate(1, per: .seconds(1))
        case .telegram:
            // Groups have negative numbers; a person takes about one a second.
            options.chat?.hasPrefix("-") == true
                ? Rate(20, per: .minutes(1)) : Rate(1, per: .seconds(1))
        case .webhook, .cloudEvents, .discord, .teams, .infoflow, .mattermost: nil
        }
    }
}

extension Rate {
    /// Whether it lets out more than another one in the long run.
    package func exceeds(_ other: Rate) -> Bool {
        // Counts go to a million and spans to a day, so that neither product overflows.
        Int64(count) * other.per.wholeMilliseconds > Int64(other.count) * per.wholeMilliseconds
    }
}
