/// Why a delivery was given up, in the words that ``Delivery/State/exhausted(reason:)`` keeps.
package enum Exhaustion: String, Hashable, Sendable, CaseIterable {
    /// No try is left.
    case schedule
    /// This message can never be taken.
    case rejected
    /// The channel's credential or address is wrong, or it is gone.
    case channelBroken = "channel_broken"
    /// Too old to be interesting to somebody who reads a chat.
    case stale
    /// Its endpoint was given up and did not come back in time.
    case disabled
}
