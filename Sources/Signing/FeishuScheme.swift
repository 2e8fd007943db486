package import Domain
import StrictJSON

/// Events of a Feishu or Lark app, which senders of the same kind call event subscription.
///
/// contracts/sources.md section 8.
///
/// With an Encrypt Key every event is sealed and signed, and nothing less is taken. Without one
/// the Verification Token inside the body is all the proof there is. The address check carries no
/// signature in either case: its token proves it.
///
/// What is stored is the event in the clear, without the token: who may read events must not be
/// able to make one.
package struct FeishuScheme: SourceScheme {
    /// One app of the platform; two entries of one app are one whose keys are being changed.
    package struct App: Hashable, Sendable {
        package var verificationToken: Secret
        package var encryptKey: Secret?

        package init(verificationToken: Secret, encryptKey: Secret? = nil) {
            self.verificationToken = verificationToken
            self.encryptKey = encryptKey
        }
    }

    /// One hour: our choice, since the platform documents none and repeats for hours.
    package static let windowDefault = Duration.seconds(3_600)

    private enum Doors: Sendable {
        case plain([Secret])
        case sealed([SealedDoor])
    }

    private struct SealedDoor: Sendable {
        let token: Secret
        let cipher: FeishuCipher
    }

    private let doors: Doors
    private let window: Duration
    private let pointers: SchemePointers

    /// - Parameters:
    ///   - apps: At least one; all with an Encrypt Key, or all without: a sender who may choose
    ///     would choose the weaker proof.
    ///   - window: How far the signed time may be from ours, inclusive, on both sides; without an
    ///     Encrypt Key no time is signed.
    ///   - pointers: Where the parts of the event stand, if not in the usual places.
    /// - Throws: `empty` without apps or for an empty token or key, `wrongKind` for a mixture.
    package init(
        apps: [App], window: Duration = windowDefault, pointers: SchemePointers = SchemePointers()
    ) throws(SigningError) {
        guard !apps.isEmpty else { throw SigningError(.empty, "name at least one app") }
        guard apps.allSatisfy({ !$0.verificationToken.exposed.isEmpty }) else {
            throw SigningError(.empty, "verification_token must not be empty")
        }
        var sealed: [SealedDoor] = []
        for app in apps {
            guard let key = app.encryptKey else { continue }
            sealed.append(
                SealedDoor(
                    token: app.verificationToken, cipher: try FeishuCipher(encryptKey: key)))
        }
        guard sealed.isEmpty || sealed.count == apps.count else {
            throw SigningError(.wrongKind, "give every app its encrypt_key, or none of them")
        }
        doors = sealed.isEmpty ? .plain(apps.map(\.verificationToken)) : .sealed(sealed)
        self.window = window
        self.pointers = pointers
    }

    package func verify(_ request: IncomingRequest, at now: Timestamp) -> Verdict {
        do {
            try checkMethod(request)
            switch doors {
            case .plain(let tokens): return try verifyPlain(request, tokens)
            case .sealed(let doors): return try verifySealed(request, doors, at: now)
            }
        } catch {
            return .refused(error)
        }
    }
}

// MARK: - Proof

extension FeishuScheme {
    private func verifyPlain(
        _ request: IncomingRequest, _ tokens: [Secret]
    ) throws(VerificationRefusal) -> Verdict {
        let event = try FeishuEvent(request.body)
        guard let given = event.token else {
            throw VerificationRefusal(.missingCredentials, "the body has no token")
        }
        let matching = tokens.filter { ConstantTime.areEqual($0.exposed, given) }
        guard !matching.isEmpty else {
            throw VerificationRefusal(.wrongCredentials, "the token is not a configured one")
        }
        return try read(event, of: request)
    }

