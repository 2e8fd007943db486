/// Why a request is not taken.
package struct VerificationRefusal: Error, Hashable, Sendable {
    /// For logs and metrics; the raw values are those of the contract's vectors.
    package enum Reason: String, Hashable, Sendable, CaseIterable {
        case missingHeader = "missing_header"
        case malformedHeader = "malformed_header"
        case missingCredentials = "missing_credentials"
        case wrongCredentials = "wrong_credentials"
        case badSignature = "bad_signature"
        case timestampTooOld = "timestamp_too_old"
        case timestampTooNew = "timestamp_too_new"
        case decryptFailed = "decrypt_failed"
        case receiverMismatch = "receiver_mismatch"
        case malformedBody = "malformed_body"
        case configurationError = "configuration_error"
        case wrongMethod = "wrong_method"
        case unsupportedContent = "unsupported_media_type"
    }

    package let reason: Reason
    /// What the sender sees, and all it sees: the answer gives no hint which part failed.
    package let status: Int
    /// What the protocol wants in the answer, such as `WWW-Authenticate`.
    package let headers: [AnswerHeader]
    /// For the log: which header or member, never a secret, a signature or a body.
    package let detail: String

    /// - Parameters:
    ///   - reason: What failed.
    ///   - detail: For the log.
    ///   - status: Only where a scheme departs from decision 14.
    package init(
        _ reason: Reason, _ detail: String, status: Int? = nil, headers: [AnswerHeader] = []
    ) {
        self.reason = reason
        self.detail = detail
        self.status = status ?? reason.status
        self.headers = headers
    }
}

extension VerificationRefusal.Reason {
    /// Decision 14: a proof that is missing, malformed or wrong is 401, a bad body 400.
    var status: Int {
        switch self {
        case .missingHeader, .malformedHeader, .missingCredentials, .wrongCredentials,
            .badSignature, .timestampTooOld, .timestampTooNew, .decryptFailed,
            .receiverMismatch, .configurationError:
            401
        case .malformedBody: 400
        case .wrongMethod: 405
        case .unsupportedContent: 415
        }
    }
}
