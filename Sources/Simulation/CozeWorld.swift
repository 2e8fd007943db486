package import Domain
import StrictJSON

/// What exists at the simulated Coze.
package struct CozeWorld: Hashable, Sendable {
    package var tokens: [Token]
    package var oauthApps: [OAuthApp]
    package var users: [User]
    package var workspaces: [Workspace]
    package var bots: [Entity]
    package var apps: [Entity]
    package var workflows: [Entity]
    package var callbackApps: [CallbackApp]
    /// How long an asynchronous copy takes.
    package var copyTime: Duration = .milliseconds(300)
    /// What a copy is called: `{name}` is the source's name, `{n}` the count of copies.
    package var copyName = "{name}"
    package var errorStatus = ErrorStatus.ok
    /// How far the platform's clock is ahead of ours.
    package var clockAhead: Duration = .zero

    /// A personal or service access token.
    package struct Token: Hashable, Sendable {
        package var token: Secret
        /// Whose token it is; absent for the first user's.
        package var userID: String?
        /// Absent for all; else what contracts/coze.md names, such as `Bot.duplicate`.
        package var permissions: [String]?
    }

    /// An app that gets access tokens by JWT.
    package struct OAuthApp: Hashable, Sendable {
        package var appID: String
        package var keyID: String
        /// PEM.
        package var publicKey: String
        package var userID: String?
        /// What `aud` may be beside `api.coze.cn`, `api.coze.com` and the `Host` of the request
        /// with and without its port.
        package var audiences: [String]
        package var isActive: Bool
    }

    package struct User: Hashable, Sendable {
        package var id: String
        package var name: String
    }

    package struct Workspace: Hashable, Sendable {
        package enum Kind: String, Hashable, Sendable, CaseIterable { case personal, team }

        package var id: String
        package var name: String
        package var kind: Kind
        /// Empty for a personal one.
        package var enterpriseID: String
        /// The users who may see it, its owner first; absent for all.
        package var members: [String]?
    }

    package enum EntityKind: String, Hashable, Sendable, CaseIterable { case bot, app, workflow }

    /// A bot, an app or a workflow.
    package struct Entity: Hashable, Sendable {
        package var kind: EntityKind
        package var id: String
        package var name: String
        package var workspaceID: String
        package var details = Details()

        /// What may be said of it and need not be.
        ///
        /// Times are seconds since 1970.
        package struct Details: Hashable, Sendable {
            package var description = ""
            package var isPublished = true
            package var updatedAt: Int64 = 1_757_000_000
            package var publishedAt: Int64?
            package var createdAt: Int64 = 1_757_000_000
            package var version = "1757000000000"
            package var iconURL = "https://example.com/icon.png"
            package var folderID: String?
            package var ownerID: String?
            /// The app that a workflow belongs to; `0` for the library.
            package var appID = "0"
            /// Why copies of it fail; absent where they succeed.
            package var copyFailure: String?
        }
    }

    package struct CallbackApp: Hashable, Sendable {
        package enum Kind: String, Hashable, Sendable, CaseIterable { case normal, connector }

        package var apiAppID: String
        package var verifyToken: Secret
        package var kind: Kind
        /// The channel of a connector app.
        package var connectorID: String?
    }
}

extension CozeWorld {
    package subscript(kind: EntityKind) -> [Entity] {
        get {
            switch kind {
            case .bot: bots
            case .app: apps
            case .workflow: workflows
            }
        }
        set {
            switch kind {
            case .bot: bots = newValue
            case .app: apps = newValue
            case .workflow: workflows = newValue
            }
        }
    }

    /// Appended in place: through the subscript the whole list would be copied each time.
    mutating func add(_ entity: Entity) {
        switch entity.kind {
        case .bot: bots.append(entity)
        case .app: apps.append(entity)
        case .workflow: workflows.append(entity)
        }
    }

    func entity(_ kind: EntityKind, _ id: String) -> Entity? {
        self[kind].first { $0.id.hasSameBytes(as: id) }
    }

    func workspace(_ id: String) -> Workspace? {
        workspaces.first { $0.id.hasSameBytes(as: id) }
    }
}

