/// Takes secrets out of text that came back from whoever was told them.
///
/// A server may repeat what it was sent, and what it says is stored and shown.
package struct Redaction: Sendable {
    /// Longest first, so that a part is not taken out of what should go whole.
    private let needles: [[UInt8]]

    package init(of secrets: [Secret]) {
        needles = secrets.map { Array($0.exposed.utf8) }.filter { !$0.isEmpty }
            .sorted { $0.count > $1.count }
    }

    /// The text with `<secret>` wherever one stood, compared byte for byte.
    package func redact(_ text: String) -> String {
        var rest = Array(text.utf8)[...]
        var bytes: [UInt8] = []
        while let byte = rest.first {
            if let needle = needles.first(where: { rest.starts(with: $0) }) {
                bytes += "<secret>".utf8
                rest = rest.dropFirst(needle.count)
            } else {
                bytes.append(byte)
                rest = rest.dropFirst()
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
