/// What intake takes on before it holds back (reliability.md 2, "Ingest backpressure", and 3.1).
package struct IntakeLimits: Hashable, Sendable {
    /// Bytes of a body.
    ///
    /// The server stops reading there, too; this is the line that is tested.
    package var bodyBytesMax: Int
    /// Events that wait for the store at once; one more is told to come back.
    package var waitingMax: Int
    /// How long one event waits for the store; senders give 3 s and more.
    package var waitMax: Duration
    /// What `Retry-After` says, in whole seconds.
    package var retryAfterSeconds: Int
    /// The same at a door that was closed by a person, who takes longer.
    package var retryAfterClosedSeconds = 60

    package init(
        bodyBytesMax: Int = 1 << 20, waitingMax: Int = 256, waitMax: Duration = .seconds(2),
        retryAfterSeconds: Int = 5
    ) {
        precondition(bodyBytesMax > 0 && waitingMax > 0 && retryAfterSeconds > 0)
        self.bodyBytesMax = bodyBytesMax
        self.waitingMax = waitingMax
        self.waitMax = waitMax
        self.retryAfterSeconds = retryAfterSeconds
    }
}
