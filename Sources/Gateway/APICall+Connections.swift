import Administration
import HTTPTypes
import StrictJSON

/// What copies are made over, as people put it in and take it out.
extension APICall {
    static let connections = [
        APICall(
            "getConnection", "GET", "/connections/{name}", .read
        ) { asked throws(AdministrationError) in
            let connection = try await asked.administration.connection(asked.names[0])
            return Answer(json: connection).tagged(connection)
        },
        APICall(
            "putConnection", "PUT", "/connections/{name}", .admin
        ) { asked throws(AdministrationError) in
            let (connection, isNew) = try await asked.administration.putConnection(
                asked.names[0], definition: asked.body, if: asked.precondition, by: asked.who)
            return Answer(isNew ? 201 : 200, json: connection).tagged(connection)
        },
        APICall(
            "deleteConnection", "DELETE", "/connections/{name}", .admin
        ) { asked throws(AdministrationError) in
            Answer(
                json: try await asked.administration.deleteConnection(
                    asked.names[0], if: asked.precondition, by: asked.who))
        },
        switching("enable", true), switching("disable", false),
        APICall(
            "testConnection", "POST", "/connections/{name}/test", .admin, comingAgain: .looks
        ) { asked throws(AdministrationError) in
            try asked.refuseBody()
            return Answer(json: try await asked.administration.testConnection(asked.names[0]))
        },
    ]

    private static func switching(_ word: String, _ isEnabled: Bool) -> APICall {
        APICall(
            "\(word)Connection", "POST", "/connections/{name}/\(word)", .admin,
            comingAgain: .findsItsEntry
        ) { asked throws(AdministrationError) in
            try asked.refuseBody()
            return Answer(
                json: try await asked.administration.setConnection(
                    asked.names[0], enabled: isEnabled, by: asked.who))
        }
    }
}
