package import Domain

/// A notification as a person reads it on a phone, before any platform's dress.
///
/// What happened to which bot comes first, then where the copy is and how long it took, then what
/// to do. Every text here is plain: names and error texts in it come from strangers, so a channel
/// either puts it where nothing is interpreted or escapes it whole. Every text is one line, and all
/// together stay below ``bytesMax``, however long the names are.
package struct ChatMessage: Hashable, Sendable {
    package enum Tone: String, Hashable, Sendable, CaseIterable {
        case success, failure, warning, information
    }

    /// A name and a value, such as `Took` and `1.8 s`.
    package struct Fact: Hashable, Sendable {
        package let label: String
        package let value: String
        /// Both, with the language's colon between them.
        package let line: String

        package init(_ label: String, _ value: String, line: String) {
            self.label = label
            self.value = value
            self.line = line
        }
    }

    package let tone: Tone
    /// What the phone shows before the message is opened.
    package let title: String
    /// One or two sentences.
    package let summary: String
    package let facts: [Fact]
    /// What the reader may do; `nil` when nothing is to be done.
    package let advice: String?
    /// Names us, and the task or event, so that a message that came twice is seen to be one.
    package let footer: String

    package init(
        tone: Tone, title: String, summary: String, facts: [Fact], advice: String? = nil,
        footer: String
    ) {
        self.tone = tone
        self.title = title
        self.summary = summary
        self.facts = facts
        self.advice = advice
        self.footer = footer
    }

    /// UTF-8 bytes of all texts together at most.
    ///
    /// Follows from the limits of the parts: a title of two names, a summary of three, nine facts,
    /// an error text, a footer of two ids, and our own words.
    package static let bytesMax = 7_000
    /// For a name, an id, a place.
    package static let nameLimit = TextLimit(200, .utf8Bytes)
    /// For what a platform said.
    package static let errorLimit = TextLimit(1_200, .utf8Bytes)
}

extension ChatMessage {
    /// What `notification` says, in the reader's language.
    ///
    /// - Throws: `payloadUnreadable` when the stored bytes are not our envelope.
    package init(
        _ notification: CompletionNotification, in language: Endpoint.Language
    ) throws(MessageRefusal) {
        let told = try Told(notification, in: language)
        self =
            switch notification.type {
            case .copySucceeded, .copyFailed, .copyUnresolved, .copyCancelled, .copyStalled,
                .copyDuplicateSuspected:
                told.copy(notification.type)
            case .eventAnnounced: told.event()
            case .endpointWarning, .endpointDisabled, .endpointRecovered:
                told.endpoint(notification.type)
            case .connectionBroken, .connectionRecovered: told.connection(notification.type)
            case .ping: told.ping()
            }
    }
}
