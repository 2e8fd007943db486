// Request lines and header lines.

extension IncomingGroup {
    static var heads: IncomingGroup {
        var group = IncomingGroup(
            "heads",
            source: "reliability.md 3.1 (8): field 16 KB, block 32 KB, 100 fields, target "
                + "8 KB, no HTTP/2 in clear text, no TRACE, no CONNECT; RFC 9112 sections 2, 3, 5; "
                + "RFC 6585 section 5 for 431; RFC 9110 section 15.5.15 for 414, 10.1.1 for 417")
        let event = IncomingCallback("heads")
        let proof = event.proof + "Content-Length: \(event.body.count)\r\n"
        func post(_ line: String, _ fields: String) -> [UInt8] {
            latin(line + "\r\n" + fields + proof + "\r\n") + event.body
        }
        let line = "POST /in/coze-main HTTP/1.1"
        for (name, fields) in [
            ("no host", ""), ("two hosts", "Host: x\r\nHost: y\r\n"),
            ("the same host twice", "Host: x\r\nHost: x\r\n"),
            ("a user before the host", "Host: a@x\r\n"), ("a list of hosts", "Host: x, y\r\n"),
            ("a path behind the host", "Host: x/y\r\n"), ("a blank in the host", "Host: x y\r\n"),
            ("a blank before the colon", "Host : x\r\n"), ("a folded line", "Host: x\r\n y\r\n"),
            ("a folded first line", " Host: x\r\n"),
            ("a line without a colon", "Host: x\r\nabc\r\n"),
            ("a line without a name", "Host: x\r\n: a\r\n"),
            ("a blank in a name", "Host: x\r\nX A: b\r\n"),
            ("a NUL in a name", "Host: x\r\nX\0: a\r\n"),
            ("a letter beyond ASCII in a name", "Host: x\r\nX\u{E9}: a\r\n"),
            ("brackets in a name", "Host: x\r\nX[0]: a\r\n"),
            ("a NUL in a value", "Host: x\r\nX: a\0b\r\n"),
            ("a control character in a value", "Host: x\r\nX: a\u{1}b\r\n"),
            ("a delete character in a value", "Host: x\r\nX: a\u{7F}b\r\n"),
            ("a carriage return in a value", "Host: x\r\nX: a\rb\r\n"),
            ("a bare line feed behind a line", "Host: x\nX: a\r\n"),
        ] {
            group.add(name, bytes: post(line, fields), 400)
        }
        for (name, line) in [
            ("HTTP/0.9 by name", "POST /in/coze-main HTTP/0.9"),
            ("HTTP/0.9 without one", "POST /in/coze-main"),
            ("HTTP/1.2", "POST /in/coze-main HTTP/1.2"),
            ("HTTP/1.10", "POST /in/coze-main HTTP/1.10"),
            ("HTTP/2.0", "POST /in/coze-main HTTP/2.0"),
            ("HTTP/11", "POST /in/coze-main HTTP/11"),
            ("small letters", "POST /in/coze-main http/1.1"),
            ("another protocol", "POST /in/coze-main HTTPS/1.1"),
            ("a blank behind the line", "POST /in/coze-main HTTP/1.1 "),
            ("a blank before the line", " POST /in/coze-main HTTP/1.1"),
            ("tabs between the words", "POST\t/in/coze-main\tHTTP/1.1"),
            ("a blank in the target", "POST /in/coze -main HTTP/1.1"),
            ("a NUL in the target", "POST /in/coze-main\0 HTTP/1.1"),
            ("a control character in the target", "POST /in/coze-main\u{1} HTTP/1.1"),
            ("a letter beyond ASCII in the target", "POST /in/coze-main\u{E9} HTTP/1.1"),
            ("a carriage return in the line", "POST /in/coze-main\r HTTP/1.1"),
            ("an authority as target", "POST x:80 HTTP/1.1"),
            ("no target", "POST HTTP/1.1"), ("no HTTP", "hello"), ("nothing but a colon", ":"),
        ] {
            group.add(name, bytes: post(line, "Host: x\r\n"), 400)
        }
        group.add("the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400)
        group.add(
            "a hello of TLS", "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}\u{FC}\u{3}\u{3}abcdefgh", 400)
        group.add("cut off in the line", "POST /in/co", 400, .absent)
        group.add(
            "cut off in a field", "POST /in/coze-main HTTP/1.1\r\nHost: x\r\nCon", 400, .absent)
        group.add("nothing at all", "", nil, .absent)
        group.add("nothing but ends of lines", "\r\n\r\n", nil, .absent)

        let host = "Host: x\r\n"
        func get(_ target: String, _ fields: String = "") -> String {
            "GET \(target) HTTP/1.1\r\nHost: x\r\n\(fields)\r\n"
        }
        let letters = { String(repeating: "a", count: $0) }
        group.add("a target too long", get("/" + letters(8 << 10)), 414)
        group.add("a target as long as may be", get("/" + letters((8 << 10) - 1)), 404, .answered)
        group.add("a field too long", get("/healthz", "X: \(letters(16 << 10))\r\n"), 431)
        group.add(
            "a field as long as may be",
            get("/healthz", "X: \(letters((16 << 10) - 5))\r\n"), 200, .answered)
        group.add(
            "fields too long together",
            get("/healthz", (0..<4).map { "X-\($0): \(letters(9 << 10))\r\n" }.joined()), 431)
        group.add(
            "too many fields", get("/healthz", (0..<100).map { "X-\($0): a\r\n" }.joined()), 431)
        group.add(
            "as many fields as may be",
            get("/healthz", (0..<99).map { "X-\($0): a\r\n" }.joined()), 200, .answered)
        for expectation in ["miracle", "100-continue, miracle", ""] {
            group.add(
                "the expectation \"\(expectation)\"",
                bytes: post(line, host + "Expect: \(expectation)\r\n"), 417)
        }
        return group
    }

    static var methodsAndTargets: IncomingGroup {
        var group = IncomingGroup(
            "methods and targets",
            source: "decision 14: wrong method 405 with Allow; decision 15: "
                + "the routes; design.md 3.4: 404; RFC 9112 section 3.2; RFC 3986 sections 2.1, 3.5"
        )
        for method in ["TRACE", "CONNECT", "FROB", "post", "Post", "P-OST", "MKCOL"] {
            let target = method == "CONNECT" ? "x:80" : "/in/coze-main"
            let behind: IncomingCase.Behind = method == "MKCOL" ? .answered : .dropped
            group.add(
                "the method \(method)", "\(method) \(target) HTTP/1.1\r\nHost: x\r\n\r\n", 405,
                behind)
        }
        for method in ["PUT", "DELETE", "PATCH", "HEAD", "GET", "OPTIONS"] {
            group.add(
                "the method \(method) for a callback",
                "\(method) /in/coze-main HTTP/1.1\r\nHost: x\r\n\r\n", 405, .answered)
        }
        for (target, status) in [
            ("/in%2Fcoze-main", 404), ("/in/coze-main%2F", 404), ("/in/coze-main/", 404),
            ("/in/coze-main/x", 404), ("/in/coze-main/x/y", 404), ("/in//coze-main", 404),
            ("//in/coze-main", 404), ("/./in/coze-main", 404), ("/in/../in/coze-main", 404),
            ("/in/%2e%2e/in/coze-main", 404), ("/in/coze-main%00", 404), ("/in/COZE-MAIN", 404),
            ("/IN/coze-main", 404), ("/in/coze-main;a=b", 404), ("/in/coze%2Dmain%20", 404),
            ("/in/unknown", 404), ("/in/", 404), ("/in", 404), ("/", 404), ("*", 400),
            ("/in/%zz", 400), ("/in/%", 400), ("/in/%4", 400), ("/in/%ff", 400),
            ("/in/%c0%af", 400), ("/in/%ed%a0%80", 400), ("/in/coze-main#a", 400),
            ("/in/coze-main?a=%zz", 400), ("/in/coze-main?a=%ff", 400),
        ] {
            let event = IncomingCallback("targets")
            group.add("the target \(target)", bytes: event.request(target), status, .answered)
        }
        for (name, target) in [
            ("percent", "/%69n/coze%2Dmain"), ("query", "/in/coze-main?a=b&a=c&%26"),
            ("absolute", "http://x/in/coze-main"),
        ] {
            group.add(
                "the target \(target)", bytes: IncomingCallback(name).request(target), 200,
                .answered, stores: [name])
        }
        return group
    }

    static var connections: IncomingGroup {
        var group = IncomingGroup(
            "connections",
            source: "reliability.md 3.1 (8): no HTTP/2 in clear text; RFC 9110 "
                + "sections 7.8 and 10.1.1; RFC 9112 sections 9.3 and 9.6")
        func event(_ id: String, _ fields: String) -> [UInt8] {
            let event = IncomingCallback(id)
            return event.request(framing: fields + "Content-Length: \(event.body.count)\r\n")
        }
        func add(
            _ id: String, _ fields: String, _ behind: IncomingCase.Behind
        ) -> IncomingCase {
            IncomingCase(
                name: id, bytes: event(id, fields), statuses: [200], behind: behind, stores: [id])
        }
        let upgrade = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
        for one in [
            add(
                "an-offer-of-HTTP-2", upgrade + "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n",
                .dropped),
            add("an-offer-of-a-socket", "Connection: Upgrade\r\nUpgrade: websocket\r\n", .dropped),
            add("close", "Connection: close\r\n", .dropped),
            add("CLOSE", "Connection: CLOSE\r\n", .dropped),
            add("close-in-a-list", "Connection: x, close\r\n", .dropped),
            add(
                "close-in-a-second-line", "Connection: keep-alive\r\nConnection: close\r\n",
                .dropped),
            add("keep-alive", "Connection: keep-alive\r\n", .answered),
            add("expects-100", "Expect: 100-continue\r\n", .answered),
            add("expects-100-in-capitals", "Expect: 100-Continue\r\n", .answered),
            add(
                "says-who-it-is-for", "X-Forwarded-For: 10.0.0.1\r\nForwarded: for=10.0.0.1\r\n",
                .answered),
            add("letters-beyond-ASCII-in-a-value", "X-A: \u{E9}\r\n", .answered),
        ] {
            group.add(one)
        }
        let good = IncomingCallback("before-a-bad-one").request()
        group.add(
            IncomingCase(
                name: "a bad one behind a good one", bytes: good + latin("BAD\r\n\r\n"),
                statuses: [200, 400], behind: .dropped, stores: ["before-a-bad-one"]))
        let three = (1...3).flatMap { IncomingCallback("together-\($0)").request() }
        group.add(
            IncomingCase(
                name: "three together", bytes: three, statuses: [200, 200, 200], behind: .answered,
                stores: (1...3).map { "together-\($0)" }))
        group.add(
            IncomingCase(
                name: "one cut off behind a good one",
                bytes: IncomingCallback("before-a-cut").request() + latin("POST /in/coze"),
                statuses: [200, 400], behind: .absent, stores: ["before-a-cut"]))
        let old = IncomingCallback("old")
        let fields =
            "POST /in/coze-main HTTP/1.0\r\n\(old.proof)Content-Length: \(old.body.count)\r\n"
        group.add(
            "an old client", bytes: latin(fields + "\r\n") + old.body, 200, .dropped,
            stores: ["old"])
        return group
    }
}
