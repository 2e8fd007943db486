import Administration
import HTTPTypes
import StrictJSON

/// Those who are told, as people put them in and take them out.
extension APICall {
    static let endpoints = [
        APICall(
            "getEndpoint", "GET", "/endpoints/{name}", .read
        ) { asked throws(AdministrationError) in
            let endpoint = try await asked.administration.endpoint(asked.names[0])
            return Answer(json: endpoint).tagged(endpoint)
        },
        APICall(
            "putEndpoint", "PUT", "/endpoints/{name}", .admin
        ) { asked throws(AdministrationError) in
            let (endpoint, isNew) = try await asked.administration.putEndpoint(
                asked.names[0], definition: asked.body, if: asked.precondition, by: asked.who)
            return Answer(isNew ? 201 : 200, json: endpoint).tagged(endpoint)
        },
        APICall(
            "deleteEndpoint", "DELETE", "/endpoints/{name}", .admin
        ) { asked throws(AdministrationError) in
            Answer(
                json: try await asked.administration.deleteEndpoint(
                    asked.names[0], if: asked.precondition, by: asked.who))
        },
        switching("enable", true), switching("disable", false),
        APICall(
            "testEndpoint", "POST", "/endpoints/{name}/test", .admin, comingAgain: .looks
        ) { asked throws(AdministrationError) in
            try asked.refuseBody()
            return Answer(json: try await asked.administration.testEndpoint(asked.names[0]))
        },
    ]

    private static func switching(_ word: String, _ isEnabled: Bool) -> APICall {
        APICall(
            "\(word)Endpoint", "POST", "/endpoints/{name}/\(word)", .admin,
            comingAgain: .findsItsEntry
        ) { asked throws(AdministrationError) in
            try asked.refuseBody()
            return Answer(
                json: try await asked.administration.setEndpoint(
                    asked.names[0], enabled: isEnabled, by: asked.who))
        }
    }
}
