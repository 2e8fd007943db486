package import Domain

/// Which events are wanted; what is not named does not matter, and all that is named must hold.
package struct EventFilter: Hashable, Sendable {
    package var state: EventState?
    package var source: String?
    package var type: String?
    /// The entity's id.
    package var entity: String?
    /// By when they came in.
    package var window: Period
    /// In the event's id, key, type or source, or in its entity's id or name.
    package var text: Needle?

    package init(
        state: EventState? = nil, source: String? = nil, type: String? = nil,
        entity: String? = nil, window: Period = Period(), text: Needle? = nil
    ) {
        self.state = state
        self.source = source
        self.type = type
        self.entity = entity
        self.window = window
        self.text = text
    }
}

/// Which tasks are wanted, in the same way.
package struct TaskFilter: Hashable, Sendable {
    package var state: CopyTask.State.Name?
    package var event: Event.ID?
    package var rule: String?
    package var connection: String?
    /// The id of what is copied.
    package var entity: String?
    /// Where the copy lands.
    package var workspace: String?
    /// By when they were planned.
    package var window: Period
    /// In the id of the task or its event, in its rule, connection or workspace, or in its
    /// entity's id or name.
    package var text: Needle?

    package init(
        state: CopyTask.State.Name? = nil, event: Event.ID? = nil, rule: String? = nil,
        connection: String? = nil, entity: String? = nil, workspace: String? = nil,
        window: Period = Period(), text: Needle? = nil
    ) {
        self.state = state
        self.event = event
        self.rule = rule
        self.connection = connection
        self.entity = entity
        self.workspace = workspace
        self.window = window
        self.text = text
    }
}

/// Which deliveries are wanted, in the same way.
package struct DeliveryFilter: Hashable, Sendable {
    package var state: Delivery.State.Name?
    package var task: CopyTask.ID?
    package var event: Event.ID?
    package var endpoint: String?
    package var type: NotificationType?
    /// By when they were made.
    package var window: Period
    /// In the id of the delivery, its task or its event, in its endpoint or in its type.
    package var text: Needle?

    package init(
        state: Delivery.State.Name? = nil, task: CopyTask.ID? = nil, event: Event.ID? = nil,
        endpoint: String? = nil, type: NotificationType? = nil,
        window: Period = Period(), text: Needle? = nil
    ) {
        self.state = state
        self.task = task
        self.event = event
        self.endpoint = endpoint
        self.type = type
        self.window = window
        self.text = text
    }
}

/// A piece of text that is looked for inside others.
///
/// ASCII letters of both cases are the same; everything else is compared byte for byte.
package struct Needle: Hashable, Sendable {
    /// UTF-8, ASCII letters in lower case.
    package let bytes: [UInt8]

    package init(_ text: String) { bytes = Self.folded(text) }

    /// Whether one of the texts contains it; an absent one contains nothing.
    package func isIn(_ texts: String?...) -> Bool {
        texts.contains { $0.map { Self.folded($0).contains(bytes) } ?? false }
    }

    package static func folded(_ text: String) -> [UInt8] {
        text.utf8.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
    }
}

extension [UInt8] {
    fileprivate func contains(_ piece: [UInt8]) -> Bool {
        guard count >= piece.count else { return false }
        return (0...(count - piece.count)).contains { self[$0...].starts(with: piece) }
    }
}
