// Where a request ends, and what is one at all.

extension IncomingGroup {
    /// Every one carries an event whose proof is right, so that a reader who is taken in stores it.
    static var framing: IncomingGroup {
        var group = IncomingGroup(
            "framing",
            source: "reliability.md 3.1 (8): both framing headers 400 and close; "
                + "RFC 9112 sections 6 and 7; RFC 9110 section 8.6")
        let event = IncomingCallback("framing")
        let count = event.body.count
        let length = "Content-Length: \(count)\r\n"
        let chunks = "Transfer-Encoding: chunked\r\n"
        let refused: [(String, String, isChunked: Bool)] = [
            ("a length, then chunks, by the length", length + chunks, false),
            ("a length, then chunks, by the chunks", length + chunks, true),
            ("chunks, then a length, by the length", chunks + length, false),
            ("chunks, then a length, by the chunks", chunks + length, true),
            ("no length, then chunks", "Content-Length: 0\r\n" + chunks, true),
            ("the same length twice", length + length, false),
            ("two lengths, the first right", length + "Content-Length: 0\r\n", false),
            ("two lengths, the last right", "Content-Length: 0\r\n" + length, false),
            ("a list of one length", "Content-Length: \(count), \(count)\r\n", false),
            ("a list of two lengths", "Content-Length: 0, \(count)\r\n", false),
            ("a length with a plus", "Content-Length: +\(count)\r\n", false),
            ("a length below zero", "Content-Length: -\(count)\r\n", false),
            ("a length of minus zero", "Content-Length: -0\r\n", false),
            (
                "a length in hexadecimal",
                "Content-Length: 0x\(String(count, radix: 16))\r\n", false
            ),
            ("a length with a fraction", "Content-Length: \(count).0\r\n", false),
            ("a length with an exponent", "Content-Length: \(count)e0\r\n", false),
            ("a length with a blank inside", "Content-Length: 1 \(count)\r\n", false),
            ("a length with a letter", "Content-Length: \(count)a\r\n", false),
            ("a length with an underscore", "Content-Length: 0_\(count)\r\n", false),
            ("a length with a vertical tab", "Content-Length: \(count)\u{0B}\r\n", false),
            ("a length with a no-break space", "Content-Length: \u{A0}\(count)\r\n", false),
            ("a length in quotes", "Content-Length: \"\(count)\"\r\n", false),
            ("an empty length", "Content-Length:\r\n", false),
            ("a length of 2^63", "Content-Length: 9223372036854775808\r\n", false),
            (
                "a length of 2^64 and ours",
                "Content-Length: \(UInt128(1) << 64 + UInt128(count))\r\n", false
            ),
            (
                "a length of 300 digits",
                "Content-Length: \(String(repeating: "9", count: 300))\r\n", false
            ),
            ("another coding", "Transfer-Encoding: gzip\r\n", true),
            ("another coding, then chunks", "Transfer-Encoding: gzip, chunked\r\n", true),
            ("chunks, then another coding", "Transfer-Encoding: chunked, gzip\r\n", true),
            ("chunks twice in a line", "Transfer-Encoding: chunked, chunked\r\n", true),
            ("chunks twice", chunks + chunks, true),
            ("chunks and identity", chunks + "Transfer-Encoding: identity\r\n", true),
            ("identity and chunks", "Transfer-Encoding: identity\r\n" + chunks, true),
            ("identity", "Transfer-Encoding: identity\r\n", false),
            ("almost chunks", "Transfer-Encoding: xchunked\r\n", true),
            ("chunks with more", "Transfer-Encoding: chunkedx\r\n", true),
            ("chunks with a parameter", "Transfer-Encoding: chunked;q=1\r\n", true),
            ("chunks in quotes", "Transfer-Encoding: \"chunked\"\r\n", true),
            ("chunks behind a comma", "Transfer-Encoding: ,chunked\r\n", true),
            ("chunks behind a vertical tab", "Transfer-Encoding: \u{0B}chunked\r\n", true),
            ("chunks on a folded line", "Transfer-Encoding:\r\n chunked\r\n", true),
            ("chunks with a blank before the colon", "Transfer-Encoding : chunked\r\n", true),
            ("chunks behind a NUL", "Transfer-Encoding: \0chunked\r\n", true),
            ("an empty coding", "Transfer-Encoding:\r\n", true),
            (
                "chunks behind a bare line feed",
                "X-A: b\nTransfer-Encoding: chunked\r\n", true
            ),
            ("chunks behind a bare carriage return", "X-A: b\r" + chunks, true),
            ("a length behind a bare line feed", "X-A: b\n" + length, false),
            ("a length with a blank before the colon", "Content-Length : \(count)\r\n", false),
            ("a folded length", "Content-Length: \r\n \(count)\r\n", false),
        ]
        for (name, framing, isChunked) in refused {
            group.add(
                name,
                bytes: event.request(framing: framing, wire: isChunked ? event.chunked : nil), 400)
        }
        let old = "POST /in/coze-main HTTP/1.0\r\nHost: x\r\n" + event.proof
        group.add(
            "chunks from an old client", bytes: latin(old + chunks + "\r\n") + event.chunked, 400)
        // Ids as long as the other's, so that the length holds.
        for (name, id, framing) in [
            ("a length with zeros in front", "zeros-1", "Content-Length: 000\(count)\r\n"),
            ("a length in small letters", "small-1", "content-length: \(count)\r\n"),
            ("a length without a blank", "blank-1", "Content-Length:\(count)\r\n"),
            (
                "a header that only looks like a length", "looks-1",
                "Content_Length: 0\r\n" + length
            ),
        ] {
            group.add(
                name, bytes: IncomingCallback(id).request(framing: framing), 200, .answered,
                stores: [id])
        }
        return group
    }

