/// An account on a provider, and how gently it is to be used.
package struct Connection: Hashable, Sendable {
    package let name: String
    package let provider: Provider
    /// Without a trailing slash: `https://api.coze.cn`.
    package var baseURL: String
    package var credential: Credential
    /// For one whole request.
    ///
    /// Default 15 s for Coze, 30 s for Keyue.
    package var timeout: Duration
    package var limits: Limits
    /// Whether the target is listed before each submission; without, an uncertain task is held.
    package var usesBaseline: Bool
    package var onUncertain: UncertainPolicy
    package var settle: SettleWindow
    package var poll: PollSchedule
    /// Keyue only.
    package var taskQuery: TaskQuery

    package init(name: String, provider: Provider, baseURL: String, credential: Credential) {
        self.name = name
        self.provider = provider
        self.baseURL = baseURL
        self.credential = credential
        timeout = provider == .coze ? .seconds(15) : .seconds(30)
        limits =
            provider == .coze
            ? Limits(rate: Rate(5, per: .seconds(1)), concurrent: 2)
            : Limits(rate: Rate(1, per: .seconds(1)), concurrent: 2)
        usesBaseline = true
        onUncertain = .hold
        settle = SettleWindow()
        poll = provider == .coze ? .coze : .keyue
        taskQuery = TaskQuery()
    }

    package enum Credential: Hashable, Sendable {
        /// A personal or service access token.
        case token(Secret)
        case jwt(appID: String, keyID: String, privateKey: Secret, accountID: String?)
        case keyue(token: Secret, uid: Secret, username: Secret)
    }

    package struct Limits: Hashable, Sendable {
        /// Calls of any kind for Coze; submissions for Keyue, whose queries have 2/s of their own.
        package var rate: Rate
        /// Submissions in flight.
        package var concurrent: Int

        package init(rate: Rate, concurrent: Int) {
            self.rate = rate
            self.concurrent = concurrent
        }
    }

    /// How long a copy whose answer was lost may take to show itself.
    package struct SettleWindow: Hashable, Sendable {
        /// Where the copy is made before the answer: Coze, a bot inside one workspace.
        package var sync: Duration = .seconds(60)
        /// Everywhere else.
        package var async: Duration = .minutes(15)

        package init(sync: Duration = .seconds(60), async: Duration = .minutes(15)) {
            self.sync = sync
            self.async = async
        }
    }

    /// When a provider's job is asked after; every interval has ±20 % of jitter.
    package struct PollSchedule: Hashable, Sendable {
        package var first: Duration
        package var factor: Double
        package var max: Duration
        /// When polling is given up and the task becomes `unresolved`.
        package var deadline: Duration = .hours(24)
        /// After this the task is announced as stalled and polled every ten minutes.
        package var stalledAfter: Duration = .minutes(30)

        package init(first: Duration, factor: Double, max: Duration) {
            self.first = first
            self.factor = factor
            self.max = max
        }

        package static let coze = PollSchedule(first: .seconds(1), factor: 2, max: .seconds(30))
        package static let keyue = PollSchedule(first: .seconds(2), factor: 1.5, max: .seconds(30))
    }

    /// How Keyue's task list is asked and read (contracts/keyue.md section 6).
    package struct TaskQuery: Hashable, Sendable {
        package var isEnabled = true
        package var path = "/open/v1/api/v2/task/openList"
        package var queryLevel = 0
        package var pageSize = 20
        package var pagesMax = 5
        package var statusMap = StatusMap()
        /// Whether an operator has confirmed `statusMap` on a real account.
        package var isStatusMapVerified = false

        package init() {}

        package struct StatusMap: Hashable, Sendable {
            package var pending: Set<Int> = [0]
            package var running: Set<Int> = [1]
            package var succeeded: Set<Int> = [2]
            package var failed: Set<Int> = [3]

            package init() {}
        }
    }
}

/// So many per so long, as in `5/s`.
package struct Rate: Hashable, Sendable {
    package let count: Int
    package let per: Duration

    package init(_ count: Int, per: Duration) {
        precondition(count > 0 && per > .zero)
        self.count = count
        self.per = per
    }

    /// Reads `5/s`, `300/m`, `10/h`; `nil` for anything else, and for nothing per anything.
    package init?(text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].utf8.first != UInt8(ascii: "+"),
            let count = Int(parts[0]), (1...1_000_000).contains(count),
            parts[1].utf8.count == 1, let per = Duration(text: "1" + parts[1])
        else { return nil }
        self.init(count, per: per)
    }

    package var text: String { "\(count)/\(per.text.dropFirst())" }
}

extension Connection {
    /// Where people look at what the account holds, without a trailing slash; `nil` where that is
    /// not known for certain.
    ///
    /// Only Coze documents what its pages are called, and only for its own two hosts: behind
    /// another address may stand anything.
    package var site: String? {
        guard provider == .coze else { return nil }
        return switch baseURL {
        case "https://api.coze.cn": "https://www.coze.cn"
        case "https://api.coze.com": "https://www.coze.com"
        default: nil
        }
    }
}
