import Domain
import Signing

/// One scheme of a sender against the running service: how it is set up, and requests that are
/// good or spoilt in one place, each with what is to become of it.
struct SenderRow: Sendable {
    /// What the source is called, and `/in/` leads to.
    let source: String
    /// The keys below `sources.NAME`, a line each.
    let settings: [String]
    /// Made when the service runs, since signed times are about now.
    let cases: @Sendable (_ now: Timestamp) throws -> [SenderCase]

    /// Every scheme; a new one is a new row.
    static let all: [SenderRow] = platforms + sealed + proofs + cloudEvents
}

/// One request to a source.
struct SenderCase: Sendable {
    var name: String
    var method = "POST"
    /// What follows the source's name in the address: `/secret`, `?name=value`.
    var address = ""
    var headers: [(name: String, value: String)] = []
    var body: [UInt8] = []
    var status: Int
    /// What must be in the answer, head or body, as it is on the wire.
    var answers: [String] = []
    /// What must not be in the answer's head.
    var lacks: [String] = []
    /// The keys of the events that are stored because of it, and were not before.
    var stores: [String] = []

    /// Exactly the bytes on the wire.
    func bytes(to source: String) -> [UInt8] {
        let lines = headers.map { "\($0.name): \($0.value)\r\n" }.joined()
        return Array(
            ("\(method) /in/\(source)\(address) HTTP/1.1\r\nHost: x\r\n\(lines)"
                + "Content-Length: \(body.count)\r\n\r\n").utf8) + body
    }
}

/// A sender that proves itself by headers, which is what most do.
struct HeaderProof: Sendable {
    typealias Headers = [(name: String, value: String)]

    static let secret = Secret("TESTONLY-running-secret-1")
    static let older = Secret("TESTONLY-running-secret-0")
    static let stranger = Secret("TESTONLY-running-secret-2")
    /// Lines of YAML for the two that are right.
    static let secrets = ["secrets: [\"\(secret.exposed)\", \"\(older.exposed)\"]"]

    var address = ""
    /// The headers beside the proof.
    var headers: @Sendable (_ id: String) -> Headers = { _ in
        [("Content-Type", "application/json")]
    }
    /// With `note` somewhere in it, of which a byte is changed.
    var body: @Sendable (_ id: String) -> String = { #"{"id":"\#($0)","type":"t","note":"a"}"# }
    let prove: @Sendable (Secret, Timestamp, [UInt8], _ id: String) throws -> Headers
    /// Whether a changed body is noticed; where it is not, it is a known event with another body.
    var isSigned = true
    var isTimed = false
    /// What a proof is answered that is there twice.
    var doubled = 401
    var answers = [#"{"ok":true}"#]

    /// Good ones, and each spoilt in one place.
    func cases(_ now: Timestamp) throws -> [SenderCase] {
        func make(
            _ name: String, _ status: Int, id: String, by secret: Secret = Self.secret,
            at time: Timestamp? = nil, stores: Bool = false
        ) throws -> SenderCase {
            let body = Array(body(id).utf8)
            return SenderCase(
                name: name, address: address,
                headers: try prove(secret, time ?? now, body, id) + headers(id), body: body,
                status: status, answers: status == 200 ? answers : [],
                stores: stores ? [id] : [])
        }
        var cases = [
            try make("a signed event", 200, id: "good", stores: true),
            try make("the same again", 200, id: "good"),
            try make("by the older secret", 200, id: "older", by: Self.older, stores: true),
            try make("by another secret", 401, id: "strange", by: Self.stranger),
        ]
        var changed = try make(
            "one byte changed", isSigned ? 401 : 200, id: isSigned ? "changed" : "good")
        changed.body = Array(
            String(decoding: changed.body, as: UTF8.self)
                .replacing("note\":\"a", with: "note\":\"b").utf8)
        cases.append(changed)
        let proof = try prove(Self.secret, now, Array(body("spoilt").utf8), "spoilt")
        for (name, value) in proof {
            var missing = try make("no \(name)", 401, id: "spoilt")
            missing.headers.removeAll { $0.name == name }
            var twice = try make("\(name) twice", doubled, id: "spoilt")
            twice.headers.append((name, value))
            var other = try make("another \(name) first", doubled, id: "spoilt")
            other.headers.insert((name, "x"), at: 0)
            cases += [missing, twice, other]
        }
        guard isTimed else { return cases }
        return cases + [
            try make("a stale time", 401, id: "stale", at: now - .seconds(400)),
            try make("a time ahead", 401, id: "ahead", at: now + .seconds(400)),
            try make(
                "a time inside the window", 200, id: "late", at: now - .seconds(200), stores: true),
        ]
    }
}
