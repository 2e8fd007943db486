import Administration
import Domain
import StrictJSON

/// What people have done with events, tasks, deliveries and rules.
extension APICall {
    static let wishes = ofEvents + ofTasks + ofDeliveries + ofRules

    private static let ofEvents = [
        APICall(
            "replayEvents", "POST", "/events/replay", .write,
            comingAgain: .leavesOutWhatIsDone
        ) { asked throws(AdministrationError) in
            let wish = try ReplayWish(parsing: asked.body, at: asked.administration.now)
            return Answer(json: try await asked.administration.replayEvents(wish, by: asked.who))
        },
        APICall(
            "replayEvent", "POST", "/events/{id}/replay", .write,
            comingAgain: .findsItsEntry
        ) { asked throws(AdministrationError) in
            try asked.refuseBody()
            let (answer, isNew) = try await asked.administration.replayEvent(
                asked.names[0], by: asked.who)
            return Answer(isNew ? 202 : 200, json: answer)
        },
        APICall(
            "explainEvent", "GET", "/events/{id}/explanation", .read, parameters: ["rule"]
        ) { asked throws(AdministrationError) in
            Answer(
                json: try await asked.administration.explanation(
                    of: asked.names[0], rule: asked.query["rule"]))
        },
    ]

    private static let ofTasks = [
        APICall("planTask", "POST", "/tasks", .write, comingAgain: .makesTheSame) {
            asked throws(AdministrationError) in
            let wish = try CopyWish(parsing: asked.body)
            let (task, isNew) = try await asked.administration.copyByHand(wish, by: asked.who)
            return Answer(isNew ? 201 : 200, json: task)
        },
        APICall(
            "cancelTask", "POST", "/tasks/{id}/cancel", .write,
            comingAgain: .findsTheState
        ) { asked throws(AdministrationError) in
            try asked.refuseBody()
            let (task, isDone) = try await asked.administration.cancelTask(
                asked.names[0], by: asked.who)
            return Answer(isDone ? 200 : 202, json: task)
        },
        APICall(
            "retryTask", "POST", "/tasks/{id}/retry", .write,
            comingAgain: .findsTheState
        ) { asked throws(AdministrationError) in
            try asked.refuseBody()
            let (task, isNew) = try await asked.administration.retryTask(
                asked.names[0], by: asked.who)
            return Answer(isNew ? 201 : 200, json: task)
        },
        APICall(
            "retryTasks", "POST", "/tasks/retry", .write, comingAgain: .leavesOutWhatIsDone
        ) { asked throws(AdministrationError) in
            let wish = try TasksWish(
                parsing: asked.body, among: [.failed, .cancelled], at: asked.administration.now)
            return Answer(json: try await asked.administration.retryTasks(wish, by: asked.who))
        },
        APICall(
            "cancelTasks", "POST", "/tasks/cancel", .write, comingAgain: .findsTheState
        ) { asked throws(AdministrationError) in
            let wish = try TasksWish(
                parsing: asked.body, among: [.queued], at: asked.administration.now)
            return Answer(json: try await asked.administration.cancelTasks(wish, by: asked.who))
        },
    ]

    private static let ofDeliveries = [
        APICall(
            "resendDelivery", "POST", "/deliveries/{id}/resend", .write,
            comingAgain: .findsItsEntry
        ) { asked throws(AdministrationError) in
            try asked.refuseBody()
            return Answer(
                json: try await asked.administration.resendDelivery(
                    asked.names[0], by: asked.who))
        },
        APICall(
            "cancelDelivery", "POST", "/deliveries/{id}/cancel", .write,
            comingAgain: .findsTheState
        ) { asked throws(AdministrationError) in
            try asked.refuseBody()
            return Answer(
                json: try await asked.administration.cancelDelivery(
                    asked.names[0], by: asked.who))
        },
        APICall(
            "recoverEndpoint", "POST", "/endpoints/{name}/recover", .write,
            comingAgain: .leavesOutWhatIsDone
        ) { asked throws(AdministrationError) in
            let wish = try RecoveryWish(parsing: asked.body, at: asked.administration.now)
            return Answer(
                json: try await asked.administration.recoverEndpoint(
                    asked.names[0], wish, by: asked.who))
        },
    ]

    private static let ofRules = [
        switching("enable", true), switching("disable", false),
        APICall(
            "dryRunRule", "POST", "/rules/{name}/dry-run", .read, isLook: true
        ) { asked throws(AdministrationError) in
            let trial = try RuleTrial(parsing: asked.body)
            return Answer(json: try await asked.administration.dryRun(asked.names[0], trial))
        },
    ]

    private static func switching(_ word: String, _ isEnabled: Bool) -> APICall {
        APICall(
            "\(word)Rule", "POST", "/rules/{name}/\(word)", .write,
            comingAgain: .findsItsEntry
        ) { asked throws(AdministrationError) in
            try asked.refuseBody()
            let rule = try await asked.administration.setRule(
                asked.names[0], enabled: isEnabled, if: asked.condition, by: asked.who)
            return Answer(json: rule).tagged(rule)
        }
    }
}

extension APIRequest {
    /// For what is said by the address alone; an object without members is as good as nothing.
    func refuseBody() throws(AdministrationError) {
        guard !body.isEmpty, (try? JSONValue(parsing: body)) != .object([:]) else { return }
        throw AdministrationError(
            .bodyInvalid, "this is asked without a body", pointer: .root,
            remedy: "Leave the body out.")
    }
}
