package import Domain
import StrictJSON

/// What a bot of Telegram is sent.
///
/// contracts/sources.md section 12. An `Update` of the Bot API has an `update_id`, the key, and
/// one member more, which says what it is: that is the type, `message` or `callback_query`, its
/// `date` the time and its `chat` the entity.
package struct TelegramReading: RequestReading {
    private let pointers: SchemePointers

    package init(pointers: SchemePointers = SchemePointers()) { self.pointers = pointers }

    package func read(
        _ request: IncomingRequest, _ proved: Proved
    ) throws(VerificationRefusal) -> Verdict {
        let body = try SchemeBody.json(request).json
        let parts = EventParts(request: request, body: body, pointers: pointers)
        let told = body.object?.members.first { !$0.key.hasSameBytes(as: "update_id") }
        return .event(
            VerifiedEvent(
                key: try parts.key { () throws(VerificationRefusal) in
                    try SchemePointers.required(JSONPointer(tokens: ["update_id"]), in: body)
                },
                type: try parts.type { () throws(VerificationRefusal) in
                    told.flatMap { JSONValue.string($0.key).exactID } ?? "update"
                },
                time: parts.time(told?.value["date"]?.seconds),
                entity: parts.entity(Self.chat(in: told?.value))))
    }

    /// The chat of the message, or of the message that a button belongs to.
    private static func chat(in told: JSONValue?) -> EntityReference? {
        guard let chat = told?["chat"] ?? told?["message"]?["chat"],
            // Groups have ids below zero.
            let id = chat["id"]?.number?.int64
        else { return nil }
        return EntityReference(
            type: "chat", id: String(id),
            name: (chat["title"] ?? chat["username"] ?? chat["first_name"])?.storableText)
    }
}

extension ProvedScheme {
    /// Bots of Telegram: the text that `setWebhook` was told as `secret_token`.
    ///
    /// - Throws: `empty` for the tokens, `undecodable` for one that Telegram does not accept.
    package static func telegram(
        tokens: [Secret], pointers: SchemePointers = SchemePointers()
    ) throws(SigningError) -> ProvedScheme {
        guard tokens.allSatisfy({ isTelegramToken($0.exposed) }) else {
            throw SigningError(
                .undecodable, "a secret_token has 1 to 256 letters, digits, _ and -")
        }
        return ProvedScheme(
            try TokenProof(header: "X-Telegram-Bot-Api-Secret-Token", tokens: tokens),
            TelegramReading(pointers: pointers))
    }

    private static func isTelegramToken(_ text: String) -> Bool {
        (1...256).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
                    || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
            }
    }
}
