package import Domain

/// `Authorization: Basic`, RFC 7617.
package struct BasicProof: RequestProof {
    package struct User: Hashable, Sendable {
        package var name: String
        package var password: Secret

        package init(name: String, password: Secret) {
            self.name = name
            self.password = password
        }
    }

    private static let challenge = #"Basic realm="hooks", charset="UTF-8""#

    private let users: [User]

    /// - Parameter users: At least one; two of one name are one whose password is being changed.
    /// - Throws: `empty` without users or for an empty password, `wrongKind` for a name with a
    ///   colon, which nobody could send.
    package init(users: [User]) throws(SigningError) {
        guard !users.isEmpty else { throw SigningError(.empty, "name at least one user") }
        for user in users {
            guard !user.password.exposed.isEmpty else {
                throw SigningError(.empty, "a password must not be empty")
            }
            guard !user.name.utf8.contains(UInt8(ascii: ":")) else {
                throw SigningError(.wrongKind, "a name must not contain a colon")
            }
        }
        self.users = users
    }

    package func check(
        _ request: IncomingRequest, at now: Timestamp
    ) throws(VerificationRefusal) -> Proved {
        guard let given = try Authorization(request.headers, scheme: "basic") else {
            throw VerificationRefusal(
                .missingCredentials, "there are no basic credentials",
                headers: [AnswerHeader("WWW-Authenticate", Self.challenge)])
        }
        guard let bytes = Base64.decode(given.credentials, .standardPaddingOptional),
            let text = String(validating: bytes, as: UTF8.self),
            let colon = text.utf8.firstIndex(of: UInt8(ascii: ":"))
        else {
            throw VerificationRefusal(
                .malformedHeader, "Authorization is not base 64 of a name, a colon and a password",
                status: 400)
        }
        // The first colon alone separates: passwords may contain others.
        let name = String(Substring(text.utf8[..<colon]))
        let password = String(Substring(text.utf8[text.utf8.index(after: colon)...]))
        var isKnown = false
        for user in users {
            let isName = ConstantTime.areEqual(user.name, name)
            let isPassword = ConstantTime.areEqual(user.password.exposed, password)
            isKnown = isKnown || (isName && isPassword)
        }
        guard isKnown else {
            throw VerificationRefusal(
                .wrongCredentials, "no configured user has this name and password",
                headers: [AnswerHeader("WWW-Authenticate", Self.challenge)])
        }
        return Proved()
    }
}
