package import Domain
import StrictJSON

/// Events of a DingTalk app, pushed over HTTP.
///
/// contracts/sources.md section 9. The platform's stream mode has no HTTP and is not meant here.
///
/// Events carry no id: the key follows from all that an event says, which is the same on each
/// repeat. Each is answered with the word `success`, sealed and signed as the event was.
package struct DingTalkScheme: SourceScheme {
    /// The event that only tries the address.
    private static let check = "check_url"
    private static let typePlace = JSONPointer(tokens: ["EventType"])

    private let keys: WeComKeys
    private let pointers: SchemePointers

    /// - Parameters:
    ///   - apps: At least one.
    ///   - window: How far the signed time may be from ours, inclusive; the platform documents
    ///     none.
    ///   - pointers: Where the parts of the event stand, if not in the usual places.
    /// - Throws: `empty`, `wrongLength` or `undecodable`.
    package init(
        apps: [WeComApp], window: Duration? = nil, pointers: SchemePointers = SchemePointers()
    ) throws(SigningError) {
        keys = try WeComKeys(apps, window: window)
        self.pointers = pointers
    }

    package func verify(_ request: IncomingRequest, at now: Timestamp) -> Verdict {
        do {
            try checkMethod(request)
            let proof = try WeComProof(request, names: .dingTalk)
            let encrypt = try SealedWrapper(request.body).encrypt
            let opened = try keys.open(encrypt, proof: proof, at: now)
            let answer = try Self.success(
                sealedBy: opened.cipher, to: proof, of: encrypt, at: now)
            let body = try SchemeBody.object(opened.message)
            if body["EventType"]?.string == Self.check { return .handshake(answer: answer) }
            let parts = EventParts(request: request, body: body, pointers: pointers)
            return .event(
                VerifiedEvent(
                    key: try parts.key { EventParts.digest(of: opened.message) },
                    type: try parts.type { () throws(VerificationRefusal) in
                        try SchemePointers.required(Self.typePlace, in: body)
                    },
                    time: parts.time(body["TimeStamp"]?.milliseconds ?? proof.sent),
                    entity: parts.entity(nil), body: opened.message, answer: answer))
        } catch {
            return .refused(error)
        }
    }

    /// `success`, for who sent the request.
    ///
    /// The chance in it follows from the request and our time under the app's own key, so that
    /// nobody else can foretell it and the scheme stays pure.
    private static func success(
        sealedBy cipher: WeComCipher, to proof: WeComProof, of encrypt: String, at now: Timestamp
    ) throws(VerificationRefusal) -> SchemeAnswer {
        let timestamp = String(now.milliseconds)
        let chance = cipher.derivedChance([proof.timestamp, proof.nonce, encrypt, timestamp])
        let nonce = Hexadecimal.encode(chance.suffix(8))
        let sealed: String
        do throws(SigningError) {
            sealed = try cipher.encrypt(Array("success".utf8), chance: Array(chance.prefix(16)))
        } catch {
            throw VerificationRefusal(.configurationError, error.detail)
        }
        let digest = cipher.digest(timestamp: timestamp, nonce: nonce, encrypt: sealed)
        let body: JSONValue = [
            "msg_signature": .string(Hexadecimal.encode(digest)), "encrypt": .string(sealed),
            "timeStamp": .string(timestamp), "nonce": .string(nonce),
        ]
        return SchemeAnswer(body: body.bytes())
    }
}
