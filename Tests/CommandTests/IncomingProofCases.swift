import Domain
import Signing

// Who says it, and whether it was said before.

extension IncomingGroup {
    static var proofs: IncomingGroup {
        var group = IncomingGroup(
            "proofs of Coze",
            source: "decisions 13 and 14: missing, malformed or wrong 401; "
                + "reliability.md 3.1 (5, 6); contracts/coze.md sections 3.2 and 3.3, vectors 10-16"
        )
        let event = IncomingCallback("proofs")
        let (time, nonce, signature) = (event.timestamp, event.nonce, event.signature)
        func lines(_ time: String?, _ nonce: String?, _ signature: String?) -> String {
            (nonce.map { "X-Coze-Nonce: \($0)\r\n" } ?? "")
                + (time.map { "X-Coze-Timestamp: \($0)\r\n" } ?? "")
                + (signature.map { "X-Coze-Signature: \($0)\r\n" } ?? "")
        }
        func refuse(_ name: String, _ proof: String, body: [UInt8]? = nil) -> IncomingCase {
            var event = event
            event.body = body ?? event.body
            return IncomingCase(
                name: name, bytes: event.request(proof: proof), statuses: [401], behind: .answered,
                stores: [])
        }
        /// A proof that is right for these texts, whatever their form.
        func signed(_ time: String, _ nonce: String) -> String {
            lines(time, nonce, IncomingCallback.sign(time + nonce, event.body))
        }
        let digits = "0123456789"
        let spoilt = signature.hasPrefix("0") ? "1" : "0"
        let cases = [
            refuse("nothing", ""), refuse("no nonce", lines(time, nil, signature)),
            refuse("no time", lines(nil, nonce, signature)),
            refuse("no signature", lines(time, nonce, nil)),
            refuse("a signature alone", lines(nil, nil, signature)),
            refuse("an empty nonce", signed(time, "")), refuse("an empty time", signed("", nonce)),
            refuse("an empty signature", lines(time, nonce, "")),
            refuse("three empty lines", lines("", "", "")),
            refuse("the signature twice", event.proof + "X-Coze-Signature: \(signature)\r\n"),
            refuse(
                "another signature first",
                "X-Coze-Signature: \(String(repeating: "0", count: 40))\r\n"
                    + event.proof),
            refuse("the time twice", event.proof + "X-Coze-Timestamp: \(time)\r\n"),
            refuse("the nonce twice", event.proof + "x-coze-nonce: \(nonce)\r\n"),
            refuse("a list of signatures", lines(time, nonce, "\(signature),\(signature)")),
            refuse("a list of times", lines("\(time), \(time)", nonce, signature)),
            refuse("a signature in capitals", lines(time, nonce, signature.uppercased())),
            refuse("a signature too short", lines(time, nonce, String(signature.dropLast()))),
            refuse(
                "a signature too short by a byte", lines(time, nonce, String(signature.dropLast(2)))
            ),
            refuse("a signature too long", lines(time, nonce, signature + "00")),
            refuse("no digits", lines(time, nonce, String(repeating: "g", count: 40))),
            refuse("a signature with 0x", lines(time, nonce, "0x" + signature.dropFirst(2))),
            refuse("a signature with its kind", lines(time, nonce, "sha1=" + signature)),
            refuse("zeros", lines(time, nonce, String(repeating: "0", count: 40))),
            refuse("a digit changed", lines(time, nonce, spoilt + signature.dropFirst())),
            refuse(
                "the last digit changed",
                lines(time, nonce, signature.dropLast() + (signature.hasSuffix("0") ? "1" : "0"))),
            refuse(
                "a signature in full width", lines(time, nonce, "\u{EF}\u{BC}\u{91}" + signature)),
            refuse(
                "another secret",
                lines(time, nonce, IncomingCallback.sign(time + nonce, token: "x", event.body))),
            refuse(
                "an empty secret",
                lines(time, nonce, IncomingCallback.sign(time + nonce, token: "", event.body))),
            refuse(
                "the order of nonce and time",
                lines(time, nonce, IncomingCallback.sign(nonce + time, event.body))),
            refuse("another body", event.proof, body: IncomingCallback("another").body),
            refuse("a blank more in the body", event.proof, body: event.body + [0x20]),
            refuse("a byte less in the body", event.proof, body: Array(event.body.dropLast())),
            refuse("no body", event.proof, body: []),
            refuse("a time of 12 digits", signed(String(time.dropLast()), nonce)),
            refuse("a time of 14 digits", signed(time + "0", nonce)),
            refuse("a time of 10 digits", signed(String(time.prefix(10)), nonce)),
            refuse("a time with a plus", signed("+" + time, nonce)),
            refuse("a time with a plus and 12 digits", signed("+" + time.dropLast(), nonce)),
            refuse("a time below zero", signed("-" + time.dropLast(), nonce)),
            refuse("a time in hexadecimal", signed("0x19d0000beef", nonce)),
            refuse("a time with a point", signed("1773822615.25", nonce)),
            refuse("a time with an exponent", signed("1773822615e03", nonce)),
            refuse("a time with a blank inside", signed("177382261525 ".reversed() + "0", nonce)),
            refuse("a time in RFC 3339", signed("2026-03-18T08:30:15Z", nonce)),
            refuse(
                "a time in full width",
                lines(
                    String(repeating: "\u{EF}\u{BC}\u{91}", count: 13),
                    nonce, signature)),
            refuse("a nonce with a blank", signed(time, "q7 Zt")),
            refuse("a nonce with a dot", signed(time, "q7.Zt")),
            refuse("a nonce with a slash", signed(time, "q7/Zt")),
            refuse("a nonce with a letter beyond ASCII", lines(time, "q7\u{E9}", signature)),
            refuse("a nonce of 65 characters", signed(time, String(repeating: "a", count: 65))),
            // The hash is the same: only where one ends and the other begins has moved.
            refuse(
                "a digit moved to the time",
                lines(time + "9", "abc", IncomingCallback.sign(time + "9abc", event.body))),
            refuse(
                "a digit moved to the nonce",
                lines(
                    String(time.dropLast()), time.suffix(1) + nonce,
                    IncomingCallback.sign(time + nonce, event.body))),
            refuse(
                "all digits moved to the time",
                lines(time + digits, "a", IncomingCallback.sign(time + digits + "a", event.body))),
        ]
        for one in cases { group.add(one) }
        let foreign = IncomingCallback(
            body: Array(
                (#"{"header":{"event_type":"a","event_id":"foreign","api_app_id":"1"}}"#).utf8))
        group.add("an app that we do not know", bytes: foreign.request(), 401, .answered)
        group.add("another source's proof", bytes: event.request("/in/partner"), 401, .answered)
        for (id, nonce) in [
            ("a-nonce-of-64", String(repeating: "a", count: 64)), ("a-nonce-of-1", "a"),
            ("a-nonce-of-signs", "_-_-09azAZ"),
        ] {
            let event = IncomingCallback(body: IncomingCallback(id).body, nonce: nonce)
            group.add(id, bytes: event.request(), 200, .answered, stores: [id])
        }
        for (id, time) in [("long-ago", "1000000000000"), ("far-ahead", "9999999999999")] {
            // Decision 13: no window for Coze, a repeat may carry the time of the first.
            let event = IncomingCallback(body: IncomingCallback(id).body, timestamp: time)
            group.add(id, bytes: event.request(), 200, .answered, stores: [id])
        }
        let check = IncomingCallback(
            body: Array(
                (#"{"header":{"event_type":"url_verification","event_id":"check"},"#
                    + #""event":{"challenge":"abc"}}"#).utf8))
        group.add("a check", bytes: check.request(), 200, .answered)
        group.add("a check without proof", bytes: check.request(proof: ""), 200, .answered)
        group.add(
            "a check with a wrong proof", bytes: check.request(proof: event.proof), 401, .answered)
        group.add(
            "a check with half a proof", bytes: check.request(proof: lines(time, nonce, nil)), 401,
            .answered)
        return group
    }

    static var replays: IncomingGroup {
        var group = IncomingGroup(
            "replays",
            source: "decisions 13 and 14: a verified repeat 200 as a repeat, the same id "
                + "with another body 200 and kept as conflict; design.md 3.3: identity")
        let first = IncomingCallback("replayed")
        group.add("the first", bytes: first.request(), 200, .answered, stores: ["replayed"])
        group.add("the same again", bytes: first.request(), 200, .answered)
        group.add(
            IncomingCase(
                name: "the same ten times together",
                bytes: (0..<10).flatMap { _ in first.request() },
                statuses: Array(repeating: 200, count: 10), behind: .answered, stores: []))
        let signedAnew = IncomingCallback(
            body: first.body, timestamp: "1773822699999", nonce: "another")
        group.add("the same signed anew", bytes: signedAnew.request(), 200, .answered)
        group.add(
            "the same id with another body",
            bytes: IncomingCallback("replayed", event: #"{"bot_id":"2"}"#).request(), 200,
            .answered)
        group.add(
            "the same nonce and time for another event",
            bytes: IncomingCallback("of-the-same-nonce").request(), 200, .answered,
            stores: ["of-the-same-nonce"])
        group.add(
            "the same to a source that is not there", bytes: first.request("/in/other"), 404,
            .answered)
        group.add("the same to another source", bytes: first.request("/in/partner"), 401, .answered)
        return group
    }

    /// - Parameter now: The moment that the window is about, in seconds.
    static func standardWebhooks(at now: Int64) -> IncomingGroup {
        var group = IncomingGroup(
            "proofs of Standard Webhooks",
            source: "contracts/sources.md sections 1 and 3; "
                + "decision 14 over its table: a malformed proof 401")
        let body = Array(#"{"type":"a.b","data":{}}"#.utf8)
        func signature(_ id: String, _ time: String) -> String {
            guard let seconds = Int64(time),
                let signer = try? StandardWebhooksSigner(secrets: [SignedEvent.partnerSecret]),
                let made = try? signer.headers(
                    id: id, at: Timestamp(milliseconds: seconds * 1_000), body: body)
            else { return "" }
            return made.first { $0.name.lowercased() == "webhook-signature" }?.value ?? ""
        }
        func add(
            _ name: String, id: String?, time: String?, _ signature: String?, _ status: Int,
            body other: [UInt8]? = nil, prefix: String = "webhook"
        ) {
            let body = other ?? body
            var lines = id.map { "\(prefix)-id: \($0)\r\n" } ?? ""
            lines += time.map { "\(prefix)-timestamp: \($0)\r\n" } ?? ""
            lines += signature.map { "\(prefix)-signature: \($0)\r\n" } ?? ""
            let head = "POST /in/partner HTTP/1.1\r\nHost: x\r\n\(lines)"
            group.add(
                name, bytes: latin(head + "Content-Length: \(body.count)\r\n\r\n") + body, status,
                .answered, stores: status == 200 ? [id ?? ""] : [])
        }
        let (id, time) = ("msg_spoilt", String(now))
        let good = signature(id, time)
        add("a good one", id: "msg_good", time: time, signature("msg_good", time), 200)
        add(
            "inside the window", id: "msg_late", time: String(now - 200),
            signature("msg_late", String(now - 200)), 200)
        add(
            "one good among others", id: "msg_some", time: time,
            "v1,AAAA v2,x nonsense , " + signature("msg_some", time), 200)
        add("no id", id: nil, time: time, good, 401)
        add("no time", id: id, time: nil, good, 401)
        add("no signature", id: id, time: time, nil, 401)
        add("an empty signature", id: id, time: time, "", 401)
        add("too old", id: id, time: String(now - 400), signature(id, String(now - 400)), 401)
        add("too new", id: id, time: String(now + 400), signature(id, String(now + 400)), 401)
        add("a time with a point", id: id, time: "\(time).0", good, 401)
        add("a time with a plus", id: id, time: "+\(time)", good, 401)
        add("a time of 19 digits", id: id, time: "1000000000000000000", good, 401)
        add("no version", id: id, time: time, String(good.dropFirst(3)), 401)
        add("another version", id: id, time: time, "v2," + good.dropFirst(3), 401)
        add("an asymmetric version", id: id, time: time, "v1a," + good.dropFirst(3), 401)
        add("not base 64", id: id, time: time, "v1,!!!!", 401)
        add("a signature cut short", id: id, time: time, String(good.dropLast(4)), 401)
        add("another id", id: "msg_other", time: time, good, 401)
        add("a blank in the id", id: "msg spoilt", time: time, signature("msg spoilt", time), 401)
        add(
            "an id too long", id: String(repeating: "a", count: 257), time: time,
            signature(String(repeating: "a", count: 257), time), 401)
        add("another body", id: id, time: time, good, 401, body: body + [0x20])
        add("names of a sister", id: id, time: time, good, 401, prefix: "svix")
        add(
            "33 signatures", id: id, time: time,
            Array(repeating: "v1,AAAA", count: 32).joined(separator: " ") + " " + good, 401)
        return group
    }
}
