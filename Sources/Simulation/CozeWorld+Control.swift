import Domain
import Signing
package import StrictJSON

// The world as `/_sim/world` shows and takes it.
extension CozeWorld {
    package var json: JSONObject {
        [
            "tokens": .array(tokens.map(\.json)), "oauth_apps": .array(oauthApps.map(\.json)),
            "users": .array(
                users.map { ["id": .string($0.id), "name": .string($0.name)] }),
            "workspaces": .array(workspaces.map(\.json)),
            "bots": .array(bots.map(\.json)), "apps": .array(apps.map(\.json)),
            "workflows": .array(workflows.map(\.json)),
            "callback_apps": .array(callbackApps.map(\.json)),
            "copy_ms": .number(JSONNumber(copyTime.wholeMilliseconds)),
            "copy_name": .string(copyName), "error_http": .string(errorStatus.rawValue),
            "clock_ahead_ms": .number(JSONNumber(clockAhead.wholeMilliseconds)),
        ]
    }

    /// Takes the members that are given and leaves the others.
    mutating func change(_ fields: ControlFields) throws(ControlRefusal) {
        try fields.allowOnly(
            "tokens", "oauth_apps", "users", "workspaces", "bots", "apps", "workflows",
            "callback_apps", "copy_ms", "copy_name", "error_http", "clock_ahead_ms")
        tokens = try fields.list("tokens", Token.init) ?? tokens
        oauthApps = try fields.list("oauth_apps", OAuthApp.init) ?? oauthApps
        users =
            try fields.list("users") { (value, place) throws(ControlRefusal) in
                let fields = try ControlFields(value, at: place)
                try fields.allowOnly("id", "name")
                return User(
                    id: try fields.required("id"), name: try fields.text("name") ?? "")
            } ?? users
        workspaces = try fields.list("workspaces", Workspace.init) ?? workspaces
        for (key, kind) in [("bots", EntityKind.bot), ("apps", .app), ("workflows", .workflow)] {
            let given = try fields.list(key) { (value, place) throws(ControlRefusal) in
                try Entity(kind, ControlFields(value, at: place))
            }
            self[kind] = given ?? self[kind]
            try refuseDoubled(self[kind].map(\.id), at: fields.pointer(key))
        }
        callbackApps = try fields.list("callback_apps", CallbackApp.init) ?? callbackApps
        try refuseDoubled(workspaces.map(\.id), at: fields.pointer("workspaces"))
        try refuseDoubled(users.map(\.id), at: fields.pointer("users"))
        if let time = try fields.integer("copy_ms", in: 0...86_400_000) {
            copyTime = .milliseconds(time)
        }
        copyName = try fields.text("copy_name") ?? copyName
        errorStatus = try fields.choice("error_http", of: [.ok, .match]) ?? errorStatus
        if let ahead = try fields.integer("clock_ahead_ms", in: -86_400_000...86_400_000) {
            clockAhead = .milliseconds(ahead)
        }
    }
}

extension CozeWorld.Token {
    /// A bare text is a token of the first user with every permission.
    fileprivate init(_ value: JSONValue, at place: String) throws(ControlRefusal) {
        if let text = value.string, !text.isEmpty {
            self.init(token: Secret(text))
            return
        }
        let fields = try ControlFields(value, at: place)
        try fields.allowOnly("token", "user_id", "permissions")
        self.init(
            token: Secret(try fields.required("token")), userID: try fields.text("user_id"),
            permissions: try fields.texts("permissions"))
    }

    fileprivate var json: JSONValue {
        guard userID != nil || permissions != nil else { return .string(token.exposed) }
        var object: JSONObject = ["token": .string(token.exposed)]
        object["user_id"] = userID.map(JSONValue.string)
        object["permissions"] = permissions.map { .array($0.map(JSONValue.string)) }
        return .object(object)
    }
}

extension CozeWorld.OAuthApp {
    fileprivate init(_ value: JSONValue, at place: String) throws(ControlRefusal) {
        let fields = try ControlFields(value, at: place)
        try fields.allowOnly(
            "app_id", "key_id", "public_key", "user_id", "audiences", "is_active")
        self.init(
            appID: try fields.required("app_id"), keyID: try fields.required("key_id"),
            publicKey: try fields.required("public_key"), userID: try fields.text("user_id"),
            audiences: try fields.texts("audiences") ?? [],
            isActive: try fields.flag("is_active") ?? true)
        guard (try? RSAPublicKey(pem: publicKey)) != nil else {
            throw ControlRefusal(
                fields.pointer("public_key"),
                "expected an RSA public key of at least 2048 bits in PEM")
        }
    }

