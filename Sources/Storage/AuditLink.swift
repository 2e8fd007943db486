import Crypto
import Domain
import StrictJSON

/// A place in the chain: an entry's number and its hash.
///
/// The hash of an entry is SHA-256 over nine lines, each the length of a text in bytes, a colon,
/// the text and a line feed: `copyhook audit 1`, the number, the time in milliseconds since 1970,
/// the id and the name of who did it, the verb, the object, the details as they are stored, and
/// the hash of the entry before in hexadecimal digits. Lengths stand in front, so no two entries
/// have the same lines. The first entry follows 32 bytes of zero.
package struct AuditLink: Hashable, Sendable {
    package let number: Int64
    /// 32 bytes.
    package let hash: [UInt8]

    package init(number: Int64, hash: [UInt8]) {
        self.number = number
        self.hash = hash
    }

    /// Before the first entry.
    package static let start = AuditLink(number: 0, hash: Array(repeating: 0, count: 32))

    package init(_ entry: AuditEntry) {
        self.init(number: entry.number, hash: entry.hash)
    }

    /// The entry that a note becomes behind this one.
    package func entry(_ note: AuditNote) -> AuditEntry {
        let number = number + 1
        let details = JSONValue.object(note.details).bytes()
        let hash = hash(
            number: number, at: note.at, who: note.who, verb: note.verb.rawValue,
            object: note.object, details: details)
        return AuditEntry(
            number: number, at: note.at, who: note.who, verb: note.verb.rawValue,
            object: note.object, details: details, hash: hash)
    }

    /// Whether an entry's hash is what follows from its content and from this hash.
    package func fits(_ entry: AuditEntry) -> Bool {
        hash(
            number: entry.number, at: entry.at, who: entry.who, verb: entry.verb,
            object: entry.object, details: entry.details) == entry.hash
    }

    private func hash(
        number: Int64, at: Timestamp, who: AuditNote.Who, verb: String, object: String,
        details: [UInt8]
    ) -> [UInt8] {
        var lines: [UInt8] = []
        let fields = [
            "copyhook audit 1", String(number), String(at.milliseconds), who.id, who.name, verb,
            object,
        ]
        for bytes in fields.map({ Array($0.utf8) }) + [details, Array(Self.digits(hash).utf8)] {
            lines += Array("\(bytes.count):".utf8) + bytes + [UInt8(ascii: "\n")]
        }
        return Array(SHA256.hash(data: lines))
    }

    /// As people see it: 64 hexadecimal digits.
    package var text: String { Self.digits(hash) }

    /// Reads a number, a colon and the hash as ``text`` writes it; `nil` for anything else.
    package init?(parsing text: String) {
        guard let parts = text.wholeMatch(of: /([0-9]{1,18}):([0-9a-f]{64})/),
            let number = Int64(parts.1)
        else { return nil }
        self.init(number: number, digits: parts.2)
    }

    private init?(number: Int64, digits: Substring) {
        let digits = Array(digits.utf8)
        let hash = stride(from: 0, to: digits.count - 1, by: 2).compactMap {
            UInt8(String(decoding: digits[$0...$0 + 1], as: UTF8.self), radix: 16)
        }
        guard hash.count == 32 else { return nil }
        self.init(number: number, hash: hash)
    }

    private static func digits(_ bytes: [UInt8]) -> String {
        let alphabet = Array("0123456789abcdef".utf8)
        return String(
            decoding: bytes.flatMap { [alphabet[Int($0 >> 4)], alphabet[Int($0 & 15)]] },
            as: UTF8.self)
    }
}