    private func verifySealed(
        _ request: IncomingRequest, _ doors: [SealedDoor], at now: Timestamp
    ) throws(VerificationRefusal) -> Verdict {
        // Read before the proof only to look into it; a failure counts after the proof.
        let wrapper = Result { () throws(VerificationRefusal) in
            try SealedWrapper(request.body)
        }
        guard let proof = try Proof(request.headers) else {
            return try answerUnsigned(request, try? wrapper.get(), doors)
        }
        let opened = doors.map { door in
            (try? wrapper.get()).flatMap { door.cipher.open($0.encrypt) }
        }
        let signing = doors.indices.filter { index in
            ConstantTime.areEqual(
                doors[index].cipher.digest(
                    timestamp: proof.timestamp, nonce: proof.nonce, body: request.body),
                proof.signature)
        }
        // The key is part of what is signed: with a wrong one nothing opens either, and that is
        // the more telling word for the log. Outside both are one 401.
        if case .success = wrapper, !opened.contains(where: { $0?.isRight == true }) {
            throw VerificationRefusal(.decryptFailed, "encrypt does not open with encrypt_key")
        }
        guard !signing.isEmpty else {
            throw VerificationRefusal(.badSignature, "no configured key made this signature")
        }
        try proof.time.check(window, at: now)
        _ = try wrapper.get()
        guard let message = signing.compactMap({ opened[$0] }).first(where: \.isRight) else {
            throw VerificationRefusal(.decryptFailed, "encrypt does not open with encrypt_key")
        }
        let event = try FeishuEvent(message.bytes)
        // As the platform's own library has it: a token that came along must be right, too.
        if event.isCheck || event.token != nil {
            let matching = signing.filter {
                ConstantTime.areEqual(event.token ?? "", doors[$0].token.exposed)
            }
            guard !matching.isEmpty else {
                throw VerificationRefusal(.wrongCredentials, "the token is not a configured one")
            }
        }
        return try read(event, of: request)
    }

    /// Without a signature only a sealed address check with the right token is heard.
    ///
    /// What opens badly is read all the same, so that neither the answer nor the time it takes
    /// tells whether the padding was right.
    private func answerUnsigned(
        _ request: IncomingRequest, _ wrapper: SealedWrapper?, _ doors: [SealedDoor]
    ) throws(VerificationRefusal) -> Verdict {
        var refusal = VerificationRefusal(
            .missingHeader, "the three X-Lark headers are missing")
        var check: FeishuEvent?
        for door in doors {
            guard let opened = wrapper.flatMap({ door.cipher.open($0.encrypt) }) else { continue }
            let event = try? FeishuEvent(opened.bytes)
            let hasToken = ConstantTime.areEqual(event?.token ?? "", door.token.exposed)
            guard opened.isRight, let event, event.isCheck else { continue }
            if hasToken {
                check = event
            } else {
                refusal = VerificationRefusal(
                    .wrongCredentials, "the token of the check is not the app's")
            }
        }
        guard let check else { throw refusal }
        return try read(check, of: request)
    }

    /// The three headers of a signed event.
    private struct Proof {
        let timestamp: String
        let time: SignedTime
        let nonce: String
        let signature: [UInt8]

        /// `nil` when none of the headers is there.
        init?(_ headers: HeaderFields) throws(VerificationRefusal) {
            let names = [
                FeishuCipher.timestampHeader, FeishuCipher.nonceHeader,
                FeishuCipher.signatureHeader,
            ]
            if names.allSatisfy({ headers.lookup($0) == .absent }) { return nil }
            timestamp = try headers.required(names[0])
            nonce = try headers.required(names[1])
            let text = try headers.required(names[2])
            // Nothing separates timestamp and nonce in what is hashed: with a fixed length of one
            // of them no digit can move to the other. Ten digits last until the year 2286.
            guard timestamp.utf8.count == 10 else {
                throw VerificationRefusal(.malformedHeader, "\(names[0]) is not 10 digits")
            }
            time = try SignedTime(timestamp, of: names[0])
            guard isVisibleASCII(nonce) else {
                throw VerificationRefusal(
                    .malformedHeader, "\(names[1]) is not 1 to 256 visible ASCII characters")
            }
            guard text.utf8.count == 64,
                let signature = Hexadecimal.decode(text, acceptsUpperCase: false)
            else {
                throw VerificationRefusal(
                    .malformedHeader, "\(names[2]) is not 64 lower-case hexadecimal digits")
            }
            self.signature = signature
        }
    }
}

// MARK: - Body

extension FeishuScheme {
    private func read(
        _ event: FeishuEvent, of request: IncomingRequest
    ) throws(VerificationRefusal) -> Verdict {
        if event.isCheck {
            var answer = try Challenge.answer(
                event.body["challenge"]?.string, at: "challenge")
            answer.contentType = "application/json; charset=utf-8"
            return .handshake(answer: answer)
        }
        let parts = EventParts(request: request, body: event.body, pointers: pointers)
        return .event(
            VerifiedEvent(
                key: try parts.key { () throws(VerificationRefusal) in
                    try SchemePointers.required(event.keyPlace, in: event.body)
                },
                type: try parts.type { () throws(VerificationRefusal) in
                    try SchemePointers.required(event.typePlace, in: event.body)
                },
                time: parts.time(event.time), entity: parts.entity(nil),
                body: event.bytesToKeep))
    }
}
