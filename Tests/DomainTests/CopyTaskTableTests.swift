import Domain
import Testing

/// The whole life of a task on one page: what each state does on each signal.
@Suite struct CopyTaskTableTests {
    @Test func theTableIsTheOneWeReviewed() {
        let table = Self.table()
        if table != Self.reviewed { print(table) }
        #expect(table == Self.reviewed)
    }

    private static let reviewed = """
        queued       claimed           queued       prepare
        queued       prepared          submitting   submit
        queued       postponed         queued       wait
        queued       refused (later)   queued       wait
        queued       refused           failed       announce copy.failed
        queued       notSent (later)   queued       wait
        queued       notSent           failed       announce copy.failed
        queued       cancelRequested   cancelled    announce copy.cancelled
        queued       cancelAsked       queued       wait
        submitting   claimed           reconciling  look
        submitting   accepted          copying      wait
        submitting   finished          succeeded    announce copy.succeeded
        submitting   refused (later)   queued       wait
        submitting   refused           failed       announce copy.failed
        submitting   notSent (later)   queued       wait
        submitting   notSent           failed       announce copy.failed
        submitting   withdrawn         queued       wait
        submitting   answerLost        reconciling  wait
        copying      claimed           copying      poll
        copying      stillCopying      copying      wait
        copying      stalled           copying      announce copy.stalled
        copying      finished          succeeded    announce copy.succeeded
        copying      refused (later)   failed       announce copy.failed
        copying      refused           failed       announce copy.failed
        copying      deadlinePassed    unresolved   announce copy.unresolved
        reconciling  claimed           reconciling  look
        reconciling  found             succeeded    announce copy.succeeded
        reconciling  foundTask         copying      wait
        reconciling  foundNone         reconciling  wait
        reconciling  held              unresolved   announce copy.unresolved
        reconciling  sendAgain         queued       wait
        reconciling  ambiguous         unresolved   announce copy.unresolved
        unresolved   claimed           unresolved   look
        unresolved   found             succeeded    announce copy.succeeded
        unresolved   foundTask         copying      wait
        unresolved   held              unresolved   wait
        unresolved   sendAgain         queued       wait
        unresolved   ambiguous         unresolved   wait
        unresolved   adopted           succeeded    announce copy.succeeded
        unresolved   givenUp           failed       announce copy.failed
        unresolved   suspected         unresolved   announce copy.duplicate_suspected
        succeeded    watched           succeeded    wait
        succeeded    suspected         succeeded    announce copy.duplicate_suspected
        """

    private static func table() -> String {
        var lines: [String] = []
        for (stateName, state) in states {
            for (signalName, signal) in signals {
                var task = CopyTask(id: "t1", plan: .sample(), state: state)
                guard let step = try? task.apply(signal) else { continue }
                lines.append(
                    pad(stateName, 13) + pad(signalName, 18) + pad(task.state.name.rawValue, 13)
                        + word(step))
            }
        }
        return lines.joined(separator: "\n")
    }

    static let states: [(String, CopyTask.State)] = [
        ("queued", .queued(notBefore: .start)), ("submitting", .submitting),
        ("copying", .copying("job", pollAt: .start)), ("reconciling", .reconciling(lookAt: .start)),
        ("unresolved", .unresolved(lookAt: .start)), ("succeeded", .succeeded(copy: "c")),
        ("failed", .failed(.sample)), ("cancelled", .cancelled),
    ]

    static let signals: [(String, CopyTask.Signal)] = [
        ("claimed", .claimed(at: .start)),
        ("prepared", .prepared(CopyTask.Dispatch(id: "d", at: .start))),
        ("postponed", .postponed(until: .start)), ("accepted", .accepted("job", pollAt: .start)),
        ("stillCopying", .stillCopying(pollAt: .start)), ("stalled", .stalled(pollAt: .start)),
        ("finished", .finished(copy: "c", at: .start)),
        ("refused (later)", .refused(.sample, retryAt: .start, at: .start)),
        ("refused", .refused(.sample, retryAt: nil, at: .start)),
        ("notSent (later)", .notSent(.sample, retryAt: .start, at: .start)),
        ("notSent", .notSent(.sample, retryAt: nil, at: .start)),
        ("withdrawn", .withdrawn(at: .start)), ("answerLost", .answerLost(lookAt: .start)),
        ("deadlinePassed", .deadlinePassed(lookAt: .start, at: .start)),
        ("found", .found(copy: "c", at: .start)), ("foundTask", .foundTask("job", pollAt: .start)),
        ("foundNone", .foundNone(lookAt: .start)), ("held", .held(lookAt: .start, at: .start)),
        ("sendAgain", .sendAgain(notBefore: .start)),
        ("ambiguous", .ambiguous(lookAt: .start, at: .start)),
        ("adopted", .adopted(copy: "c", at: .start)),
        ("givenUp", .givenUp(.sample, at: .start)),
        ("cancelRequested", .cancelRequested(at: .start)),
        ("cancelAsked", .cancelAsked(at: .start)),
        ("watched", .watched(next: .start)), ("suspected", .duplicateSuspected(at: .start)),
    ]

    private static func word(_ step: CopyTask.Step) -> String {
        switch step {
        case .prepare: "prepare"
        case .submit: "submit"
        case .poll: "poll"
        case .look: "look"
        case .wait: "wait"
        case .cancel: "cancel"
        case .announce(let type): "announce \(type.rawValue)"
        }
    }

    private static func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}

extension Timestamp {
    static let start = Timestamp(milliseconds: 1_773_822_615_250)
}

extension Failure {
    static let sample = Failure(.invalid, code: "4000", message: "no", logID: "log")
}

extension CopyTask.Plan {
    static func sample(to: String? = "2", from: String? = "1") -> CopyTask.Plan {
        CopyTask.Plan(
            event: EventSummary(
                id: "evt_1", source: "s", type: "bot.published", key: "k", time: .start),
            rule: "r", action: 0, run: 0, connection: "c", provider: .coze,
            entity: EntityReference(type: "bot", id: "7351", name: "n", workspaceID: from),
            toWorkspace: to, onUncertain: .hold, notify: nil, createdAt: .start)
    }
}