    static var chunks: IncomingGroup {
        var group = IncomingGroup("chunks", source: "RFC 9112 section 7.1")
        let event = IncomingCallback("chunks")
        let text = String(decoding: event.body, as: UTF8.self)
        let size = String(event.body.count, radix: 16)
        let rest = "\r\n\(text)\r\n0\r\n\r\n"
        func request(_ event: IncomingCallback, _ wire: String) -> [UInt8] {
            event.request(framing: "Transfer-Encoding: chunked\r\n", wire: latin(wire))
        }
        for (name, wire) in [
            ("no size", rest), ("a size with a plus", "+\(size)" + rest),
            ("a size below zero", "-\(size)" + rest), ("a size with 0x", "0x\(size)" + rest),
            ("a size that is no number", "zz" + rest),
            ("a size behind a blank", " \(size)" + rest),
            ("a size before a blank", "\(size) " + rest),
            ("a size with an underscore", "0_\(size)" + rest),
            (
                "a size beyond 64 bits",
                "1\(String(repeating: "0", count: 16 - size.count))\(size)"
                    + rest
            ),
            ("a size of 64 bits", "ffffffffffffffff" + rest),
            ("a size of 63 bits", "7fffffffffffffff" + rest),
            ("a size before a bare line feed", "\(size)\n\(text)\r\n0\r\n\r\n"),
            ("bare line feeds all along", "\(size)\n\(text)\n0\n\n"),
            ("a chunk without its end", "\(size)\r\n\(text)0\r\n\r\n"),
            ("a chunk that ends in a line feed", "\(size)\r\n\(text)\n0\r\n\r\n"),
            ("a chunk that ends in two letters", "\(size)\r\n\(text)ab0\r\n\r\n"),
            ("an extension with a bare line feed", "\(size);a=b\n\(text)\r\n0\r\n\r\n"),
            ("an extension with a NUL", "\(size);a=\0" + rest),
            ("a trailer with a length", "\(size)\r\n\(text)\r\n0\r\nContent-Length: 9\r\n\r\n"),
            (
                "a trailer with chunks",
                "\(size)\r\n\(text)\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n"
            ),
            ("a trailer without a colon", "\(size)\r\n\(text)\r\n0\r\nabc\r\n\r\n"),
            ("a trailer with a NUL", "\(size)\r\n\(text)\r\n0\r\nX: a\0\r\n\r\n"),
        ] {
            group.add(name, bytes: request(event, wire), 400)
        }
        for (name, wire) in [
            ("cut off in a chunk", "\(size)\r\n\(text.prefix(9))"),
            ("cut off behind a chunk", "\(size)\r\n\(text)\r\n"),
            ("cut off in the size", size), ("cut off in the last chunk", "\(size)\r\n\(text)\r\n0"),
            ("cut off before the trailer's end", "\(size)\r\n\(text)\r\n0\r\n"),
        ] {
            group.add(name, bytes: request(event, wire), 400, .absent)
        }
        for (name, wire) in [
            ("one-chunk", size + rest), ("capitals", size.uppercased() + rest),
            ("zeros-in-front", "000\(size)" + rest), ("an-extension", "\(size);a=b" + rest),
            ("a-trailer", "\(size)\r\n\(text)\r\n0\r\nX-A: b\r\n\r\n"),
            (
                "a-trailer-with-a-proof",
                "\(size)\r\n\(text)\r\n0\r\nX-Coze-Signature: aa\r\n\r\n"
            ),
        ] {
            // An id as long as the other, so that the sizes hold.
            let id = String((name + "------").prefix(6))
            let own = IncomingCallback(id)
            let wire = wire.replacing(text, with: String(decoding: own.body, as: UTF8.self))
            group.add(name, bytes: request(own, wire), 200, .answered, stores: [id])
        }
        return group
    }

