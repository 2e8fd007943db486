// What people and programs ask.

extension IncomingGroup {
    static var questions: IncomingGroup {
        var group = IncomingGroup(
            "API",
            source: "design.md 3.4; decisions 14 and 16; reliability.md 3.1 (3, 10): keys, "
                + "JSON routes need application/json; RFC 6750 section 2; RFC 9110 section 11")
        let bearer = "Authorization: Bearer \(ServicePlan.adminKey)\r\n"
        func ask(
            _ name: String, _ line: String, _ fields: String, _ status: Int,
            body: String = "", _ behind: IncomingCase.Behind = .answered
        ) {
            let length = body.isEmpty ? "" : "Content-Length: \(body.utf8.count)\r\n"
            group.add(
                name,
                bytes: latin("\(line) HTTP/1.1\r\nHost: x\r\n\(fields)\(length)\r\n")
                    + Array(body.utf8), status,
                // Who has no key ends the connection, and what is behind may be carried out or not.
                status == 401 ? .absent : behind)
        }
        let key = ServicePlan.adminKey
        for (name, fields) in [
            ("no key", ""), ("an empty key", "Authorization: Bearer \r\n"),
            ("no word before it", "Authorization: \(key)\r\n"),
            ("another word before it", "Authorization: Basic \(key)\r\n"),
            ("the word alone", "Authorization: Bearer\r\n"),
            ("a key too short", "Authorization: Bearer \(key.dropLast())\r\n"),
            ("a key too long", "Authorization: Bearer \(key)a\r\n"),
            ("a key in capitals", "Authorization: Bearer \(key.uppercased())\r\n"),
            ("a key in quotes", "Authorization: Bearer \"\(key)\"\r\n"),
            ("two blanks", "Authorization: Bearer  \(key)\r\n"),
            ("the key twice", bearer + bearer),
            ("two keys", bearer + "Authorization: Bearer a\r\n"),
            ("a list of keys", "Authorization: Bearer \(key), Bearer \(key)\r\n"),
            ("the key in another field", "X-API-Key: \(key)\r\n"),
            ("the key in a cookie", "Cookie: key=\(key)\r\n"),
            ("the key for a proxy", "Proxy-Authorization: Bearer \(key)\r\n"),
        ] {
            ask("\(name), for what is there", "GET /api/v1/events", fields, 401)
        }
        ask("no key, for what is not there", "GET /api/v1/nothing", "", 401)
        ask("no key, with a wrong method", "DELETE /api/v1/events", "", 401)
        ask("the key in the address", "GET /api/v1/events?access_token=\(key)", "", 401)
        ask("the key in the address, too", "GET /api/v1/events?access_token=\(key)", bearer, 400)
        ask("the key", "GET /api/v1/events", bearer, 200)
        ask("what happened", "GET /api/v1/stream?since=1h", bearer, 200)
        ask("no key, for what happened", "GET /api/v1/stream", "", 401)
        ask(
            "the word in small letters", "GET /api/v1/stats", "authorization: bearer \(key)\r\n",
            200)
        for path in [
            "/api", "/api/", "/api/v1", "/api/v1/", "/api/v2/events", "/api/v1/nothing",
            "/api/v1/events/evt_1/x", "/api/v1/events/", "/api/v1//events", "/api/v1/EVENTS",
            "/api/v1/events%00", "/api/v1/events/nothing", "/api/v1/tasks/nothing",
            "/api/v1/deliveries/nothing", "/api/v1/rules/nothing", "/api/v1%2Fevents",
            "/api/v1/../v1/events",
        ] {
            ask("nothing at \(path)", "GET \(path)", bearer, 404)
        }
        for path in [
            "events?limit=x", "events?limit=0", "events?limit=-1", "events?a=b",
            "events?limit=1&limit=1", "events?cursor=x", "events?state=x", "tasks?state=x",
            "stats?a=b", "events?limit=99999999999999999999", "stream?after=x", "stream?kind=x",
        ] {
            ask("a parameter in \(path)", "GET /api/v1/\(path)", bearer, 400)
        }
        for (method, path) in [
            ("PUT", "events"), ("DELETE", "events/evt_1"), ("PUT", "stats"), ("POST", "stream"),
            ("PATCH", "rules/a"),
            ("POST", "rules/a"), ("GET", "tasks/tsk_1/resolve"), ("OPTIONS", "events"),
            ("GET", "sources/a/rotate"), ("PUT", "endpoints/a/rotate"),
        ] {
            ask("\(method) of \(path)", "\(method) /api/v1/\(path)", bearer, 405)
        }
        let json = bearer + "Content-Type: application/json\r\n"
        let rule = "PUT /api/v1/rules/spoilt"
        for (name, body) in [
            ("no JSON", "{"), ("a doubled key", #"{"match":{},"match":{}}"#),
            ("two values", "{}{}"),
            ("a list", "[]"), ("a byte order mark", "\u{FEFF}{}"),
            ("a lone surrogate", #"{"a":"\ud800"}"#),
            ("a trailing comma", #"{"match":{},}"#), ("NaN", #"{"a":NaN}"#),
            ("deep lists", String(repeating: "[", count: 100_000)),
        ] {
            ask("a rule that is \(name)", rule, json, name == "a list" ? 422 : 400, body: body)
        }
        for type in [
            "text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-16",
            "application/jsonx", "text/html, application/json", "application/xml",
        ] {
            ask(
                "a rule of the type \(type)", rule, bearer + "Content-Type: \(type)\r\n", 415,
                body: "{}")
        }
        ask(
            "a rule of two types", rule, json + "Content-Type: text/plain\r\n", 415, body: "{}")
        ask("a rule that is zipped", rule, json + "Content-Encoding: gzip\r\n", 415, body: "{}")
        ask(
            "a rule too long", rule, json, 413, body: String(repeating: " ", count: (1 << 20) + 1),
            .dropped)
        ask("a rule that is no rule", rule, json, 422, body: #"{"match":{"nothing":["a"]},"x":1}"#)
        ask("no rule at all", rule, json, 400)
        ask("nothing to decide on", "POST /api/v1/tasks/nothing/resolve", json, 400, body: "{")
        ask("liveness", "GET /healthz", "", 200)
        ask("liveness with a body", "GET /healthz", "", 200, body: "{}")
        ask("readiness", "HEAD /readyz", "", 200)
        ask("a wrong method for liveness", "POST /healthz", "", 405)
        return group
    }
}
