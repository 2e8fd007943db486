import StrictJSON

/// What goes back to a client, before the server adds length and date.
struct Answer {
    var status: Int
    var headers: [(name: String, value: String)]
    var body: [UInt8]
    /// What tells more and more, in the place of a body.
    var stream: EventStream?

    /// An answer that has no end yet.
    init(_ stream: EventStream) {
        self.init(
            status: 200,
            headers: [
                ("Content-Type", "text/event-stream"), ("Cache-Control", "no-store"),
                ("X-Content-Type-Options", "nosniff"),
                // Proxies that collect answers would keep this one for ever.
                ("X-Accel-Buffering", "no"), ("Connection", "close"),
            ])
        self.stream = stream
    }

    init(status: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// JSON for a person or a program that may see it, never for a cache.
    init(_ status: Int = 200, json: JSONValue) {
        self.init(
            status: status,
            headers: [
                ("Content-Type", "application/json"), ("Cache-Control", "no-store"),
                ("X-Content-Type-Options", "nosniff"),
            ], body: json.bytes())
    }

    /// A description that stands in the program itself.
    init(yaml: [UInt8]) {
        self.init(
            status: 200,
            headers: [
                ("Content-Type", "application/yaml"), ("Cache-Control", "no-cache"),
                ("X-Content-Type-Options", "nosniff"),
            ], body: yaml)
    }

    /// A few words in plain text.
    init(_ status: Int, text: String) {
        self.init(
            status: status,
            headers: [
                ("Content-Type", "text/plain; charset=utf-8"), ("Cache-Control", "no-store"),
                ("X-Content-Type-Options", "nosniff"),
            ], body: Array((text + "\n").utf8))
    }
}
