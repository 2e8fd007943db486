import CCurl
import Transport

/// Why these headers must not be written, or `nil`.
///
/// A line break in a value would end the header and begin another request, and a second
/// `Content-Length` lets two readers see two requests. Checked on bytes: in Swift "\r\n" does not
/// contain the Character "\n". The refusal names the header, never its value.
func refusal(ofHeaders headers: [HTTPField]) -> String? {
    for field in headers {
        guard !field.name.isEmpty, field.name.utf8.count <= 256,
            field.name.utf8.allSatisfy(isTokenByte)
        else { return "a header name is not a token (RFC 9110 section 5.6.2)" }
        guard field.value.utf8.allSatisfy({ $0 == 0x09 || ($0 >= 0x20 && $0 != 0x7F) }) else {
            return "the value of header \(field.name) has a control character"
        }
        if ours.contains(where: { field.name.isEqualIgnoringASCIICase(to: $0) }) {
            return "header \(field.name) is written by the transport and cannot be set"
        }
    }
    return nil
}

/// They say where a request goes and where it ends, which is not the caller's to say.
private let ours = [
    "Connection", "Content-Length", "Expect", "Host", "Keep-Alive", "Proxy-Connection", "TE",
    "Trailer", "Transfer-Encoding", "Upgrade",
]

private func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
    default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
}

/// The header lines for libcurl, or `nil` when memory ran out.
///
/// `Expect:` without a value keeps libcurl from waiting a second for permission to send a body.
/// The same goes for the `Content-Type` of web forms that it would add to every body. The caller
/// frees the list.
func headerList(_ headers: [HTTPField]) -> UnsafeMutablePointer<curl_slist>? {
    var lines = ["Expect:"]
    if headers.first("Content-Type") == nil { lines.append("Content-Type:") }
    for field in headers {
        // To libcurl `Name:` alone means that the header is left out, and `Name;` that it is empty.
        let isEmpty = field.value.utf8.allSatisfy { $0 == 0x20 || $0 == 0x09 }
        lines.append(isEmpty ? field.name + ";" : field.name + ": " + field.value)
    }
    var list: UnsafeMutablePointer<curl_slist>?
    for line in lines {
        guard let longer = curl_slist_append(list, line) else {
            curl_slist_free_all(list)
            return nil
        }
        list = longer
    }
    return list
}

/// Collects the header lines of an answer, of which a server may send several blocks: those of
/// interim answers (1xx) come first and are forgotten, trailers come after the final one's body and
/// are too.
struct AnswerHeaders {
    private(set) var fields: [HTTPField] = []
    /// Bytes of all lines of all blocks.
    private(set) var bytes = 0
    private var isStatusLineNext = true
    /// 1xx but 101, which is final.
    private var isInterim = false

    /// Whether the blank line behind the final head has come.
    var isWhole: Bool { isStatusLineNext && bytes > 0 && !isInterim }

    /// What forbids reading the body of a whole head, or `nil`.
    ///
    /// We ask for no compression, and a few kilobytes of it can stand for gigabytes; libcurl would
    /// undo that of `Transfer-Encoding` unasked.
    private(set) var objection: String?

    mutating func append(line: UnsafeRawBufferPointer) {
        let isTrailer = isWhole
        bytes += line.count
        if isTrailer { return }
        var line = line[...]
        while let last = line.last, last == 0x0D || last == 0x0A { line.removeLast() }
        if isStatusLineNext {
            fields = []
            let status = line.split(separator: 0x20).dropFirst().first.map(Array.init) ?? []
            isInterim = status.first == UInt8(ascii: "1") && status != Array("101".utf8)
            objection = status == Array("101".utf8) ? "the answer switches protocols" : nil
            isStatusLineNext = false
        } else if line.isEmpty {
            isStatusLineNext = true
            if !isInterim { objection = objection ?? objectionToCoding }
        } else if let first = line.first, first == 0x20 || first == 0x09 {
            // RFC 9112 section 5.2: an obsolete line folding continues the value before it.
            guard let last = fields.popLast() else { return }
            fields.append(HTTPField(last.name, last.value + " " + text(line)))
        } else if let colon = line.firstIndex(of: UInt8(ascii: ":")) {
            let name = String(decoding: line[..<colon], as: UTF8.self)
            fields.append(HTTPField(name, text(line[(colon + 1)...])))
        }
    }

    private var objectionToCoding: String? {
        let content = fields.values(of: "Content-Encoding").flatMap(codings)
        let transfer = fields.values(of: "Transfer-Encoding").flatMap(codings)
        let isPlain =
            content.allSatisfy { $0.isEmpty || $0 == "identity" }
            && transfer.allSatisfy { $0.isEmpty || $0 == "identity" || $0 == "chunked" }
        return isPlain ? nil : "the answer's body is encoded, which was not asked for"
    }

    private func codings(_ value: String) -> [String] {
        value.split(separator: ",").map { String($0).withoutOuterBlanks.lowercased() }
    }

    private func text(_ bytes: Slice<UnsafeRawBufferPointer>) -> String {
        var bytes = bytes
        while let first = bytes.first, first == 0x20 || first == 0x09 { bytes.removeFirst() }
        while let last = bytes.last, last == 0x20 || last == 0x09 { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }
}
