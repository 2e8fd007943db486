/// A bug put in on purpose, to see that the checkers find it.
///
/// Nothing of the service knows of them: each is a wrapper around the store or the way out.
package enum PlantedBug: String, Hashable, Sendable, CaseIterable {
    /// A request for a copy is repeated when its answer was lost.
    case retryAfterLostAnswer = "retry_after_lost_answer"
    /// A task found in `submitting` is taken for one that was not begun.
    case retryInSubmitting = "retry_in_submitting"
    /// A write with an old token is let through.
    case fenceForgotten = "fence_forgotten"
    /// Two sources that use the same key have one event.
    case sourceForgotten = "source_forgotten"
    /// A task ends without its notification.
    case notificationDropped = "notification_dropped"
    /// An event is acknowledged that the store did not take.
    case acknowledgedTooSoon = "acknowledged_too_soon"
    /// A request for a copy leaves before the store knows of it.
    case dispatchNotStored = "dispatch_not_stored"
    /// A copy that is found is taken without asking whose else it may be.
    case surroundingsIgnored = "surroundings_ignored"
}
