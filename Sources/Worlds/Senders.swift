import Domain
import Intake
import Signing
import Simulation
import StrictJSON
import Synchronization

/// Whoever sends events: each again and again until it hears 2xx, and some once more after it.
final class Senders: Sendable {
    /// An event that happened, and where it is to be sent.
    struct Happening: Sendable {
        let source: String
        let key: String
        /// The rules that plan a copy for it.
        let rules: [String]
        let body: [UInt8]
        /// Fixed for a sender that signs once; `nil` for one that signs each time anew.
        let headers: [(name: String, value: String)]?
    }

    private struct Post: Sendable {
        var dueAt: Duration
        let happening: Int
        /// With another body under the same key.
        var isForged = false
    }

    /// A happening that is due to be sent.
    struct Due: Sendable {
        let happening: Int
        let isForged: Bool
    }

    private struct State {
        var posts: [Post] = []
        var dice: Dice
        var acknowledged: Set<Int> = []
        /// How often each was given up to a life that ended.
        var open: Set<Int> = []
    }

    let happenings: [Happening]
    private let time: WorldTime
    private let plan: WorldPlan
    private let chronicle: Chronicle
    private let state: Mutex<State>

    init(_ scenery: Scenery, time: WorldTime, chronicle: Chronicle, seed: UInt64) {
        let plan = scenery.plan
        self.chronicle = chronicle
        self.time = time
        self.plan = plan
        var dice = Dice(seed: seed)
        var happenings: [Happening] = []
        for number in 1...plan.eventCount {
            if dice.happens(0.65) {
                happenings.append(Self.published(scenery, number, &dice))
            } else {
                happenings += Self.forms(number, &dice)
            }
        }
        let posts = happenings.indices.map { index in
            Post(dueAt: .seconds(dice.number(0...20)), happening: index)
        }
        self.happenings = happenings
        state = Mutex(State(posts: posts, dice: dice))
    }

    private static func published(
        _ scenery: Scenery, _ number: Int, _ dice: inout Dice
    ) -> Happening {
        let callback = SampleEvents(scenery.world).callback(
            .published, of: dice.pick(scenery.world.bots),
            to: scenery.world.callbackApps[0], number: number, at: WorldTime.start)
        return Happening(
            source: "coze", key: callback.eventID,
            rules: ["backup"] + (scenery.plan.hasTwinRule ? ["twin"] : []),
            body: callback.body, headers: callback.headers)
    }

    /// One form, or two of two senders that happen to number alike.
    private static func forms(_ number: Int, _ dice: inout Dice) -> [Happening] {
        let agent = dice.pick(KeyueWorld.standard.agents).id
        let body: JSONValue = ["type": "form.sent", "data": ["agent": .string(agent)]]
        return (dice.happens(0.5) ? ["desk", "shop"] : ["desk"]).map { source in
            Happening(
                source: source, key: "form-\(number)", rules: ["forms"], body: body.bytes(),
                headers: nil)
        }
    }

    /// Everything that was ever sent has been acknowledged, and nothing is on its way.
    var isDone: Bool {
        state.withLock { state in
            state.posts.isEmpty && state.open.isEmpty
                && state.acknowledged.count == happenings.count
        }
    }

    /// What is due by now, each to be sent through ``send(_:to:of:)``.
    func takeDue() -> [Due] {
        let now = time.clock.now.offset
        return state.withLock { state in
            let due = state.posts.filter { $0.dueAt <= now }
            state.posts.removeAll { $0.dueAt <= now }
            state.open.formUnion(due.map(\.happening))
            return due.map { Due(happening: $0.happening, isForged: $0.isForged) }
        }
    }

    func send(_ due: Due, to intake: IntakeRoom, of life: Life) async {
        let happening = happenings[due.happening]
        let body = due.isForged ? Self.forged(happening.body) : happening.body
        let request = IncomingRequest(headers: HeaderFields(headers(happening, body)), body: body)
        let answer = await intake.receive(request, for: happening.source, secret: nil)
        guard life.isAlive else { return }
        chronicle.note("sender \(happening.source) \(happening.key) hears \(answer.status)")
        note(due.happening, isTaken: (200..<300).contains(answer.status))
    }

    /// The same object with one member more, which no rule asks for.
    private static func forged(_ body: [UInt8]) -> [UInt8] {
        Array(body.dropLast()) + Array(#","again":true}"#.utf8)
    }

    /// The connections to a dead service break, and their senders come again.
    func noteCrash() {
        let now = time.clock.now.offset
        state.withLock { state in
            for index in state.open.sorted() {
                state.posts.append(
                    Post(dueAt: now + .seconds(state.dice.number(1...30)), happening: index))
            }
            state.open = []
        }
    }

    private func note(_ index: Int, isTaken: Bool) {
        let now = time.clock.now.offset
        state.withLock { state in
            state.open.remove(index)
            if isTaken { state.acknowledged.insert(index) }
            let wait = Duration.seconds(state.dice.number(1...30))
            let isRepeated = state.dice.happens(plan.repeats) && now < plan.faultsEnd
            let isForged =
                state.dice.happens(plan.forgeries) && isTaken
                && happenings[index].headers == nil
            if !isTaken || isRepeated {
                state.posts.append(
                    Post(dueAt: now + wait, happening: index, isForged: isForged))
            }
        }
    }

    private func headers(
        _ happening: Happening, _ body: [UInt8]
    ) -> [(name: String, value: String)] {
        if let headers = happening.headers { return headers }
        let signer = Scenery.sourceSecrets[happening.source].flatMap {
            try? StandardWebhooksSigner(secrets: [$0])
        }
        let headers = try? signer?.headers(
            id: happening.key, at: time.now, body: body)
        return [("Content-Type", "application/json")] + (headers ?? [])
    }
}
