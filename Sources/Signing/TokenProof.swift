package import Domain

/// A text that both sides know, in a header of its own.
///
/// Proves nothing about the body: anybody who has seen one request can make another.
/// contracts/sources.md section 12.
package struct TokenProof: RequestProof {
    /// Where the text stands.
    package let header: String
    private let tokens: SharedTokens

    /// - Parameter tokens: At least one, the newest first.
    /// - Throws: `empty` without tokens or for an empty one.
    package init(header: String, tokens: [Secret]) throws(SigningError) {
        self.header = header
        self.tokens = try SharedTokens(tokens)
    }

    package func check(
        _ request: IncomingRequest, at now: Timestamp
    ) throws(VerificationRefusal) -> Proved {
        switch request.headers.lookup(header) {
        case .absent, .one(""):
            throw VerificationRefusal(.missingCredentials, "\(header) is missing")
        case .several: throw VerificationRefusal(.malformedHeader, "\(header) occurs twice")
        case .one(let token):
            guard tokens.contain(token) else {
                throw VerificationRefusal(.wrongCredentials, "\(header) is no configured token")
            }
            return Proved()
        }
    }
}

/// Tokens that are compared as they are, at least one.
struct SharedTokens: Sendable {
    private let tokens: [Secret]

    init(_ tokens: [Secret]) throws(SigningError) {
        guard !tokens.isEmpty else { throw SigningError(.empty, "name at least one token") }
        guard tokens.allSatisfy({ !$0.exposed.isEmpty }) else {
            throw SigningError(.empty, "a token must not be empty")
        }
        self.tokens = tokens
    }

    /// Compares with every token, whether or not an earlier one fits.
    func contain(_ given: String) -> Bool {
        var isThere = false
        for token in tokens {
            let isEqual = ConstantTime.areEqual(token.exposed, given)
            isThere = isThere || isEqual
        }
        return isThere
    }
}
