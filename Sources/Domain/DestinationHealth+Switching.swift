extension DestinationHealth {
    /// What a person changes who switches the destination off or on; `nil` when all is as it is to
    /// be.
    ///
    /// Switching an endpoint on ends what failures began as well, and is told as a recovery is. How
    /// a connection fares is found out by the room that copies, and by nobody else.
    package func switched(on isOn: Bool, at now: Timestamp) -> HealthChange? {
        var next = self
        var news: [HealthChange.News] = []
        if !isOn {
            next.switchedOffAt = switchedOffAt ?? now
        } else if case .endpoint = destination, let recovery {
            next = recovery.health
            news = recovery.news
        }
        if isOn { next.switchedOffAt = nil }
        return next == self ? nil : HealthChange(health: next, news: news)
    }

    /// What is left of a destination that is gone, when another may have its name; `nil` when
    /// nothing is known anyway.
    package var forgotten: HealthChange? {
        var next = DestinationHealth(destination)
        next.revision = revision
        return next == self ? nil : HealthChange(health: next, news: [])
    }
}
