package import Domain
import StrictJSON

/// Callbacks of WeCom (企业微信), and of the intelligent bots that live in it.
///
/// contracts/sources.md section 10.
///
/// The address is tried with a `GET` whose `echostr` goes back opened. What follows are `POST`s of
/// XML, or of JSON from intelligent bots; both are stored as one JSON object.
///
/// The key is `MsgId`. Happenings have none and are told apart by all that they say, since the
/// platform's own advice, sender and second, takes two changes of one second for one.
package struct WeComScheme: SourceScheme {
    package var methods: [String] { ["GET", "POST"] }

    private let keys: WeComKeys
    private let pointers: SchemePointers

    /// - Parameters:
    ///   - apps: At least one.
    ///   - window: How far the signed time may be from ours, inclusive; the platform documents
    ///     none.
    ///   - pointers: Where the parts of the event stand, if not in the usual places; XML has its
    ///     elements below the outermost one as members.
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
            let proof = try WeComProof(request, names: .weCom)
            let isCheck = request.method == "GET"
            let encrypt =
                isCheck
                ? try request.parameter(["echostr"]) : try Self.encrypt(in: request.body)
            let opened = try keys.open(encrypt, proof: proof, at: now)
            if isCheck {
                return .handshake(
                    answer: SchemeAnswer(contentType: "text/plain", body: opened.message))
            }
            return .event(try read(opened.message, of: request, proof: proof))
        } catch {
            return .refused(error)
        }
    }

    /// The sealed text of either wrapper.
    private static func encrypt(in body: [UInt8]) throws(VerificationRefusal) -> String {
        guard WeComXML.looksLikeIt(body) else { return try SealedWrapper(body).encrypt }
        guard let text = try WeComXML.read(body)["Encrypt"]?.string else {
            throw VerificationRefusal(.missingCredentials, "the body has no Encrypt")
        }
        return text
    }

    private func read(
        _ message: [UInt8], of request: IncomingRequest, proof: WeComProof
    ) throws(VerificationRefusal) -> VerifiedEvent {
        let event = try WeComMessage(message)
        let parts = EventParts(request: request, body: event.body, pointers: pointers)
        return VerifiedEvent(
            key: try parts.key { event.key }, type: try parts.type { event.type },
            time: parts.time(event.time ?? proof.sent), entity: parts.entity(nil),
            body: event.bytesToKeep, answer: .empty)
    }
}

/// What WeCom sealed: a message or a happening, in XML or in JSON.
struct WeComMessage {
    let body: JSONValue
    let bytesToKeep: [UInt8]
    /// `MsgId` or `msgid`, or a digest of the whole message.
    let key: String

    /// - Throws: `malformedBody`.
    init(_ bytes: [UInt8]) throws(VerificationRefusal) {
        if WeComXML.looksLikeIt(bytes) {
            bytesToKeep = JSONValue.object(try WeComXML.read(bytes)).bytes()
            // The limits of what is stored hold for what it became, too.
            body = try SchemeBody.object(bytesToKeep)
        } else {
            bytesToKeep = bytes
            body = try SchemeBody.object(bytes)
        }
        let id = (body["MsgId"] ?? body["msgid"])?.exactID
        key = id ?? EventParts.digest(of: bytes)
    }

    /// What happened, or the kind of message, as the platform names it; `message` where it says
    /// neither.
    var type: String {
        let kind = (body["MsgType"] ?? body["msgtype"])?.exactID
        guard kind == "event" else { return kind ?? body["InfoType"]?.exactID ?? "message" }
        return (body["Event"] ?? body["event"]?["eventtype"])?.exactID ?? "event"
    }

    var time: Timestamp? {
        (body["CreateTime"] ?? body["TimeStamp"] ?? body["create_time"])?.seconds
    }
}
