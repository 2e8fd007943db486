import StrictJSON

// What the platforms refuse of a message's shape, as far as contracts/notifications.md says it.
extension EndpointHook.Scheme {
    /// The platform's refusal of this message; `nil` for one that it takes.
    func complaint(about request: SimulatedRequest) -> SimulatedAnswer? {
        switch self {
        case .webhook, .none: nil
        case .cloudevents: cloudEvents(request)
        case .feishu: feishu(request)
        case .dingtalk: dingTalk(request)
        case .wecom: weCom(request)
        case .infoflow: infoflow(request)
        case .slack: slack(request)
        case .mattermost:
            request.jsonObject.map { $0["text"]?.string != nil || $0["attachments"] != nil } == true
                ? nil : refusal
        case .discord: discord(request)
        case .teams: teams(request)
        case .telegram: telegram(request)
        case .googlechat:
            request.jsonObject.map { $0["text"]?.string != nil || $0["cardsV2"] != nil } == true
                && request.body.count <= 32_000 ? nil : refusal
        }
    }

    private func feishu(_ request: SimulatedRequest) -> SimulatedAnswer? {
        func no(_ code: Int64, _ text: JSONValue) -> SimulatedAnswer {
            .json(["code": .number(JSONNumber(code)), "msg": text, "data": [:]])
        }
        guard request.body.count <= 20_480 else { return no(19036, "message too large") }
        guard let body = request.jsonObject else { return no(9499, "Bad Request") }
        switch body["msg_type"]?.string {
        case "text":
            return body["content"]?["text"]?.string == nil ? no(19002, "params error") : nil
        case "interactive": return body["card"]?.object == nil ? no(19002, "params error") : nil
        default: return no(19002, "params error, msg_type need")
        }
    }

    private func errcode(_ code: Int64, _ text: JSONValue) -> SimulatedAnswer {
        .json(["errcode": .number(JSONNumber(code)), "errmsg": text])
    }

    private func dingTalk(_ request: SimulatedRequest) -> SimulatedAnswer? {
        guard request.header("content-type")?.hasPrefix("application/json") == true else {
            return errcode(43004, "无效的HTTP HEADER Content-Type")
        }
        guard request.body.count <= 20_000 else {
            return errcode(460_101, "message too long, exceed 20000 bytes")
        }
        guard let body = request.jsonObject else { return errcode(40035, "缺少参数 json") }
        let wanted: [String]
        switch body["msgtype"]?.string {
        case "text": wanted = ["/text/content"]
        case "markdown": wanted = ["/markdown/title", "/markdown/text"]
        default: return errcode(400_105, "不支持的消息类型")
        }
        let isWhole = wanted.allSatisfy {
            JSONValue.object(body).value(at: $0)?.string?.isEmpty == false
        }
        return isWhole ? nil : errcode(40035, "缺少参数 json")
    }

    private func weCom(_ request: SimulatedRequest) -> SimulatedAnswer? {
        guard let body = request.jsonObject else { return errcode(40008, "invalid message type") }
        let limit: Int
        switch body["msgtype"]?.string {
        case "text": limit = 2_048
        case "markdown", "markdown_v2": limit = 4_096
        default: return errcode(40008, "invalid message type")
        }
        let raw = String(decoding: request.body, as: UTF8.self)
        guard !raw.contains("\\u") else { return errcode(40033, "invalid charset") }
        let content = body["msgtype"]?.string.flatMap { body[$0]?["content"]?.string }
        guard let content, (1...limit).contains(content.utf8.count) else {
            return errcode(40058, "content exceed max length. invalid Request Parameter")
        }
        return nil
    }

    private func infoflow(_ request: SimulatedRequest) -> SimulatedAnswer? {
        let body = request.jsonObject.map { JSONValue.object($0) }
        let groups = body?.value(at: "/message/header/toid")?.array ?? []
        let parts = body?.value(at: "/message/body")?.array ?? []
        let isWhole =
            !groups.isEmpty && groups.allSatisfy { $0.number?.int64 != nil } && !parts.isEmpty
            && parts.allSatisfy {
                ["TEXT", "MD"].contains($0["type"]?.string)
                    && (1...2_048).contains($0["content"]?.string?.utf8.count ?? 0)
            }
        return isWhole ? nil : errcode(40035, "invalid parameter")
    }

    private func slack(_ request: SimulatedRequest) -> SimulatedAnswer? {
        guard let body = request.jsonObject else {
            return .text("invalid_payload", status: 400)
        }
        let blocks = body["blocks"]?.array ?? []
        guard body["text"]?.string?.isEmpty == false || !blocks.isEmpty else {
            return .text("no_text", status: 400)
        }
        let isWhole = blocks.allSatisfy { block in
            let text = block.value(at: "/text/text")?.string
            switch block["type"]?.string {
            case "header":
                return block.value(at: "/text/type") == "plain_text"
                    && (1...150).contains(text?.utf16.count ?? 0)
            case "section":
                let fields = block["fields"]?.array ?? []
                let lengths = fields.map { $0["text"]?.string?.utf16.count ?? 0 }
                return fields.count <= 10 && lengths.allSatisfy((1...2_000).contains)
                    && (!fields.isEmpty || (1...3_000).contains(text?.utf16.count ?? 0))
            case "context": return (1...10).contains(block["elements"]?.array?.count ?? 0)
            default: return false
            }
        }
        return isWhole && blocks.count <= 50 ? nil : .text("invalid_blocks", status: 400)
    }

