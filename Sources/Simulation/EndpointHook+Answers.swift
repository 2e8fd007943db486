import StrictJSON

// What the platforms say. contracts/notifications.md sections 6 to 15.
extension EndpointHook.Scheme {
    /// - Parameter request: Some say more when they are asked to.
    func accepted(_ request: SimulatedRequest) -> SimulatedAnswer {
        switch self {
        case .webhook, .cloudevents, .none: SimulatedAnswer(status: 204)
        case .feishu: .json(["code": 0, "msg": "success", "data": [:]])
        case .dingtalk, .wecom, .infoflow: .json(["errcode": 0, "errmsg": "ok"])
        case .slack, .mattermost: .text("ok", status: 200)
        case .discord:
            request.parameter("wait") == "true"
                ? .json(["id": "1480000000000000001"]) : SimulatedAnswer(status: 204)
        case .teams: SimulatedAnswer(status: 202)
        case .telegram: .json(["ok": true, "result": ["message_id": 1]])
        case .googlechat: .json(["name": "spaces/AAAA/messages/BBBB"])
        }
    }

    /// - Parameter isStale: Whether it is the moment that does not fit.
    func badSignature(isStale: Bool) -> SimulatedAnswer {
        switch self {
        case .dingtalk:
            .json([
                "errcode": 310_000,
                "errmsg": isStale ? "invalid timestamp" : "sign not match",
            ])
        case .feishu:
            .json([
                "code": 19021, "data": [:],
                "msg": "sign match fail or timestamp is not within one hour from current time",
            ])
        default: .json(["error": "the signature does not fit"], status: 401)
        }
    }

    /// A refusal of the message alone: another one might be taken.
    var refusal: SimulatedAnswer {
        switch self {
        case .webhook, .none: .json(["error": "refused"], status: 400)
        case .cloudevents: .json(["error": "refused"], status: 415)
        case .feishu: .json(["code": 19024, "msg": "Key Words Not Found", "data": [:]])
        case .dingtalk: .json(["errcode": 310000, "errmsg": "keywords not in content"])
        case .wecom, .infoflow: .json(["errcode": 40008, "errmsg": "invalid message type"])
        case .slack: .text("invalid_blocks", status: 400)
        case .mattermost:
            .json(
                [
                    "id": "web.incoming_webhook.parse.app_error",
                    "message": "Unable to parse incoming data.", "status_code": 400,
                ], status: 400)
        case .discord: .json(["code": 50035, "message": "Invalid Form Body"], status: 400)
        case .teams: .json(["error": ["code": "TriggerInputSchemaMismatch"]], status: 400)
        case .telegram:
            .json(
                ["ok": false, "error_code": 400, "description": "Bad Request: refused"],
                status: 400)
        case .googlechat:
            .json(
                [
                    "error": [
                        "code": 400, "message": "refused", "status": "INVALID_ARGUMENT",
                    ]
                ], status: 400)
        }
    }
}
