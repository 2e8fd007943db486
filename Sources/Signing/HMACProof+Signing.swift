package import Domain

// What a sender does, for simulators, `send` and tests.

extension HMACProof.Form {
    /// The headers that prove `body` to a holder of `secret`.
    ///
    /// - Parameters:
    ///   - now: The time that is signed, where one is; the wire carries whole seconds.
    ///   - body: Exactly the bytes that will be sent.
    /// - Throws: `empty` or `undecodable` for the secret.
    package func headers(
        secret: Secret, at now: Timestamp, body: [UInt8]
    ) throws(SigningError) -> [(name: String, value: String)] {
        let seconds = String(now.wholeSeconds)
        let content = signed.content(timestamp: seconds, body: body)
        let code = try SharedKeys([secret]).code(over: content, algorithm)
        let time = timestampHeader.map { [(name: $0, value: seconds)] } ?? []
        return time + [(name: header, value: prefix + encoding.encode(code))]
    }
}

extension HMACProof.Encoding {
    fileprivate func encode(_ code: [UInt8]) -> String {
        switch self {
        case .hex: Hexadecimal.encode(code)
        case .base64: Base64.encode(code)
        case .base64url: Base64.encode(code, .url)
        }
    }
}

extension StripeProof {
    /// As ``HMACProof/Form/headers(secret:at:body:)``, with a code for each of the secrets, as
    /// Stripe sends them while one is being changed.
    package static func headers(
        secrets: [Secret], at now: Timestamp, body: [UInt8]
    ) throws(SigningError) -> [(name: String, value: String)] {
        let seconds = String(now.wholeSeconds)
        var items = ["t=\(seconds)"]
        for secret in secrets {
            let code = try SharedKeys([secret]).code(
                over: Array("\(seconds).".utf8) + body, .sha256)
            items.append("v1=" + Hexadecimal.encode(code))
        }
        return [(name: header, value: items.joined(separator: ","))]
    }
}
