package import Domain
package import Transport

/// A conversation with a provider: what to ask next, and what the answers come to.
///
/// Pure, so that a whole conversation is tested by values: whoever carries it on sends each
/// question and says what came back.
package indirect enum Talk<Outcome: Sendable>: Sendable {
    case ask(Question, then: @Sendable (Reply) -> Talk<Outcome>)
    case done(Outcome)
}

/// One request of a conversation.
package struct Question: Hashable, Sendable {
    package var request: HTTPRequest
    /// How old an answer to the very same request, under the same connection, may be.
    ///
    /// One page of a list then serves all tasks that ask for it at about the same time. Zero for
    /// what must be seen with own eyes.
    package var mayBeSharedFor: Duration

    package init(_ request: HTTPRequest, mayBeSharedFor: Duration = .zero) {
        self.request = request
        self.mayBeSharedFor = mayBeSharedFor
    }
}

/// What came back, and when.
package struct Reply: Sendable {
    package let result: Result<HTTPAnswer, TransportFailure>
    /// By our wall clock.
    package let at: Timestamp

    package init(_ result: Result<HTTPAnswer, TransportFailure>, at: Timestamp) {
        self.result = result
        self.at = at
    }
}
