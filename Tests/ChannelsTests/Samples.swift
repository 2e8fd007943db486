import Channels
import Domain
import Foundation
import StrictJSON
import Testing
import Transport

/// 2026-03-18T08:30:15.000Z, the moment that the contracts' examples use.
let start = Timestamp(milliseconds: 1_773_822_615_000)

/// One notification of every type, as the rooms write them.
enum Sample {
    static func notification(_ type: NotificationType, data: JSONValue) -> CompletionNotification {
        CompletionNotification(
            id: "ntf_1", type: type, taskID: nil, eventID: nil, createdAt: start,
            payload: CompletionNotification.payload(type, at: start, data: data))
    }

    static func notification(_ type: NotificationType) -> CompletionNotification {
        notification(type, data: data(of: type))
    }

    static func delivery(_ notification: CompletionNotification, id: Delivery.ID = "msg_2pQ7xTn4")
        -> Delivery
    {
        Delivery(
            id: id, notificationID: notification.id, type: notification.type, endpoint: "ops",
            createdAt: notification.createdAt)
    }

    static func data(of type: NotificationType) -> JSONValue {
        switch type {
        case .copySucceeded:
            task(["copy_id": "7512000000000000009", "duration_ms": 1_840])
        case .copyFailed:
            task([
                "to_workspace": "7498000000000000001", "duration_ms": 65_000, "attempts": 3,
                "failure": [
                    "kind": "unauthorized", "code": "4101", "message": "no permission",
                    "log_id": "20260318AB",
                ],
            ])
        case .copyUnresolved: task(["log_id": "20260318CD", "attempts": 1])
        case .copyCancelled: task(["to_workspace": "7498000000000000001", "duration_ms": 90_000])
        case .copyStalled: task(["provider": "keyue", "connection": "keyue-prod"])
        case .copyDuplicateSuspected:
            task(["copy_id": "7512000000000000009", "possible_duplicate": true])
        case .eventAnnounced:
            ["rule": "tell", "event": event("bot.unpublished"), "entity": bot]
        case .endpointWarning:
            ["endpoint": "audit", "percent": 50, "failure": ["message": "HTTP 503"]]
        case .endpointDisabled: ["endpoint": ["name": "audit"]]
        case .endpointRecovered: ["endpoint": "audit"]
        case .connectionBroken:
            [
                "connection": "coze-prod", "provider": "coze",
                "failure": [
                    "kind": "unauthorized", "code": "4100", "message": "token expired",
                    "log_id": "20260318EF",
                ],
            ]
        case .connectionRecovered: ["connection": "coze-prod", "provider": "coze"]
        case .ping: [:]
        }
    }

    static let bot: JSONValue = [
        "type": "bot", "id": "7351000000000000001", "name": "客服助手",
        "workspace_id": "7481000000000000001",
    ]

    static func event(_ type: String) -> JSONValue {
        [
            "id": "evt_1", "source": "coze-main", "type": .string(type), "key": "k",
            "time": "2026-03-18T08:30:13.000Z",
        ]
    }

    static func task(_ changes: JSONObject, entity: JSONValue = bot) -> JSONValue {
        var task: JSONObject = [
            "id": "tsk_1", "state": "x", "rule": "backup", "connection": "coze-prod",
            "provider": "coze", "entity": entity, "to_workspace": .null, "copy_id": .null,
            "provider_task_id": .null, "log_id": .null, "attempts": 1, "failure": .null,
            "sequence": 1, "possible_duplicate": false, "created_at": "2026-03-18T08:30:13.160Z",
            "ended_at": .null, "duration_ms": .null,
        ]
        for member in changes.members { task[member.key] = member.value }
        return ["task": .object(task), "event": event("bot.published")]
    }
}

extension Endpoint {
    static func feishu(_ language: Language = .zh, secrets: [Secret] = []) -> Endpoint {
        var endpoint = Endpoint(
            name: "ops", channel: .feishu,
            url: Secret("https://open.feishu.cn/open-apis/bot/v2/hook/00000000-1111-2222"),
            secrets: secrets)
        endpoint.language = language
        return endpoint
    }

    static func webhook(_ secrets: [Secret]) -> Endpoint {
        Endpoint(
            name: "ops", channel: .webhook, url: Secret("https://ops.example.com/hooks?k=1"),
            secrets: secrets)
    }
}

extension MessageChannel {
    func request(
        _ notification: CompletionNotification, to endpoint: Endpoint, at now: Timestamp = start
    ) throws -> HTTPRequest {
        try request(
            for: notification, as: Sample.delivery(notification), to: endpoint, at: now)
    }
}

/// The contract files beside the package, where they are checked out.
enum SharedFiles {
    static let vectors = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "shared/contracts/vectors")

    /// The cases of one file, or `nil` after having said that they are not here.
    static func cases(_ name: String) throws -> [JSONValue]? {
        let file = vectors.appending(path: name)
        guard FileManager.default.fileExists(atPath: file.path()) else {
            print("skipped, no ../shared: \(name)")
            return nil
        }
        let bytes = Array(try Data(contentsOf: file))
        return try #require(try JSONValue(parsing: bytes, limits: .match)["cases"]?.array)
    }
}
