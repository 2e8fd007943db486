import Administration
import StrictJSON

/// Whom the service hears, whom it copies over, and whom it tells.
extension APICall {
    static let destinations = [
        APICall("listSources", "GET", "/sources", .read) { asked throws(AdministrationError) in
            Answer(json: asked.administration.listSources())
        },
        APICall(
            "listConnections", "GET", "/connections", .read
        ) { asked throws(AdministrationError) in
            Answer(json: try await asked.administration.listConnections())
        },
        APICall("listEndpoints", "GET", "/endpoints", .read) { asked throws(AdministrationError) in
            Answer(json: try await asked.administration.listEndpoints())
        },
    ]
}
