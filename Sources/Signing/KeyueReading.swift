import Domain
import StrictJSON

/// Callbacks of the outbound calls of Keyue (客悦 智能外呼).
///
/// contracts/keyue.md section 10: `callbackType` and `data`, and no signature, so the address must
/// be secret. The types have numbers there; ours are words, and `callback_` with the number for
/// one that is not documented. Keys are put together as the contract says; what has none is known
/// by the bytes of its body. The entity is the call task, the tenant its workspace. Times without
/// a zone are not read: which one is meant is not documented.
package struct KeyueReading: RequestReading {
    private let pointers: SchemePointers

    package init(pointers: SchemePointers = SchemePointers()) { self.pointers = pointers }

    package func read(
        _ request: IncomingRequest, _ proved: Proved
    ) throws(VerificationRefusal) -> Verdict {
        let body = try SchemeBody.json(request).json
        let number = try SchemePointers.required(
            JSONPointer(tokens: ["callbackType"]), in: body)
        guard let data = body["data"], data.object != nil else {
            throw VerificationRefusal(.malformedBody, "data is missing or no object")
        }
        let kind = Self.kinds.first { $0.number.hasSameBytes(as: number) }
        let parts = EventParts(request: request, body: body, pointers: pointers)
        return .event(
            VerifiedEvent(
                key: try parts.key { () throws(VerificationRefusal) in
                    kind.flatMap { Self.key(number, $0.keys, data) }
                        ?? EventParts.digest(of: request.body)
                },
                type: try parts.type { () throws(VerificationRefusal) in
                    kind?.name ?? "callback_\(number)"
                },
                time: parts.time(
                    kind?.times.lazy.compactMap { data[$0]?.milliseconds }.first),
                entity: parts.entity(Self.task(in: data)), answer: Self.answer(200, "success")))
    }

    package func answer(refusing status: Int, words: String) -> SchemeAnswer? {
        Self.answer(status, words)
    }

    private typealias Kind = (number: String, name: String, keys: [String], times: [String])

    private static let kinds: [Kind] = [
        ("0", "call_finished", ["sessionId"], []),
        ("1", "number_group_final", ["taskId", "taskMemberId", "status"], ["callEndTime"]),
        ("2", "task_status", ["taskId", "taskStatus", "updateTime"], ["updateTime"]),
        ("3", "realtime_call_finished", ["sessionId"], ["startTime"]),
        ("4", "inbound_call_finished", [], []),
        ("5", "sms_detail", ["smsId", "source"], ["receiptTime", "sendTime"]),
    ]

    /// The number and these members, numbers as their digits; `nil` unless all are there.
    private static func key(_ number: String, _ names: [String], _ data: JSONValue) -> String? {
        let parts = names.compactMap { data[$0]?.exactID }
        guard !parts.isEmpty, parts.count == names.count else { return nil }
        let key = ([number] + parts).joined(separator: ":")
        return JSONValue.string(key).exactID
    }

    private static func task(in data: JSONValue) -> EntityReference? {
        guard let id = data["taskId"]?.exactID else { return nil }
        return EntityReference(
            type: "call_task", id: id, name: data["taskName"]?.storableText,
            workspaceID: data["tenantId"]?.exactID)
    }

    /// The status is said twice: which of the two is looked at is not documented.
    private static func answer(_ status: Int, _ words: String) -> SchemeAnswer {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("code", .number(JSONNumber(status)))
        writer.member("msg", .string(words))
        writer.endObject()
        return SchemeAnswer(status: status, body: writer.bytes)
    }
}
