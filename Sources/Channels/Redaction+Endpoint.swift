package import Domain
import Signing

extension Redaction {
    /// Everything of an endpoint that lets one speak in its name, whole and in its parts.
    package init(of endpoint: Endpoint) {
        let url = Array(endpoint.url.exposed.utf8)
        // For a chat channel the credential is the end of the path, or a value of the query.
        let separators = Set("/?&=#".utf8)
        let words = url.split(whereSeparator: separators.contains).dropFirst(2)
        var parts = words.map(Array.init) + words.map(Self.decoded)
        // Telegram's is `bot`, a number, a colon and the secret.
        parts += words.filter { $0.starts(with: "bot".utf8) }.map { Array($0.dropFirst(3)) }
        parts += words.flatMap {
            $0.split(separator: UInt8(ascii: ":")).dropFirst().map(Array.init)
        }
        var wholes = [url]
        for secret in endpoint.secrets + endpoint.headers.map(\.value) {
            let bytes = Array(secret.exposed.utf8)
            wholes.append(bytes)
            // The part behind `whsec_` or `Bearer `, with the `=` at its end, or one of a cookie.
            parts += ["_ ", "_ =;,"].flatMap { separators in
                bytes.split(whereSeparator: separators.utf8.contains).map(Array.init)
            }
            wholes += Self.basicCredentials(secret.exposed)
        }
        let needles =
            wholes.filter { $0.count >= Self.wholeMin } + parts.filter { $0.count >= Self.partMin }
        self.init(of: needles.map { Secret(String(decoding: $0, as: UTF8.self)) })
    }

    /// Shorter parts are words such as `hooks` or `Bearer`, which are no secrets.
    private static let partMin = 9
    /// A header's value that is shorter stands in too much of what anybody says.
    private static let wholeMin = 4

    /// What a server reads out of `Basic` (RFC 7617): the pair, its name and its password.
    ///
    /// The name as well, since some services take their key for one and want no password.
    private static func basicCredentials(_ header: String) -> [[UInt8]] {
        let words = header.split(separator: " ")
        guard words.count == 2, words[0].lowercased() == "basic",
            let pair = Base64.decode(String(words[1]), .standardPaddingOptional)
        else { return [] }
        let name = pair.prefix { $0 != UInt8(ascii: ":") }
        return [pair, Array(name), Array(pair.dropFirst(name.count + 1))]
    }

    /// With `%2B` as `+`, as a server reads an address.
    private static func decoded(_ word: ArraySlice<UInt8>) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = word
        while let byte = rest.popFirst() {
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            if byte == UInt8(ascii: "%"), digits.utf8.count == 2,
                let value = UInt8(digits, radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return bytes
    }
}