    static var bodies: IncomingGroup {
        var group = IncomingGroup(
            "bodies",
            source: "reliability.md 3.1 (7): 1 MiB; design.md 3.4: 413; "
                + "decision 14: Content-Encoding 415; contracts/sources.md section 1 (9)")
        let event = IncomingCallback("bodies")
        group.add(
            "cut off in the body",
            bytes: event.request(wire: Array(event.body.dropLast())), 400, .absent)
        group.add(
            "cut off before the body", bytes: event.request(wire: []), 400, .absent)
        group.add(
            "one byte more than there may be, said before",
            bytes: event.request(framing: "Content-Length: 1048577\r\n", wire: []), 413)
        let long = [UInt8](repeating: 0x20, count: (1 << 20) + 1 - event.body.count)
        group.add(
            "one byte more than there may be, sent",
            bytes: IncomingCallback(body: event.body + long).request(), 413)
        group.add(
            "one byte more than there may be, in chunks",
            bytes: event.request(
                framing: "Transfer-Encoding: chunked\r\n",
                wire: IncomingCallback(body: event.body + long).chunked), 413)
        group.add(
            "as many bytes as there may be",
            bytes: IncomingCallback(
                body: IncomingCallback("1MiB").body
                    + long.dropLast(1)
                    .suffix((1 << 20) - IncomingCallback("1MiB").body.count)
            ).request(),
            200, .answered, stores: ["1MiB"])
        let zipped: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        for coding in ["gzip", "deflate", "br", "zstd", "GZIP", "x", "identity, gzip"] {
            let event = IncomingCallback(body: zipped)
            group.add(
                "content coding \(coding)",
                bytes: event.request(
                    framing: "Content-Encoding: \(coding)\r\nContent-Length: 20\r\n"), 415,
                .answered)
        }
        group.add(
            "a zipped body that does not say so", bytes: IncomingCallback(body: zipped).request(),
            400, .answered)
        group.add(
            "a coding, though the body is plain",
            bytes: event.request(
                framing: "Content-Encoding: gzip\r\nContent-Length: \(event.body.count)\r\n"), 415,
            .answered)
        group.add(
            "identity is no coding",
            bytes: IncomingCallback("identity").request(
                framing: "Content-Encoding: identity\r\n"
                    + "Content-Length: \(IncomingCallback("identity").body.count)\r\n"), 200,
            .answered, stores: ["identity"])
        return group
    }
}