extension CozeWorld.Workspace {
    /// `owner`, `member`, or `nil` for who is neither.
    func role(of userID: String) -> String? {
        guard let members else { return "owner" }
        guard let place = members.firstIndex(where: { $0.hasSameBytes(as: userID) }) else {
            return nil
        }
        return place == 0 ? "owner" : "member"
    }
}

extension CozeWorld {
    /// The small world that a simulator starts with.
    ///
    /// One enterprise with the team workspaces `7309693825197000001` and `7498204883280000002`,
    /// and the personal workspace `7487906116106500003`; three bots, an app and a workflow in the
    /// first; the token `pat_TESTONLY0…`; an OAuth app whose private key is a published throw-away
    /// one; and a callback app of each kind.
    package static let standard = CozeWorld(
        tokens: [
            Token(
                token: Secret(
                    "pat_TESTONLY0000000000000000000000000000000000000000000000000000000"))
        ],
        oauthApps: [
            OAuthApp(
                appID: "1127900106117", keyID: "TESTONLY_v0VjcMlLdQc3tRTD3jC5Xz29TUnKQOhtuD5k",
                publicKey: publicKey, audiences: [], isActive: true)
        ],
        users: [
            User(id: "3290203700000001", name: "RootUser"),
            User(id: "2478774393200001", name: "test_user_01"),
        ],
        workspaces: [
            Workspace(
                id: "7309693825197000001", name: "test", kind: .team,
                enterpriseID: "volcano_2105850001"),
            Workspace(
                id: "7498204883280000002", name: "backup", kind: .team,
                enterpriseID: "volcano_2105850001"),
            Workspace(
                id: "7487906116106500003", name: "个人空间", kind: .personal, enterpriseID: ""),
        ],
        bots: [
            Entity(
                kind: .bot, id: "7512041635401000001", name: "语音伴侣",
                workspaceID: "7309693825197000001"),
            Entity(
                kind: .bot, id: "7512041635401000002", name: "客服助手",
                workspaceID: "7309693825197000001"),
            Entity(
                kind: .bot, id: "7512041635401000003", name: "单词学习助手",
                workspaceID: "7309693825197000001"),
            Entity(
                kind: .bot, id: "7512041635401000004", name: "日记",
                workspaceID: "7487906116106500003"),
        ],
        apps: [
            Entity(
                kind: .app, id: "7516142259870000011", name: "应用测试",
                workspaceID: "7309693825197000001")
        ],
        workflows: [
            Entity(
                kind: .workflow, id: "7350583675492300021", name: "统计图片数量",
                workspaceID: "7309693825197000001")
        ],
        callbackApps: [
            CallbackApp(
                apiAppID: "7509745929591717899",
                verifyToken: Secret(
                    "TESTONLYnormalAppVerifyToken000000000000000000000000000000000001"),
                kind: .normal),
            CallbackApp(
                apiAppID: "7509745929591717900",
                verifyToken: Secret(
                    "TESTONLYchannelAppVerifyToken00000000000000000000000000000000001"),
                kind: .connector, connectorID: "7423989367674200001"),
        ])

    /// The public half of a test key that is valid nowhere.
    private static let publicKey = """
        -----BEGIN PUBLIC KEY-----
        MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA1u7Ct+a+gf6Ksq4+5h85
        RlGpwgf1KqG/fMjQmK8Oqgbjxs3kD3RQP38W6+5n7e7AzU/5sqnY6ZpsJIsso+br
        9vhSFQLTZO25n5qGau73+7jUMDMfwlkIdGGeAVyN36KOB79hlWbEGc1Z+NvmuRnO
        oSvMMg55hXPao775MvqwTg9o5qeoN8dTdtsoH/uh+CM+STzuGDKjdWeMidnDTQKY
        uGGZSogdcLjPFUSd2iNamIHonEMxnmJwlzBY/Tp6vjfS0HsnlAvm0N43DIm+9wCE
        vqqJdWVY85j4rco9WphlJClU8kG+DeegvqntKOeRu57hlBsJLYDbzwnBTJUsi07j
        NwIDAQAB
        -----END PUBLIC KEY-----
        """
}
