import Administration
import StrictJSON

/// Who may ask, and who did what.
extension APICall {
    static let keys = [
        APICall("listKeys", "GET", "/keys", .admin) { asked throws(AdministrationError) in
            Answer(json: try await asked.administration.keys())
        },
        APICall("createKey", "POST", "/keys", .admin, comingAgain: .makesTheSame) {
            asked throws(AdministrationError) in
            let wish = try NewKey(parsing: asked.body)
            return Answer(
                201, json: try await asked.administration.createKey(wish, by: asked.who))
        },
        APICall("getKey", "GET", "/keys/{id}", .admin) { asked throws(AdministrationError) in
            Answer(json: try await asked.administration.key(asked.names[0]))
        },
        APICall("revokeKey", "DELETE", "/keys/{id}", .admin) { asked throws(AdministrationError) in
            try await asked.administration.revokeKey(asked.names[0], by: asked.who)
            return Answer(status: 204)
        },
    ]

    static let audit = [
        APICall(
            "listAudit", "GET", "/audit", .admin, parameters: AuditSelection.parameters
        ) { asked throws(AdministrationError) in
            Answer(json: try await asked.administration.audit(AuditSelection(asked.query)))
        },
        APICall(
            "verifyAudit", "GET", "/audit/verify", .admin, parameters: ["expect"]
        ) { asked throws(AdministrationError) in
            Answer(
                json: try await asked.administration.verifyAudit(expecting: asked.query["expect"]))
        },
    ]
}
