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
        /// The language's, with the blank that follows it.
        package let colon: String
        /// Whether the value is a command of ours, which people copy.
        package let isCommand: Bool

        package init(_ label: String, _ value: String, colon: String, isCommand: Bool = false) {
            self.label = label
            self.value = value
            self.colon = colon
            self.isCommand = isCommand
        }

        package var line: String { label + colon + value }
    }

    /// A page of the platform where the reader can look.
    package struct Link: Hashable, Sendable {
        /// Words of ours.
        package let label: String
        /// Absolute, `https`, of visible ASCII.
        package let url: String

        package init(_ label: String, _ url: String) {
            self.label = label
            self.url = url
        }
    }

    /// How much room names and reasons get, for places that are too small for all of them.
    package enum Brevity: Hashable, Sendable, CaseIterable {
        case full, short, shortest

        /// For a name, an id, a place.
        package var nameLimit: TextLimit {
            switch self {
            case .full: TextLimit(200, .utf8Bytes)
            case .short: TextLimit(80, .utf8Bytes)
            case .shortest: TextLimit(40, .utf8Bytes)
            }
        }

        /// For what a platform said.
        package var errorLimit: TextLimit {
            switch self {
            case .full: TextLimit(1_200, .utf8Bytes)
            case .short: TextLimit(300, .utf8Bytes)
            case .shortest: TextLimit(100, .utf8Bytes)
            }
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
    /// Where the copy is, or the original where there is none; `nil` where that is not certain.
    package let link: Link?
    /// Names us, and the task or event, so that a message that came twice is seen to be one.
    package let footer: String
    /// The same as somebody's template says it; it then goes out in place of all but the footer.
    package private(set) var words: OwnWords?

    package init(
        tone: Tone, title: String, summary: String, facts: [Fact], advice: String? = nil,
        link: Link? = nil, footer: String
    ) {
        self.tone = tone
        self.title = title
        self.summary = summary
        self.facts = facts
        self.advice = advice
        self.link = link
        self.footer = footer
    }

    /// UTF-8 bytes of all texts together at most.
    ///
    /// Follows from the limits of the parts: a title of two names, a summary of three, nine facts,
    /// an error text, a footer of two ids, and our own words.
    package static let bytesMax = 7_000
}

extension ChatMessage {
    /// What `notification` says, in the reader's language.
    ///
    /// - Parameters:
    ///   - sites: Where the platforms show people what they hold, see ``Endpoint/sites``.
    ///   - templates: Whose words are used in place of ours.
    /// - Throws: `payloadUnreadable` when the stored bytes are not our envelope.
    package init(
        _ notification: CompletionNotification, in language: Endpoint.Language,
        _ brevity: Brevity = .full, sites: [String: String] = [:],
        templates: MessageTemplates = MessageTemplates()
    ) throws(MessageRefusal) {
        let told = try Told(notification, in: language, brevity, sites: sites)
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
        words = told.words(of: templates, self, notification.type)
    }
}

extension ChatMessage.Tone {
    /// In front of a title where a platform has no colours.
    package var mark: String {
        switch self {
        case .success: "✅"
        case .failure: "❌"
        case .warning: "⚠️"
        case .information: "ℹ️"
        }
    }
}

extension ChatMessage {
    /// As many whole lines as fit, without the link, which must not be cut; own words with it.
    ///
    /// The title always fits: that of the shortest form stays far below every limit we know.
    package func bareText(within limit: TextLimit, in dialect: Dialect) -> String {
        if let words {
            let end = "\n" + dialect.copied(footer)
            let room = TextLimit(limit.max - limit.unit.length(of: end), limit.unit)
            return words.text(within: room, in: dialect, link: link?.url) + end
        }
        var text = ""
        let lines =
            [dialect.foreign("\(tone.mark) \(title)"), dialect.foreign(summary)]
            + facts.map { dialect.fact($0) }
            + [advice.map(dialect.escaped), dialect.copied(footer)].compactMap { $0 }
        for line in lines {
            let longer = text.isEmpty ? line : "\(text)\n\(line)"
            if limit.holds(longer) { text = longer }
        }
        return text
    }
}

extension Dialect {
    /// A fact on a line of its own.
    func fact(_ fact: ChatMessage.Fact) -> String {
        escaped(fact.label + fact.colon) + value(of: fact)
    }

    func value(of fact: ChatMessage.Fact) -> String {
        fact.isCommand ? copied(fact.value) : foreign(fact.value)
    }
}
