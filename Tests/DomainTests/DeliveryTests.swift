import Domain
import Testing

@Suite struct DeliveryTests {
    private static let states: [Delivery.State.Name] = [
        .pending, .sending, .delivered, .exhausted, .cancelled,
    ]

    private static let signals: [(String, Delivery.Signal)] = [
        ("claimed", .claimed), ("accepted", .accepted(at: .start)),
        ("failed", .failed(retryAt: .start)), ("postponed", .postponed(until: .start)),
        ("exhausted", .exhausted(reason: "schedule", at: .start)),
        ("cancelRequested", .cancelRequested(at: .start)), ("sendAgain", .sendAgain(at: .start)),
    ]

    /// A delivery that has come to this state by the shortest way.
    private static func delivery(_ name: Delivery.State.Name) throws -> Delivery {
        var delivery = Delivery(
            id: "msg_1", notificationID: "ntf_1", type: .ping, endpoint: "ops", createdAt: .start)
        switch name {
        case .pending: return delivery
        case .sending: try delivery.apply(.claimed)
        case .delivered:
            try delivery.apply(.claimed)
            try delivery.apply(.accepted(at: .start))
        case .exhausted:
            try delivery.apply(.claimed)
            try delivery.apply(.exhausted(reason: "stale", at: .start))
        case .cancelled: try delivery.apply(.cancelRequested(at: .start))
        }
        return delivery
    }

    @Test func theTableIsTheOneWeReviewed() throws {
        var lines: [String] = []
        for state in Self.states {
            for (name, signal) in Self.signals {
                var delivery = try Self.delivery(state)
                let before = delivery
                do throws(Delivery.InvalidTransition) {
                    try delivery.apply(signal)
                    lines.append("\(state) \(name) \(delivery.state.name) \(delivery.attempts)")
                } catch {
                    #expect(delivery == before)
                    #expect(error.state == before.state)
                }
            }
        }
        #expect(
            lines.joined(separator: "\n") == """
                pending claimed sending 1
                pending exhausted exhausted 0
                pending cancelRequested cancelled 0
                sending claimed sending 2
                sending accepted delivered 1
                sending failed pending 1
                sending postponed pending 0
                sending exhausted exhausted 1
                sending cancelRequested cancelled 1
                delivered sendAgain pending 0
                exhausted sendAgain pending 0
                cancelled sendAgain pending 0
                """)
    }

    @Test func endsHaveATimeAndWhatGoesOnHasNone() throws {
        for state in Self.states {
            let delivery = try Self.delivery(state)
            #expect((delivery.endedAt != nil) == delivery.state.isEnd)
            #expect((delivery.state.dueAt == nil) == delivery.state.isEnd)
        }
        var again = try Self.delivery(.delivered)
        try again.apply(.sendAgain(at: .start + .seconds(1)))
        #expect(again.endedAt == nil)
        #expect(again.state.dueAt == .start + .seconds(1))
        #expect(again.id == "msg_1")
    }
}
