package import Domain
import StrictJSON

/// `Authorization: Bearer`, RFC 6750.
package struct BearerProof: RequestProof {
    /// The parameter of section 2.3, which CloudEvents web hooks want receivers to know.
    package static let queryParameter = "access_token"

    private let tokens: SharedTokens
    private let readsQuery: Bool

    /// - Parameters:
    ///   - tokens: At least one, the newest first.
    ///   - readsQuery: Whether the token may stand in the address instead, where it leaks into
    ///     the logs of everything in between.
    /// - Throws: `empty` without tokens or for an empty one.
    package init(tokens: [Secret], readsQuery: Bool = false) throws(SigningError) {
        self.tokens = try SharedTokens(tokens)
        self.readsQuery = readsQuery
    }

    package func check(
        _ request: IncomingRequest, at now: Timestamp
    ) throws(VerificationRefusal) -> Proved {
        let inHeader = try Authorization(request.headers, scheme: "bearer")
        let inQuery =
            readsQuery
            ? request.query.filter { $0.name.hasSameBytes(as: Self.queryParameter) } : []
        // RFC 6750 section 2: not more than one way in one request; section 3.1: 400.
        guard inQuery.count + (inHeader == nil ? 0 : 1) <= 1 else {
            throw VerificationRefusal(
                .malformedHeader, "there is more than one token", status: 400)
        }
        guard let token = inHeader?.credentials ?? inQuery.first?.value else {
            throw VerificationRefusal(
                .missingCredentials, "there is no bearer token",
                headers: [AnswerHeader("WWW-Authenticate", "Bearer")])
        }
        guard tokens.contain(token) else {
            throw VerificationRefusal(
                .wrongCredentials, "the bearer token is not a configured one",
                headers: [AnswerHeader("WWW-Authenticate", #"Bearer error="invalid_token""#)])
        }
        // Section 2.3: what a token in the address led to is nobody else's.
        return Proved(
            answerHeaders: inQuery.isEmpty ? [] : [AnswerHeader("Cache-Control", "private")])
    }
}
