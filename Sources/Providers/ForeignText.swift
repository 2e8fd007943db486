import Domain
import StrictJSON

/// Words of a provider, made fit for a message that people read.
///
/// They are text that strangers chose (names of bots, reasons of failures), and a careless server
/// may repeat our credential in them.
struct ForeignText: Sendable {
    /// What must not show, beside everything that looks like a token.
    private let redaction: Redaction

    /// A run of this many letters, digits and signs that tokens are made of is left out.
    static let runMax = 23

    init(hiding secrets: [Secret]) {
        redaction = Redaction(of: secrets)
    }

    /// One line of at most `limit` characters, or `nil` where nothing is left to say.
    func line(_ text: String?, limit: Int = 200) -> String? {
        guard let text else { return nil }
        let plain = PlainText.line(hidingSecrets(String(text.prefix(4 * limit))))
        let line = String(withoutLongRuns(plain).prefix(limit))
        return line.isEmpty ? nil : line
    }

    /// The text without what must not show.
    func hidingSecrets(_ text: String) -> String { redaction.redact(text) }

    /// `Says: “…”` behind a blank, or nothing.
    func quoted(_ text: String?, by speaker: String) -> String {
        line(text).map { " \(speaker) says: \"\($0)\"." } ?? ""
    }

    private func withoutLongRuns(_ text: String) -> String {
        var line = String.UnicodeScalarView()
        var run = String.UnicodeScalarView()
        func endRun() {
            line.append(contentsOf: run.count > Self.runMax ? "…".unicodeScalars : run)
            run.removeAll()
        }
        for scalar in text.unicodeScalars {
            if isTokenLike(scalar) {
                run.append(scalar)
                continue
            }
            endRun()
            line.append(scalar)
        }
        endRun()
        return String(line)
    }

    private func isTokenLike(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "_", "-", ".", "+", "/", "=", "~": true
        default: false
        }
    }
}

extension JSONValue {
    /// An id of a platform: text or an exact number, at most 256 bytes, nothing invisible.
    ///
    /// What is longer or holds blanks is no id that we would put into an address or a store.
    var foreignID: String? {
        guard let text, (1...256).contains(text.utf8.count),
            text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F })
        else { return nil }
        return text
    }

    /// A whole number, or text that spells one.
    var wholeNumber: Int64? {
        switch self {
        case .number(let number): number.int64
        case .string(let string) where !string.utf8.contains(UInt8(ascii: "+")): Int64(string)
        default: nil
        }
    }
}

/// Percent-encoding for one part of an address (RFC 3986 section 2.1).
enum URLText {
    /// Everything but unreserved characters is encoded, `/` included.
    static func encode(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "_"), UInt8(ascii: "~"):
                bytes.append(byte)
            default:
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// `?a=1&b=2`, in the order given.
    static func query(_ parameters: [(String, String)]) -> String {
        "?" + parameters.map { "\($0)=\(encode($1))" }.joined(separator: "&")
    }
}