    private func discord(_ request: SimulatedRequest) -> SimulatedAnswer? {
        guard let body = request.jsonObject,
            body["content"]?.string?.isEmpty == false || body["embeds"]?.array?.isEmpty == false
        else {
            return .json(["message": "Cannot send an empty message", "code": 50006], status: 400)
        }
        func count(_ value: JSONValue?) -> Int { value?.string?.utf16.count ?? 0 }
        let isWhole = (body["embeds"]?.array ?? []).allSatisfy { embed in
            let fields = embed["fields"]?.array ?? []
            let sum =
                count(embed["title"]) + count(embed["description"])
                + count(embed.value(at: "/footer/text"))
                + fields.map { count($0["name"]) + count($0["value"]) }.reduce(0, +)
            return count(embed["title"]) <= 256 && count(embed["description"]) <= 4_096
                && fields.count <= 25 && sum <= 6_000
                && fields.allSatisfy { (1...256).contains(count($0["name"])) }
                && fields.allSatisfy { (1...1_024).contains(count($0["value"])) }
        }
        return isWhole && count(body["content"]) <= 2_000 ? nil : refusal
    }

    private func teams(_ request: SimulatedRequest) -> SimulatedAnswer? {
        guard request.parameter("sig") != nil else {
            return .json(["error": ["code": "DirectApiAuthorizationRequired"]], status: 401)
        }
        guard request.body.count <= 28_000 else { return SimulatedAnswer(status: 413) }
        let card = request.jsonObject.map { JSONValue.object($0) }?
            .value(at: "/attachments/0/content")
        let isWhole =
            request.jsonObject?["type"] == "message" && card?["type"] == "AdaptiveCard"
            && card?["body"]?.array?.isEmpty == false
        return isWhole ? nil : refusal
    }

    private func telegram(_ request: SimulatedRequest) -> SimulatedAnswer? {
        func no(_ code: Int, _ text: String) -> SimulatedAnswer {
            .json(
                [
                    "ok": false, "error_code": .number(JSONNumber(code)),
                    "description": .string(text),
                ], status: code)
        }
        guard request.path.hasSuffix("/sendMessage") else { return no(404, "Not Found") }
        guard let body = request.jsonObject, let text = body["text"]?.string, !text.isEmpty else {
            return no(400, "Bad Request: message text is empty")
        }
        guard body["chat_id"]?.text?.isEmpty == false else {
            return no(400, "Bad Request: chat_id is empty")
        }
        guard text.utf16.count <= 4_096 else { return no(400, "Bad Request: message is too long") }
        guard body["parse_mode"] != "HTML" || TelegramTags.areBalanced(in: text) else {
            return no(400, "Bad Request: can't parse entities: unclosed start tag")
        }
        return nil
    }

    private func cloudEvents(_ request: SimulatedRequest) -> SimulatedAnswer? {
        let required = ["specversion", "id", "source", "type"]
        let isStructured =
            request.header("content-type")?.hasPrefix("application/cloudevents+json") == true
        let isWhole = required.allSatisfy { name in
            isStructured
                ? request.jsonObject?[name]?.string?.isEmpty == false
                : request.header("ce-\(name)")?.isEmpty == false
        }
        return isWhole ? nil : refusal
    }
}

extension EndpointHook {
    /// What a receiver of CloudEvents says to whoever asks, as it wants everything.
    static func consent(to request: SimulatedRequest) -> SimulatedAnswer {
        guard let origin = request.header("webhook-request-origin") else {
            return SimulatedAnswer(status: 400)
        }
        return SimulatedAnswer(
            status: 200,
            headers: [
                ("Allow", "OPTIONS, POST"), ("WebHook-Allowed-Origin", origin),
                ("WebHook-Allowed-Rate", request.header("webhook-request-rate") ?? "*"),
            ])
    }
}

/// The part of HTML that Telegram reads.
enum TelegramTags {
    /// Whether every tag is one of theirs and closed in order, and every `&` begins an entity.
    static func areBalanced(in text: String) -> Bool {
        var open: [Substring] = []
        var rest = text[...]
        while let place = rest.firstIndex(where: { $0 == "<" || $0 == "&" || $0 == ">" }) {
            let found = rest[place]
            rest = rest[place...].dropFirst()
            switch found {
            case "&":
                let entities = ["amp;", "lt;", "gt;", "quot;"]
                guard entities.contains(where: { rest.hasPrefix($0) }) else { return false }
            case "<":
                guard let end = rest.firstIndex(of: ">") else { return false }
                let tag = rest[..<end]
                rest = rest[end...].dropFirst()
                if tag.hasPrefix("/") {
                    guard open.popLast() == tag.dropFirst() else { return false }
                } else {
                    let name = tag.prefix { $0 != " " }
                    guard ["a", "b", "code", "i"].contains(name) else { return false }
                    open.append(name)
                }
            default: return false
            }
        }
        return open.isEmpty
    }
}
