import Administration
import StrictJSON

/// Whom the service hears, what it copies over and whom it tells: put in, looked after and taken
/// out while it runs.
extension APICall {
    static let endpoints =
        definitions(
            "Endpoint", at: "/endpoints/{name}", switchedBy: .admin, get: { $0.endpoint },
            put: { $0.putEndpoint }, set: { $0.setEndpoint }
        ) { asked throws(AdministrationError) in
            Answer(
                json: try await asked.administration.deleteEndpoint(
                    asked.names[0], if: asked.precondition, by: asked.who))
        } + [
            trial("testEndpoint", at: "/endpoints/{name}/test") { $0.testEndpoint },
            rotation("rotateEndpointSecret", at: "/endpoints/{name}/rotate") { $0.rotateSecret },
        ]

    static let connections =
        definitions(
            "Connection", at: "/connections/{name}", switchedBy: .admin, get: { $0.connection },
            put: { $0.putConnection }, set: { $0.setConnection }
        ) { asked throws(AdministrationError) in
            Answer(
                json: try await asked.administration.deleteConnection(
                    asked.names[0], if: asked.precondition, by: asked.who))
        } + [trial("testConnection", at: "/connections/{name}/test") { $0.testConnection }]

    static let sources =
        definitions(
            "Source", at: "/sources/{name}", switchedBy: .write, tagsSwitched: true,
            get: { $0.source }, put: { $0.putSource }, set: { $0.setSource }
        ) { asked throws(AdministrationError) in
            try await asked.administration.deleteSource(
                asked.names[0], if: asked.precondition, by: asked.who)
            return Answer(status: 204)
        } + [
            APICall("trySource", "POST", "/sources/{name}/test", .write, isLook: true) {
                asked throws(AdministrationError) in
                let wish = try SourceTrialWish(parsing: asked.body)
                return Answer(json: try asked.administration.trySource(asked.names[0], wish))
            },
            rotation("rotateSourceSecret", at: "/sources/{name}/rotate") { $0.rotateSource },
        ]

    /// A verb of the administrator's, by its name alone.
    private typealias Verb<Told, each Asked> =
        @Sendable (Administrator) -> (repeat each Asked) async throws(AdministrationError) -> Told

    /// What every kind of definition is asked.
    ///
    /// - Parameters:
    ///   - word: What the calls are named after.
    ///   - scope: Of those who may switch one off and on.
    ///   - tagsSwitched: Whether the answer to that has an `ETag`.
    private static func definitions(
        _ word: String, at path: String, switchedBy scope: Scope, tagsSwitched: Bool = false,
        get: @escaping Verb<JSONValue, String>,
        put: @escaping Verb<(JSONValue, Bool), String, [UInt8], Precondition, Principal>,
        set: @escaping Verb<JSONValue, String, Bool, Principal>, delete: @escaping Work
    ) -> [APICall] {
        [
            APICall("get" + word, "GET", path, .read) { asked throws(AdministrationError) in
                let one = try await get(asked.administration)(asked.names[0])
                return Answer(json: one).tagged(one)
            },
            APICall("put" + word, "PUT", path, .admin) { asked throws(AdministrationError) in
                let (one, isNew) = try await put(asked.administration)(
                    asked.names[0], asked.body, asked.precondition, asked.who)
                return Answer(isNew ? 201 : 200, json: one).tagged(one)
            },
            APICall("delete" + word, "DELETE", path, .admin, delete),
        ]
            + [("enable", true), ("disable", false)].map { verb, isEnabled in
                APICall(
                    verb + word, "POST", "\(path)/\(verb)", scope, comingAgain: .findsItsEntry
                ) { asked throws(AdministrationError) in
                    try asked.refuseBody()
                    let one = try await set(asked.administration)(
                        asked.names[0], isEnabled, asked.who)
                    return tagsSwitched ? Answer(json: one).tagged(one) : Answer(json: one)
                }
            }
    }

    /// One harmless try of what is on the other side.
    private static func trial(
        _ id: String, at path: String, _ verb: @escaping Verb<JSONValue, String>
    ) -> APICall {
        APICall(id, "POST", path, .admin, comingAgain: .looks) {
            asked throws(AdministrationError) in
            try asked.refuseBody()
            return Answer(json: try await verb(asked.administration)(asked.names[0]))
        }
    }

    private static func rotation(
        _ id: String, at path: String,
        _ verb: @escaping Verb<JSONValue, String, [UInt8], Principal>
    ) -> APICall {
        APICall(id, "POST", path, .admin, comingAgain: .makesTheSame) {
            asked throws(AdministrationError) in
            Answer(
                json: try await verb(asked.administration)(asked.names[0], asked.body, asked.who))
        }
    }
}
