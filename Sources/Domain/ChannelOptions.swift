/// What one channel has to be told beside the address, each only where that channel is used.
package struct ChannelOptions: Hashable, Sendable {
    /// Telegram: who reads it, a whole number (groups have negative ones) or `@channelname`.
    package var chat: String?
    /// Telegram: the topic of a group that has some.
    package var topic: Int64?
    /// Infoflow: the numbers of the groups, at least one.
    package var groups: [Int64] = []
    /// Feishu: which card its clients understand.
    package var card: Card = .two
    package var cloudEvents = CloudEvents()

    package init() {}

    /// The generation of a Feishu card.
    package enum Card: String, Hashable, Sendable, CaseIterable {
        /// For clients before 7.20.
        case one = "1.0"
        case two = "2.0"
    }

    /// How CloudEvents are written and who lets us send them.
    package struct CloudEvents: Hashable, Sendable {
        package var mode: Mode = .structured
        /// This service, a URI-reference; together with an event's id it is unique.
        package var source = "/copyhook"
        /// Stands in front of our own type, as in `copyhook.copy.succeeded`.
        package var typePrefix = "copyhook"
        package var handshake: Handshake = .required
        /// The sending system as a whole, a name as DNS knows them.
        package var origin: String?
        /// Deliveries a minute that are asked for; `nil` for no word about it.
        package var requestRate: Int?

        package init() {}

        package enum Mode: String, Hashable, Sendable, CaseIterable {
            /// The whole event is one JSON object.
            case structured
            /// The attributes are headers and the body is the data.
            case binary
        }

        /// Whether the receiver has to say that it wants our events (HTTP 1.1 Web Hooks for Event
        /// Delivery, section 4).
        package enum Handshake: String, Hashable, Sendable, CaseIterable {
            /// Without its permission nothing is sent.
            case required
            /// It is asked; one that does not know the question gets a few events a minute.
            case optional
            /// It is not asked.
            case off
        }
    }
}
