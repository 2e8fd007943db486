import Domain
import StrictJSON

/// `retention`: how long what has ended is kept, each from an hour to 3650 days.
package struct RetentionSettings: Hashable, Sendable {
    /// `events`: bodies of events; default 30 d.
    package let events: Duration
    /// `attempts`: default 30 d.
    package let attempts: Duration
    /// `tasks`: ended tasks; default 90 d.
    package let tasks: Duration
    /// `keys`: identities of events, after they were last seen; default 90 d.
    package let keys: Duration
    /// `audit`: default 365 d; pruning leaves an anchor with the last hash.
    package let audit: Duration

    /// Senders repeat for days what they heard no answer to: Standard Webhooks for three, GitHub
    /// and the vendors' consoles whenever somebody asks.
    private static let keysMin = Duration.days(7)

    init(_ section: SettingSection) {
        let kind = SettingKind<Duration>.duration(.hours(1) ... .days(3_650))
        events = section.scalar("events", kind, default: .days(30))
        attempts = section.scalar("attempts", kind, default: .days(30))
        tasks = section.scalar("tasks", kind, default: .days(90))
        keys = section.scalar("keys", kind, default: .days(90))
        if keys < Self.keysMin {
            section.reader.warn(
                section.place("keys").problem(
                    "an event that its sender repeats after that is taken for a new one",
                    "Write at least \(Self.keysMin.text)."))
        }
        audit = section.scalar("audit", kind, default: .days(365))
        section.finish()
    }
}
