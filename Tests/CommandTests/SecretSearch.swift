import Foundation
import Testing

/// One text that must stand nowhere, in every form in which it could be written.
struct SecretForms {
    /// Where it was planted, for the message.
    let name: String
    /// Each with what it is called.
    let forms: [(kind: String, bytes: [UInt8])]

    /// - Parameter core: At least 16 bytes that say nothing but themselves.
    init(_ name: String, core: [UInt8]) {
        self.name = name
        let text = String(decoding: core, as: UTF8.self)
        let lower = core.map { String(format: "%02x", $0) }
        let upper = core.map { String(format: "%02X", $0) }
        var forms: [(String, [UInt8])] = [
            ("plain", core), ("reversed", core.reversed()),
            ("hex", Array(lower.joined().utf8)), ("HEX", Array(upper.joined().utf8)),
            ("percent", Array(lower.map { "%" + $0 }.joined().utf8)),
            ("PERCENT", Array(upper.map { "%" + $0 }.joined().utf8)),
            ("escaped", Array(lower.map { "\\u00" + $0 }.joined().utf8)),
            ("ESCAPED", Array(upper.map { "\\u00" + $0 }.joined().utf8)),
            ("bytes in a list", Array(core.map { "\($0)" }.joined(separator: ", ").utf8)),
            ("lower case", Array(text.lowercased().utf8)),
            ("upper case", Array(text.uppercased().utf8)),
            ("quoted for a URL", Array(Self.percentEncoded(core).utf8)),
            ("quoted for JSON", Array(Self.jsonEscaped(text).utf8)),
        ]
        for shift in 0..<3 {
            let standard = Self.base64(core, shift: shift)
            let url = standard.map { $0 == 0x2B ? 0x2D : $0 == 0x2F ? 0x5F : $0 }
            forms += [("base 64 +\(shift)", standard), ("base 64 url +\(shift)", url)]
        }
        self.forms = forms
    }

    /// The letters that follow from `core` alone, wherever in a longer text it stands.
    private static func base64(_ core: [UInt8], shift: Int) -> [UInt8] {
        let whole = [UInt8](repeating: 0, count: shift) + core
        let letters = Array(Data(whole).base64EncodedString().utf8).filter { $0 != 0x3D }
        // Those in front hold bits of what stands before, the last one bits of what comes behind.
        let front = [0, 2, 3][shift]
        return Array(letters.dropFirst(front).dropLast(whole.count % 3 == 0 ? 0 : 1))
    }

    private static func percentEncoded(_ bytes: [UInt8]) -> String {
        bytes.map { byte in
            let isPlain =
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
                || (0x61...0x7A).contains(byte) || [0x2D, 0x2E, 0x5F, 0x7E].contains(byte)
            return isPlain ? String(UnicodeScalar(byte)) : String(format: "%%%02X", byte)
        }.joined()
    }

    private static func jsonEscaped(_ text: String) -> String {
        text.replacingOccurrences(of: "/", with: "\\/").replacingOccurrences(of: "\"", with: "\\\"")
    }
}

/// Where something was written, and what.
struct SecretHaystack {
    let name: String
    let bytes: [UInt8]

    init(_ name: String, _ bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
    }

    init(_ name: String, _ text: String) { self.init(name, Array(text.utf8)) }

    /// What stands in it, as `HAYSTACK: SECRET as FORM at OFFSET` and what is in front of it.
    func found(_ secrets: [SecretForms]) -> [String] {
        secrets.flatMap { secret in
            secret.forms.compactMap { form in
                place(of: form.bytes).map { place in
                    let before = String(decoding: bytes[max(0, place - 60)..<place], as: UTF8.self)
                    return "\(name): \(secret.name) as \(form.kind) at \(place), behind "
                        + before.debugDescription
                }
            }
        }
    }

    /// Where a text begins, byte for byte.
    private func place(of needle: [UInt8]) -> Int? {
        guard let first = needle.first, needle.count <= bytes.count else { return nil }
        return bytes.withUnsafeBytes { hay in
            guard let base = hay.baseAddress else { return nil }
            var from = 0
            while from + needle.count <= hay.count {
                let rest = hay.count - needle.count + 1 - from
                guard let hit = memchr(base + from, CInt(first), rest) else { return nil }
                from = UnsafeRawPointer(hit) - base
                if memcmp(base + from, needle, needle.count) == 0 { return from }
                from += 1
            }
            return nil
        }
    }

    /// Every file below a directory but those that are meant to hold secrets.
    static func files(
        in scratch: ScratchDirectory, but isMeant: (String) -> Bool
    ) throws -> [SecretHaystack] {
        let names = try FileManager.default.subpathsOfDirectory(atPath: scratch.url.path())
        return try names.sorted().filter { !isMeant($0) }.compactMap { name in
            var isDirectory: ObjCBool = false
            let path = scratch.path(name)
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory),
                !isDirectory.boolValue
            else { return nil }
            return SecretHaystack(name, Array(try Data(contentsOf: URL(filePath: path))))
        }
    }
}

/// What the search for leaks rests on: it finds.
@Suite struct SecretSearchTests {
    private static let core = Array("Core+of/a~secret=4711xyz".utf8)
    private static let forms = SecretForms("one", core: core)

    @Test(arguments: 0..<SecretSearchTests.forms.forms.count)
    func everyFormIsFoundInTheMiddleOfSomethingElse(_ place: Int) {
        let form = Self.forms.forms[place]
        let junk = Array(String(repeating: "x\u{0}é", count: 50).utf8)
        let found = SecretHaystack("log", junk + form.bytes + junk).found([Self.forms])
        #expect(found.contains { $0.hasPrefix("log: one as \(form.kind) at \(junk.count)") })
        let broken = junk + form.bytes.dropLast() + junk
        #expect(
            !SecretHaystack("log", broken).found([Self.forms])
                .contains { $0.contains(" as \(form.kind) at \(junk.count)") })
    }

    /// As a real encoder writes it, whatever stands before and behind.
    @Test(arguments: 0..<12)
    func aSecretInsideALongerBase64TextIsFound(_ length: Int) {
        for tail in 0..<3 {
            let bytes =
                [UInt8](repeating: 0xA7, count: length) + Self.core
                + [UInt8](repeating: 0x5B, count: tail)
            let text = Data(bytes).base64EncodedString()
            let url = text.replacingOccurrences(of: "+", with: "-")
                .replacingOccurrences(of: "/", with: "_")
            #expect(SecretHaystack("log", text).found([Self.forms]) != [])
            #expect(SecretHaystack("log", url).found([Self.forms]) != [])
        }
    }

    @Test func whatIsNotThereIsNotFound() {
        #expect(SecretHaystack("log", "nothing of the kind").found([Self.forms]) == [])
        #expect(SecretHaystack("log", "").found([Self.forms]) == [])
    }
}
