import Domain
import StrictJSON

/// A body of Feishu's event subscription, in the clear, in either of its two forms.
///
/// Form 2.0 has a `header`; form 1.0 has its members at the top and the event's own type inside
/// `event`. contracts/sources.md section 8.
struct FeishuEvent {
    let body: JSONValue
    private let isNew: Bool

    /// - Throws: `malformedBody` for what is not one strict JSON object.
    init(_ bytes: [UInt8]) throws(VerificationRefusal) {
        body = try SchemeBody.object(bytes)
        isNew = body["header"]?.object != nil
    }

    /// Whether this only tries the address.
    var isCheck: Bool { body["type"]?.string == "url_verification" }

    /// The Verification Token that came along; of a check it stands at the top in both forms.
    var token: String? { (isNew && !isCheck ? body["header"]?["token"] : body["token"])?.string }

    /// Where the sender's own id stands.
    var keyPlace: JSONPointer {
        JSONPointer(tokens: isNew ? ["header", "event_id"] : ["uuid"])
    }

    /// Where the sender's own word for it stands.
    var typePlace: JSONPointer {
        JSONPointer(tokens: isNew ? ["header", "event_type"] : ["event", "type"])
    }

    /// Milliseconds in form 2.0; seconds with a fraction in form 1.0, always as text.
    var time: Timestamp? {
        isNew ? body["header"]?["create_time"]?.milliseconds : Self.moment(body["ts"])
    }

    /// The body with `<secret>` in the place of the token.
    var bytesToKeep: [UInt8] {
        guard var object = body.object else { return body.bytes() }
        if object["token"] != nil { object["token"] = Self.hidden }
        if var header = object["header"]?.object, header["token"] != nil {
            header["token"] = Self.hidden
            object["header"] = .object(header)
        }
        return JSONValue.object(object).bytes()
    }

    private static let hidden = JSONValue.string("<secret>")

    /// `1773822615.25` as milliseconds, cut to whole ones.
    private static func moment(_ value: JSONValue?) -> Timestamp? {
        guard let text = value?.text else { return nil }
        let parts = text.utf8.split(
            separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false
        ).map { String(Substring($0)) }
        guard let first = parts.first, let seconds = JSONValue.string(first).seconds,
            isDigits(first)
        else { return nil }
        guard parts.count == 2 else { return seconds }
        guard isDigits(parts[1]), (1...9).contains(parts[1].utf8.count),
            let fraction = Int64((parts[1] + "000").prefix(3))
        else { return nil }
        return seconds + .milliseconds(fraction)
    }
}
