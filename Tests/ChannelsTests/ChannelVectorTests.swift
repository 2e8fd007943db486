import Channels
import Domain
import Signing
import StrictJSON
import Testing
import Transport

/// The shared vectors of what goes out; each test says how many cases it ran, or that the folder is
/// not there.
@Suite struct ChannelVectorTests {
    @Test func whatEveryChannelSendsFitsTheSharedSchema() throws {
        guard let cases = try SharedFiles.cases("channel-bodies.json") else { return }
        var bodies = 0
        for vector in cases {
            let id = try #require(vector["id"]?.string)
            let channel = try #require(Endpoint.Channel.allCases.first { $0.vectorName == id })
            let schema = JSONSchema(schema: try #require(vector["schema"]))
            for example in vector["examples"]?.array ?? [] {
                let value = expanded(try #require(example["json"]))
                #expect(schema.faults(value) == [], "\(id) \(example["id"]!)")
            }
            for example in vector["invalid"]?.array ?? [] where example["fails"] == "schema" {
                let value = expanded(try #require(example["json"]))
                #expect(!schema.faults(value).isEmpty, "\(id) \(example["id"]!)")
            }
            for type in NotificationType.allCases {
                for language in Endpoint.Language.allCases {
                    let request = try channel.messages.request(
                        Sample.notification(type), to: .sample(channel, language))
                    #expect(request.method.rawValue == vector["method"]?.string)
                    #expect(
                        request.headers.first("content-type") == vector["content_type"]?.string)
                    let body = try JSONValue(parsing: request.body)
                    #expect(schema.faults(body) == [], "\(id) \(type)")
                    #expect(request.body.count <= (bodyMax(vector) ?? .max), "\(id) \(type)")
                    bodies += 1
                }
            }
        }
        print("channel-bodies.json: \(cases.count) cases, \(bodies) bodies of ours")
        #expect(cases.count == 11)
    }

    private func bodyMax(_ vector: JSONValue) -> Int? {
        vector["limits"]?.array?.first { $0["path"] == "$" }?["max"]?.number?.int64.map { Int($0) }
    }

    @Test func theAddressesOfThePlatformsAreKnown() throws {
        guard let cases = try SharedFiles.cases("channel-bodies.json") else { return }
        for vector in cases {
            let id = try #require(vector["id"]?.string)
            let channel = try #require(Endpoint.Channel.allCases.first { $0.vectorName == id })
            #expect(channel.isUsual(address: channel.sampleAddress), "\(id)")
            for url in vector["url_examples"]?.array ?? [] {
                #expect(channel.isUsual(address: try #require(url.string)), "\(id)")
            }
            for url in vector["url_not_accepted"]?.array ?? [] {
                #expect(!channel.isUsual(address: try #require(url.string)), "\(id) \(url)")
            }
        }
    }

    @Test func everySharedDingTalkCaseHolds() throws {
        guard let cases = try SharedFiles.cases("dingtalk-robot.json") else { return }
        var counts: [String: Int] = [:]
        for vector in cases {
            let id = try #require(vector["id"]?.string)
            let kind = try #require(vector["kind"]?.string)
            counts[kind, default: 0] += 1
            if kind == "verify" {
                try verify(vector, id)
                continue
            }
            var endpoint = Endpoint.sample(.dingTalk)
            endpoint.url = Secret(try #require(vector.value(at: "/input/webhook")?.string))
            endpoint.secrets = vector.value(at: "/input/secret")?.string.map { [Secret($0)] } ?? []
            let time = vector.value(at: "/input/timestamp_ms")?.number?.int64
            let now = time.map { Timestamp(milliseconds: $0) } ?? start
            let request = try DingTalkChannel().request(
                Sample.notification(.ping), to: endpoint, at: now)
            if let due = vector.value(at: "/expected/url")?.string {
                #expect(request.url == due, "\(id)")
            }
            if let wrong = vector.value(at: "/not_expected/url")?.string {
                #expect(request.url != wrong, "\(id)")
            }
            if let sign = vector.value(at: "/expected/sign")?.string {
                let signature = DingTalkRobotSignature(secret: endpoint.secrets[0], at: now)
                #expect(signature.sign == sign, "\(id)")
            }
            if let type = vector.value(at: "/expected/headers/content-type")?.string {
                #expect(request.headers.first("content-type") == type, "\(id)")
            }
        }
        print("dingtalk-robot.json: \(counts.sorted { $0.key < $1.key })")
        #expect(counts == ["sign": 5, "not-url": 2, "request": 4, "verify": 3])
    }

    private func verify(_ vector: JSONValue, _ id: String) throws {
        let url = try #require(vector.value(at: "/request/url")?.string)
        func parameter(_ name: String) throws -> String {
            let start = try #require(url.firstRange(of: "\(name)=")).upperBound
            return String(url[start...].prefix { $0 != "&" }).replacing("%2F", with: "/")
                .replacing("%3D", with: "=").replacing("%2B", with: "+")
        }
        let verdict = DingTalkRobotSignature.verdict(
            timestamp: try parameter("timestamp"), sign: try parameter("sign"),
            secret: Secret(try #require(vector.value(at: "/config/secret")?.string)),
            at: Timestamp(milliseconds: try #require(vector["now_ms"]?.number?.int64)))
        let due: DingTalkRobotSignature.Verdict =
            switch vector.value(at: "/expected/response/errmsg_contains")?.string {
            case "invalid timestamp": .stale
            case "sign not match": .wrong
            default: .fits
            }
        #expect(verdict == due, "\(id)")
    }

    @Test func everySharedEscapeHolds() throws {
        guard let cases = try SharedFiles.cases("escaping.json") else { return }
        var counts: [String: Int] = [:]
        for vector in cases {
            let id = try #require(vector["id"]?.string)
            let kind = try #require(vector["kind"]?.string)
            guard ["escape", "neutralise", "escape-reference"].contains(kind) else { continue }
            let input = try #require(vector["input"]?.string)
            let context = vector["context"]?.string
            let dialect: Dialect
            switch (try #require(vector["dialect"]?.string), context) {
            case ("slack-mrkdwn", _): dialect = .slack
            case ("telegram-html", "attribute"): dialect = .telegramHTMLAttribute
            case ("telegram-html", _): dialect = .telegramHTML
            case ("telegram-markdown-v2", "code"): dialect = .telegramMarkdownCode
            case ("telegram-markdown-v2", "link-target"): dialect = .telegramMarkdownLink
            case ("telegram-markdown-v2", _): dialect = .telegramMarkdown
            case ("discord-markdown", _): dialect = .discord
            default: dialect = .fullWidth
            }
            let escaped = dialect.escaped(input)
            if let due = vector["expected"]?.string { #expect(escaped == due, "\(id)") }
            if let reference = vector["reference_output"]?.string {
                // Ours may escape more, and what it means is the same.
                #expect(withoutBackslashes(escaped).text == input, "\(id)")
                let marked = withoutBackslashes(escaped).marked
                #expect(withoutBackslashes(reference).marked.isSubset(of: marked), "\(id)")
            }
            counts[kind, default: 0] += 1
        }
        print("escaping.json: \(counts.sorted { $0.key < $1.key })")
        #expect(counts == ["escape": 84, "neutralise": 56, "escape-reference": 14])
    }

    /// The text as Discord shows it, and the places that a backslash kept from being markup.
    private func withoutBackslashes(_ text: String) -> (text: String, marked: Set<Int>) {
        var plain: [Unicode.Scalar] = []
        var marked: Set<Int> = []
        var isMarked = false
        for scalar in text.unicodeScalars {
            if scalar == "\\", !isMarked {
                isMarked = true
                continue
            }
            if isMarked { marked.insert(plain.count) }
            isMarked = false
            plain.append(scalar)
        }
        var view = String.UnicodeScalarView()
        view.append(contentsOf: plain)
        return (String(view), marked)
    }

    @Test func everySharedCloudEventIsWrittenAsItsVectorSays() throws {
        guard let cases = try SharedFiles.cases("cloudevents.json") else { return }
        var counts: [String: Int] = [:]
        for vector in cases {
            let id = try #require(vector["id"]?.string)
            let kind = try #require(vector["kind"]?.string)
            guard kind.hasPrefix("encode-") else { continue }
            counts[kind, default: 0] += 1
            let attributes = try #require(vector.value(at: "/input/attributes")?.object)
            let type = attributes["datacontenttype"]?.string ?? ""
            let data = vector.value(at: "/input/data")
            let content: CloudEvent.Content? =
                if let bytes = vector.value(at: "/input/data_base64")?.string {
                    .bytes(try #require(Base64.decode(bytes)))
                } else if let text = data?.string, !type.contains("json") {
                    .text(text)
                } else {
                    data.map { .json($0) }
                }
            let event = CloudEvent(attributes: attributes, content: content)
            let sent = kind == "encode-structured" ? event.structured : event.binary
            let headers = try #require(vector.value(at: "/expected/headers")?.object)
            #expect(sent.headers.count == headers.count, "\(id)")
            for header in headers.members {
                #expect(sent.headers.first(header.key) == header.value.string, "\(id)")
            }
            if let due = vector.value(at: "/expected/json") {
                #expect(try JSONValue(parsing: sent.body).sorted == due.sorted, "\(id)")
            }
            if let due = vector.value(at: "/expected/body")?.string {
                let body = try JSONValue(parsing: sent.body)
                #expect(body.sorted == (try JSONValue(parsing: due)).sorted, "\(id)")
            }
            if let due = vector.value(at: "/expected/body_base64")?.string {
                #expect(Base64.encode(sent.body) == due, "\(id)")
            }
        }
        print("cloudevents.json: \(counts.sorted { $0.key < $1.key })")
        #expect(counts == ["encode-structured": 5, "encode-binary": 4])
    }

    @Test func everySharedHandshakeIsReadAsItsVectorSays() throws {
        guard let cases = try SharedFiles.cases("cloudevents.json") else { return }
        var count = 0
        for vector in cases where vector["kind"] == "handshake-sender" {
            let id = try #require(vector["id"]?.string)
            count += 1
            let asked = try #require(vector.value(at: "/request/headers")?.object)
            var endpoint = Endpoint.sample(.cloudEvents)
            endpoint.url = Secret(try #require(vector.value(at: "/request/url")?.string))
            endpoint.options.cloudEvents.origin = asked["WebHook-Request-Origin"]?.string
            endpoint.options.cloudEvents.requestRate =
                asked["WebHook-Request-Rate"]?.string.flatMap { Int($0) }
            let handshake = try #require(CloudEventsHandshake(endpoint))
            let request = handshake.request
            #expect(request.method.rawValue == vector.value(at: "/request/method")?.string)
            #expect(request.url == endpoint.url.exposed, "\(id)")
            #expect(request.headers.count == asked.count, "\(id)")
            for header in asked.members {
                #expect(request.headers.first(header.key) == header.value.string, "\(id)")
            }
            let status = try #require(vector.value(at: "/response/status")?.number?.int64)
            let answer = HTTPAnswer(
                status: Int(status),
                headers: (vector.value(at: "/response/headers")?.object?.members ?? []).map {
                    HTTPField($0.key, $0.value.string ?? "")
                })
            let permission = handshake.read(.success(answer), at: start)
            let due = try #require(vector["expected"])
            switch permission {
            case .granted(let rate):
                #expect(due["granted"] == true, "\(id)")
                let perMinute = due["rate_per_minute"]?.number?.int64
                #expect(rate == perMinute.map { Rate(Int($0), per: .minutes(1)) }, "\(id)")
            case .denied: #expect(due["granted"] == false, "\(id)")
            }
            let delivery = try CloudEventsChannel().request(
                Sample.notification(.ping), to: endpoint)
            for header in due["delivery_header"]?.object?.members ?? [] {
                #expect(delivery.headers.first(header.key) == header.value.string, "\(id)")
            }
        }
        print("cloudevents.json: \(count) of handshake-sender")
        #expect(count == 9)
    }
}

extension JSONValue {
    /// The same with the members of every object in the order of their names.
    fileprivate var sorted: JSONValue {
        switch self {
        case .array(let elements): .array(elements.map(\.sorted))
        case .object(let object):
            .object(
                JSONObject(
                    object.members.sorted { $0.key < $1.key }.map { ($0.key, $0.value.sorted) }))
        default: self
        }
    }
}
