/// What one try at a task or a delivery came to, kept for people.
package struct Attempt: Hashable, Sendable, Codable {
    package enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
        case prepare, submit, poll, look, deliver
        /// A person's decision.
        case decide
    }

    package let kind: Kind
    package let at: Timestamp
    package let duration: Duration
    /// A word that can be counted, such as `accepted`, `refused` or `answer_lost`.
    package let outcome: String
    /// Status of the answer, absent where there was none.
    package let status: Int?
    /// The provider's or endpoint's own code, as text.
    package let code: String?
    /// For people; at most 1 KiB, secrets removed.
    package let detail: String
    package let logID: String?
    /// What was last sent and answered, where a provider was asked; kept since it may tell what no
    /// code of ours knew to read.
    package let exchange: Exchange?

    package init(
        _ kind: Kind,
        at: Timestamp,
        duration: Duration = .zero,
        outcome: String,
        status: Int? = nil,
        code: String? = nil,
        detail: String = "",
        logID: String? = nil,
        exchange: Exchange? = nil
    ) {
        self.kind = kind
        self.at = at
        self.duration = duration
        self.outcome = outcome
        self.status = status
        self.code = code
        self.detail = String(detail.prefix(1_024))
        self.logID = logID
        self.exchange = exchange
    }
}
