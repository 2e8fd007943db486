import Administration
import HTTPTypes
import StrictJSON

/// Rules, in force when the change is answered.
extension APICall {
    static let rules = [
        APICall("listRules", "GET", "/rules", .read) { asked throws(AdministrationError) in
            Answer(json: try await asked.administration.rules())
        },
        APICall("applyRules", "PUT", "/rules", .write) { asked throws(AdministrationError) in
            let wanted = try RuleApplication(parsing: asked.body)
            let applied = try await asked.administration.applyRules(
                wanted, if: asked.condition, by: asked.who)
            return Answer(json: applied).tagged(applied)
        },
        APICall(
            "listRuleVersions", "GET", "/rules/{name}/versions", .read
        ) { asked throws(AdministrationError) in
            Answer(json: try await asked.administration.ruleVersions(asked.names[0]))
        },
        APICall("getRule", "GET", "/rules/{name}", .read) { asked throws(AdministrationError) in
            let rule = try await asked.administration.rule(asked.names[0])
            return Answer(json: rule).tagged(rule)
        },
        APICall("putRule", "PUT", "/rules/{name}", .write) { asked throws(AdministrationError) in
            let (rule, isNew) = try await asked.administration.putRule(
                asked.names[0], definition: asked.body, if: asked.precondition, by: asked.who)
            return Answer(isNew ? 201 : 200, json: rule).tagged(rule)
        },
        APICall(
            "deleteRule", "DELETE", "/rules/{name}", .write
        ) { asked throws(AdministrationError) in
            try await asked.administration.deleteRule(
                asked.names[0], if: asked.condition, by: asked.who)
            return Answer(status: 204)
        },
        APICall(
            "backtestRule", "POST", "/rules/{name}/backtest", .read, isLook: true
        ) { asked throws(AdministrationError) in
            let wish = try BacktestWish(parsing: asked.body, now: asked.administration.now)
            return Answer(json: try await asked.administration.backtest(asked.names[0], wish))
        },
    ]
}

extension APIRequest {
    /// What the client read before it changes it.
    var condition: IfMatch? { precondition.match }

    /// The same, and what is not to be there.
    var precondition: Precondition {
        let lines = fields[values: .ifMatch]
        return Precondition(
            match: lines.isEmpty ? nil : IfMatch(lines), noneOf: fields[values: .ifNoneMatch])
    }
}

extension Answer {
    /// With the tag that stands in what is shown.
    func tagged(_ shown: JSONValue) -> Answer {
        var answer = self
        if let tag = shown["etag"]?.string { answer.headers.append(("ETag", tag)) }
        return answer
    }
}
