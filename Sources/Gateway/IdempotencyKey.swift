import Administration
import HTTPTypes
import Signing
import StrictJSON

/// A wish's own name, given by who sends it: `Idempotency-Key`.
///
/// Source: draft-ietf-httpapi-idempotency-key-header, section 2.1, where it is a string of RFC 8941
/// in quotes; what most clients send is the bare text, which is taken as well.
struct IdempotencyKey: Hashable {
    static let lengthMax = 255

    /// 1 to 255 visible ASCII characters, without quotes around them.
    let text: String

    /// `nil` for a request without one.
    init?(_ fields: HTTPFields) throws(AdministrationError) {
        let lines = fields[values: .idempotencyKey]
        guard let line = lines.first else { return nil }
        guard lines.count == 1, let text = Self.text(Array(line.utf8)) else {
            throw AdministrationError(
                .parameterInvalid, "the Idempotency-Key is malformed",
                remedy: "Send one, of 1 to \(Self.lengthMax) visible ASCII characters, in double "
                    + "quotes or bare; a random UUID does.")
        }
        self.text = text
    }

    private static func text(_ line: [UInt8]) -> String? {
        let quote = UInt8(ascii: "\"")
        var text: [UInt8] = []
        if line.first == quote {
            guard line.count > 1, line.last == quote else { return nil }
            var rest = line.dropFirst().dropLast()
            while let byte = rest.popFirst() {
                guard byte == UInt8(ascii: "\\") else {
                    guard byte != quote else { return nil }
                    text.append(byte)
                    continue
                }
                guard let escaped = rest.popFirst(),
                    escaped == quote || escaped == UInt8(ascii: "\\")
                else { return nil }
                text.append(escaped)
            }
        } else {
            text = line
        }
        guard (1...lengthMax).contains(text.count),
            text.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return nil }
        return String(decoding: text, as: UTF8.self)
    }
}

extension HTTPField.Name {
    fileprivate static let idempotencyKey = Self("Idempotency-Key")!
}

extension APIRequest {
    /// Of everything that says what is wished for.
    func digest(of call: APICall) -> String {
        var parts = [call.id, "\(names.count)"] + names
        for (name, value) in query.sorted(by: { $0.key < $1.key }) { parts += [name, value] }
        let fields = fields.filter { field in
            let name = field.name.canonicalName
            return name.hasPrefix("ce-") || ["content-type", "if-match"].contains(name)
        }
        for field in fields { parts += [field.name.canonicalName, field.value] }
        return sha256Hex(Array((derivedText(parts) + sha256Hex(body)).utf8))
    }
}

// MARK: - Carrying out what may have been carried out before

extension HTTPGateway {
    /// Answers a call whose wish has a key: carries it out, or answers as the first time.
    func answer(
        _ call: APICall, _ asked: APIRequest, under key: IdempotencyKey
    ) async throws(AdministrationError) -> Answer {
        let standing = try await administration.begin(
            key.text, digest: asked.digest(of: call), by: asked.who)
        switch standing {
        case .answered(let kept):
            guard var answer = Answer(kept: kept) else {
                throw AdministrationError(
                    .unexpected, "what was answered cannot be read",
                    remedy: "It was carried out; look at what came of it.")
            }
            answer.headers.append(("Idempotency-Replayed", "true"))
            return answer
        case .inYourHand(let wish):
            var asked = asked
            asked.administration = administration.carryingOut(wish)
            let (answer, isFinal) = await work(call, asked)
            await administration.end(wish, answer: isFinal ? answer.kept : nil)
            return answer
        }
    }

    /// - Returns: The answer, and whether it will always be that.
    private func work(_ call: APICall, _ asked: APIRequest) async -> (Answer, isFinal: Bool) {
        do throws(AdministrationError) {
            let answer = try await call.work(asked)
            return (answer, answer.status < 500)
        } catch {
            let answer = Problem(error).answer
            // Who is at work on it is done in a moment.
            return (answer, answer.status < 500 && error.code != .taskBusy)
        }
    }
}

extension Answer {
    /// As it is kept.
    fileprivate var kept: [UInt8] {
        let lines: [JSONValue] = headers.map { [.string($0.name), .string($0.value)] }
        let value: JSONValue = [
            "status": .number(JSONNumber(Int64(status))), "headers": .array(lines),
            "body": .string(String(decoding: body, as: UTF8.self)),
        ]
        return value.bytes()
    }

    fileprivate init?(kept: [UInt8]) {
        guard let value = try? JSONValue(parsing: kept, limits: .match),
            let status = value["status"]?.number?.int64, let body = value["body"]?.string
        else { return nil }
        let headers = (value["headers"]?.array ?? []).compactMap { line in
            line.array.flatMap { parts -> (name: String, value: String)? in
                guard parts.count == 2, let name = parts[0].string, let value = parts[1].string
                else { return nil }
                return (name, value)
            }
        }
        self.init(status: Int(status), headers: headers, body: Array(body.utf8))
    }
}
