import Administration
import HTTPTypes
import StrictJSON

/// Senders, as they are put in and looked after while the service runs.
extension APICall {
    static let sources = [
        APICall("getSource", "GET", "/sources/{name}", .read) {
            asked throws(AdministrationError) in
            let source = try asked.administration.source(asked.names[0])
            return Answer(json: source).tagged(source)
        },
        APICall("putSource", "PUT", "/sources/{name}", .admin) {
            asked throws(AdministrationError) in
            let (source, isNew) = try await asked.administration.putSource(
                asked.names[0], definition: asked.body, if: asked.precondition, by: asked.who)
            return Answer(isNew ? 201 : 200, json: source).tagged(source)
        },
        APICall("deleteSource", "DELETE", "/sources/{name}", .admin) {
            asked throws(AdministrationError) in
            try await asked.administration.deleteSource(
                asked.names[0], if: asked.precondition, by: asked.who)
            return Answer(status: 204)
        },
        APICall(
            "rotateSourceSecret", "POST", "/sources/{name}/rotate", .admin,
            comingAgain: .makesTheSame
        ) { asked throws(AdministrationError) in
            Answer(
                json: try await asked.administration.rotateSource(
                    asked.names[0], asked.body, by: asked.who))
        },
        switching("enable", true), switching("disable", false),
        APICall("trySource", "POST", "/sources/{name}/test", .write, isLook: true) {
            asked throws(AdministrationError) in
            let wish = try SourceTrialWish(parsing: asked.body)
            return Answer(json: try asked.administration.trySource(asked.names[0], wish))
        },
    ]

    private static func switching(_ word: String, _ isEnabled: Bool) -> APICall {
        APICall(
            "\(word)Source", "POST", "/sources/{name}/\(word)", .write, comingAgain: .findsItsEntry
        ) { asked throws(AdministrationError) in
            try asked.refuseBody()
            let source = try await asked.administration.setSource(
                asked.names[0], enabled: isEnabled, by: asked.who)
            return Answer(json: source).tagged(source)
        }
    }
}
