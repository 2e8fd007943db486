import Domain
import Signing
import StrictJSON

/// An access token that was given for a JWT.
struct CozeGrant: Hashable, Sendable {
    let userID: String
    let expiresAt: Timestamp
}

// Who is asking. contracts/coze.md section 2.
extension SimulatedCoze {
    /// Whose token came with the call.
    func authorize(_ call: CozeCall) -> Result<CozeCaller, CozeRefusal> {
        guard let bearer = call.bearer else { return .failure(.authenticationInvalid) }
        let first = coze.users.first?.id ?? ""
        if let known = coze.tokens.first(where: { $0.token.exposed.hasSameBytes(as: bearer) }) {
            return .success(
                CozeCaller(userID: known.userID ?? first, permissions: known.permissions))
        }
        guard let grant = granted[Identifier(rawValue: bearer)] else {
            return .failure(.authenticationInvalid)
        }
        guard call.now < grant.expiresAt else { return .failure(.tokenExpired) }
        return .success(CozeCaller(userID: grant.userID, permissions: nil))
    }

    /// Exchanges a JWT for an access token.
    mutating func grantToken(_ call: CozeCall) -> SimulatedAnswer {
        do {
            return call.bare(try exchange(call))
        } catch {
            return call.oauthRefused(error)
        }
    }

    private mutating func exchange(_ call: CozeCall) throws(CozeOAuthRefusal) -> JSONValue {
        guard let body = call.request.jsonObject else { throw .invalidRequest("body") }
        guard let grantType = body["grant_type"]?.string else {
            throw .invalidRequest("grant_type")
        }
        guard grantType.hasSameBytes(as: "urn:ietf:params:oauth:grant-type:jwt-bearer") else {
            throw .unsupportedGrant(grantType)
        }
        let seconds: Int64
        switch body["duration_seconds"] {
        case nil, .null?: seconds = 900
        case let value?:
            guard let given = value.number?.int64, (1...86_399).contains(given) else {
                throw .invalidRequest("duration_seconds")
            }
            seconds = given
        }
        let app = try prove(call)
        granted = granted.filter { call.now < $0.value.expiresAt + .hours(1) }
        let token =
            "czs_" + MintedID.hexadecimal(48, call.circumstances.number, at: call.now)
        let expiry = call.now.wholeSeconds + seconds
        granted[Identifier(rawValue: token)] = CozeGrant(
            userID: app.userID ?? coze.users.first?.id ?? "",
            expiresAt: Timestamp(milliseconds: expiry * 1_000))
        return [
            "access_token": .string(token),
            // An absolute time, not a duration.
            "expires_in": .number(JSONNumber(expiry)),
        ]
    }

    /// Checks the JWT and remembers that it was used.
    private mutating func prove(
        _ call: CozeCall
    ) throws(CozeOAuthRefusal) -> CozeWorld.OAuthApp {
        guard let token = call.bearer else { throw .invalidRequest("Authorization") }
        guard let keyID = JSONWebToken.claimedKeyID(token),
            let app = coze.oauthApps.first(where: { $0.keyID.hasSameBytes(as: keyID) }),
            let key = try? RSAPublicKey(pem: app.publicKey)
        else {
            // The misspelling is the platform's.
            throw .invalidClient("kid not been registred")
        }
        guard let claims = try? JSONWebToken.verify(token, with: key) else {
            throw .invalidClient("signature is not valid")
        }
        let payload = claims.payload
        guard claims.header["typ"]?.string == "JWT" else { throw .invalidClient("typ") }
        guard let issuer = payload["iss"]?.string, issuer.hasSameBytes(as: app.appID) else {
            throw .invalidClient("iss is not the app of this kid")
        }
        guard let audience = payload["aud"]?.string,
            audiences(app, call).contains(where: { $0.hasSameBytes(as: audience) })
        else { throw .invalidClient("aud is not this host") }
        guard let issued = payload["iat"]?.number?.int64,
            let expiry = payload["exp"]?.number?.int64, issued < expiry,
            expiry <= 253_402_300_799
        else { throw .invalidClient("iat and exp") }
        let seconds = call.now.wholeSeconds
        // How much skew the platform allows is not documented; a minute is common.
        guard issued <= seconds + 60 else { throw .invalidClient("not valid yet") }
        guard seconds < expiry else { throw .invalidClient("expired") }
        guard let tokenID = payload["jti"]?.string, !tokenID.isEmpty else {
            throw .invalidClient("jti is missing")
        }
        usedTokenIDs = usedTokenIDs.filter { call.now < $0.value }
        let used = Identifier<CozeGrant>(rawValue: tokenID)
        guard usedTokenIDs[used] == nil else { throw .invalidClient("jti was used before") }
        guard app.isActive else { throw .deactivated(app.appID) }
        usedTokenIDs[used] = Timestamp(milliseconds: expiry * 1_000)
        return app
    }

    /// What `aud` may be: the documented hosts, the host that was asked, and what the world adds.
    ///
    /// SDKs sign the host of the base URL, some with its port.
    private func audiences(_ app: CozeWorld.OAuthApp, _ call: CozeCall) -> [String] {
        var names = ["api.coze.cn", "api.coze.com"] + app.audiences
        if let host = call.request.header("Host") {
            names.append(host)
            let bytes = host.utf8
            if let colon = bytes.lastIndex(of: UInt8(ascii: ":")) {
                names.append(String(Substring(bytes[..<colon])))
            }
        }
        return names
    }
}