    fileprivate var json: JSONValue {
        var object: JSONObject = [
            "app_id": .string(appID), "key_id": .string(keyID),
            "public_key": .string(publicKey), "is_active": .bool(isActive),
        ]
        object["user_id"] = userID.map(JSONValue.string)
        if !audiences.isEmpty {
            object["audiences"] = .array(audiences.map(JSONValue.string))
        }
        return .object(object)
    }
}

extension CozeWorld.Workspace {
    fileprivate init(_ value: JSONValue, at place: String) throws(ControlRefusal) {
        let fields = try ControlFields(value, at: place)
        try fields.allowOnly("id", "name", "type", "enterprise_id", "members")
        self.init(
            id: try fields.required("id"), name: try fields.text("name") ?? "",
            kind: try fields.choice("type", of: Kind.allCases) ?? .team,
            enterpriseID: try fields.text("enterprise_id") ?? "",
            members: try fields.texts("members"))
    }

    fileprivate var json: JSONValue {
        var object: JSONObject = [
            "id": .string(id), "name": .string(name), "type": .string(kind.rawValue),
            "enterprise_id": .string(enterpriseID),
        ]
        object["members"] = members.map { .array($0.map(JSONValue.string)) }
        return .object(object)
    }
}

extension CozeWorld.Entity {
    fileprivate init(
        _ kind: CozeWorld.EntityKind, _ fields: ControlFields
    ) throws(ControlRefusal) {
        try fields.allowOnly(
            "id", "name", "workspace_id", "description", "is_published", "updated_at",
            "published_at", "created_at", "version", "icon_url", "folder_id", "owner_user_id",
            "app_id", "copy_failure")
        self.init(
            kind: kind, id: try fields.required("id"), name: try fields.text("name") ?? "",
            workspaceID: try fields.required("workspace_id"))
        let times: ClosedRange<Int64> = 0...99_999_999_999
        let usual = details
        details.description = try fields.text("description") ?? usual.description
        details.isPublished = try fields.flag("is_published") ?? usual.isPublished
        details.updatedAt = try fields.integer("updated_at", in: times) ?? usual.updatedAt
        details.publishedAt = try fields.integer("published_at", in: times)
        details.createdAt = try fields.integer("created_at", in: times) ?? details.updatedAt
        details.version = try fields.text("version") ?? usual.version
        details.iconURL = try fields.text("icon_url") ?? usual.iconURL
        details.folderID = try fields.text("folder_id")
        details.ownerID = try fields.text("owner_user_id")
        details.appID = try fields.text("app_id") ?? usual.appID
        details.copyFailure = try fields.text("copy_failure")
    }

    fileprivate var json: JSONValue {
        var object: JSONObject = [
            "id": .string(id), "name": .string(name), "workspace_id": .string(workspaceID),
            "description": .string(details.description),
            "is_published": .bool(details.isPublished),
            "updated_at": .number(JSONNumber(details.updatedAt)),
            "created_at": .number(JSONNumber(details.createdAt)),
            "version": .string(details.version), "icon_url": .string(details.iconURL),
        ]
        object["published_at"] = details.publishedAt.map { .number(JSONNumber($0)) }
        object["folder_id"] = details.folderID.map(JSONValue.string)
        object["owner_user_id"] = details.ownerID.map(JSONValue.string)
        if kind == .workflow { object["app_id"] = .string(details.appID) }
        object["copy_failure"] = details.copyFailure.map(JSONValue.string)
        return .object(object)
    }
}

extension CozeWorld.CallbackApp {
    fileprivate init(_ value: JSONValue, at place: String) throws(ControlRefusal) {
        let fields = try ControlFields(value, at: place)
        try fields.allowOnly("api_app_id", "verify_token", "app_type", "connector_id")
        let connector = try fields.text("connector_id")
        self.init(
            apiAppID: try fields.required("api_app_id"),
            verifyToken: Secret(try fields.required("verify_token")),
            kind: try fields.choice("app_type", of: Kind.allCases)
                ?? (connector == nil ? .normal : .connector),
            connectorID: connector)
    }

    fileprivate var json: JSONValue {
        var object: JSONObject = [
            "api_app_id": .string(apiAppID), "verify_token": .string(verifyToken.exposed),
            "app_type": .string(kind.rawValue),
        ]
        object["connector_id"] = connectorID.map(JSONValue.string)
        return .object(object)
    }
}
