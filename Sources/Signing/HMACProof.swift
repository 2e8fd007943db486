package import Domain

/// A code over the body, and over a time where the sender signs one, in one header.
///
/// contracts/sources.md section 13; GitHub and Slack are two of these.
package struct HMACProof: RequestProof {
    package enum Algorithm: String, Hashable, Sendable, CaseIterable {
        case sha256, sha512
        /// For senders that offer nothing better.
        case sha1
    }

    package enum Encoding: String, Hashable, Sendable, CaseIterable {
        /// Capitals and small letters.
        case hex
        /// RFC 4648 section 4; the padding may be missing.
        case base64
        /// Section 5; the padding may be there.
        case base64url
    }

    /// Where the code stands and how it is made.
    package struct Form: Hashable, Sendable {
        package var algorithm: Algorithm
        package var encoding: Encoding
        package var header: String
        /// What stands before the code in the header, such as `sha256=`.
        package var prefix: String
        /// The header with whole seconds since 1970; `nil` for senders that sign no time.
        package var timestampHeader: String?
        package var signed: SignedTemplate
        /// How far the signed time may be from ours, inclusive, on both sides.
        package var window: Duration
        /// What a header without the prefix is called; Slack's `v0` is a version, and another one
        /// is no malformed header but a signature that does not count.
        package var reasonWithoutPrefix: VerificationRefusal.Reason

        package init(
            algorithm: Algorithm = .sha256, encoding: Encoding = .hex, header: String,
            prefix: String = "", timestampHeader: String? = nil, signed: SignedTemplate? = nil,
            window: Duration = .seconds(300),
            reasonWithoutPrefix: VerificationRefusal.Reason = .malformedHeader
        ) {
            self.algorithm = algorithm
            self.encoding = encoding
            self.header = header
            self.prefix = prefix
            self.timestampHeader = timestampHeader
            self.signed = signed ?? (timestampHeader == nil ? .body : .timestampAndBody)
            self.window = window
            self.reasonWithoutPrefix = reasonWithoutPrefix
        }
    }

    private let keys: SharedKeys
    private let form: Form

    /// Where the code stands.
    package var header: String { form.header }

    /// - Parameter secrets: At least one, the newest first.
    /// - Throws: `empty` or `undecodable` for the secrets, `wrongKind` where a time is read but not
    ///   signed, or signed but not read: it would prove nothing, or could not be known.
    package init(secrets: [Secret], form: Form) throws(SigningError) {
        guard form.signed.hasTimestamp == (form.timestampHeader != nil) else {
            throw SigningError(
                .wrongKind, "{timestamp} in signed and timestamp_header need one another")
        }
        keys = try SharedKeys(secrets)
        self.form = form
    }

    package func check(
        _ request: IncomingRequest, at now: Timestamp
    ) throws(VerificationRefusal) -> Proved {
        let text = try request.headers.required(form.header)
        var timestamp: String?
        var time: SignedTime?
        if let name = form.timestampHeader {
            let text = try request.headers.required(name)
            timestamp = text
            time = try SignedTime(text, of: name)
        }
        let code = try code(text)
        let content = form.signed.content(timestamp: timestamp ?? "", body: request.body)
        guard keys.made(oneOf: [code], over: content, form.algorithm) else {
            throw VerificationRefusal(.badSignature, "no configured secret made the signature")
        }
        try time?.check(form.window, at: now)
        return Proved()
    }

    private func code(_ text: String) throws(VerificationRefusal) -> [UInt8] {
        guard let rest = text.suffix(behind: form.prefix) else {
            throw VerificationRefusal(
                form.reasonWithoutPrefix, "\(form.header) does not begin with \(form.prefix)")
        }
        guard let code = form.encoding.decode(rest) else {
            // The vectors call digits that are cut short a bad signature, at whichever digit; they
            // call base 64 in another alphabet a malformed header.
            throw VerificationRefusal(
                form.encoding == .hex ? .badSignature : .malformedHeader,
                "\(form.header) is not \(form.encoding.rawValue)")
        }
        return code
    }
}

extension HMACProof.Encoding {
    fileprivate func decode(_ text: String) -> [UInt8]? {
        switch self {
        case .hex: return Hexadecimal.decode(text)
        case .base64: return Base64.decode(text, .standardPaddingOptional)
        case .base64url:
            let padding = text.utf8.reversed().prefix { $0 == UInt8(ascii: "=") }.count
            guard padding == 0 || (padding < 3 && text.utf8.count.isMultiple(of: 4)) else {
                return nil
            }
            return Base64.decode(String(text.dropLast(padding)), .url)
        }
    }
}

/// What a sender signs: the body, a time, and fixed text around them.
package struct SignedTemplate: Hashable, Sendable {
    private enum Piece: Hashable, Sendable {
        case text(String)
        case timestamp
        case body
    }

    private let pieces: [Piece]
    /// As it was written.
    package let text: String

    package static let body = SignedTemplate(pieces: [.body], text: "{body}")
    /// What Grafana signs where it is told to send a time.
    package static let timestampAndBody = SignedTemplate(
        pieces: [.timestamp, .text(":"), .body], text: "{timestamp}:{body}")

    /// What Slack signs; `v0` is the version of its scheme.
    package static let slack = SignedTemplate(
        pieces: [.text("v0:"), .timestamp, .text(":"), .body], text: "v0:{timestamp}:{body}")

    private init(pieces: [Piece], text: String) {
        self.pieces = pieces
        self.text = text
    }

    /// Reads `v0:{timestamp}:{body}`; `nil` unless `{body}` is in it exactly once, `{timestamp}`
    /// at most once, and no other brace.
    package init?(_ text: String) {
        var pieces: [Piece] = []
        var rest = text[...]
        while let brace = rest.firstIndex(of: "{") {
            if brace > rest.startIndex { pieces.append(.text(String(rest[..<brace]))) }
            guard let end = rest[brace...].firstIndex(of: "}") else { return nil }
            switch rest[brace...end] {
            case "{body}": pieces.append(.body)
            case "{timestamp}": pieces.append(.timestamp)
            default: return nil
            }
            rest = rest[rest.index(after: end)...]
        }
        if !rest.isEmpty { pieces.append(.text(String(rest))) }
        let isClean = pieces.allSatisfy { piece in
            if case .text(let text) = piece { !text.contains("}") } else { true }
        }
        guard isClean, pieces.filter({ $0 == .body }).count == 1,
            pieces.filter({ $0 == .timestamp }).count <= 1
        else { return nil }
        self.init(pieces: pieces, text: text)
    }

    package var hasTimestamp: Bool { pieces.contains(.timestamp) }

    /// The bytes that are signed.
    ///
    /// - Parameter timestamp: As the header spells it.
    func content(timestamp: String, body: [UInt8]) -> [UInt8] {
        pieces.reduce(into: []) { content, piece in
            switch piece {
            case .text(let text): content += Array(text.utf8)
            case .timestamp: content += Array(timestamp.utf8)
            case .body: content += body
            }
        }
    }
}
