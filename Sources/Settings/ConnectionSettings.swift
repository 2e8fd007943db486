import Domain
import Signing
import StrictJSON
import Transport

extension Connection {
    /// Bounds of `timeout`, here and at endpoints.
    static let timeouts: ClosedRange<Duration> = .milliseconds(100) ... .minutes(10)

    /// The slowest rate for all calls of a connection: workspaces, a list, and the submission
    /// itself have to go out within one lease.
    private static let rateMin = Rate(6, per: .minutes(1))

    /// `connections.NAME`; what each key means stands at the property it sets.
    ///
    /// Returns `nil` after a problem.
    init?(_ name: String, _ section: SettingSection, egress: EgressPolicy) {
        guard
            let provider = section.choice("provider", of: Provider.self, later: [])
        else {
            if !section.has("provider") { section.miss("provider", "Add provider: coze or keyue.") }
            return nil
        }
        let standard =
            provider == .coze ? "https://api.coze.cn" : "https://keyue.cloud.baidu.com"
        let baseURL = section.scalar("base_url", .baseURL, default: standard)
        do throws(EgressRefusal) {
            try egress.check(url: baseURL)
        } catch {
            section.reader.add(error.problem(at: section.place("base_url")))
        }
        let auth = section.section("auth")
        let credential = provider == .coze ? Self.coze(auth) : Self.keyue(auth)
        auth.finish()
        // What follows is read even without a credential, so that all its problems are found.
        self.init(
            name: name, provider: provider, baseURL: baseURL,
            credential: credential ?? .token(Secret("")))
        read(section)
        section.finish()
        if credential == nil { return nil }
    }

    private static func authRemedy(_ provider: Provider) -> String {
        provider == .coze
            ? "Add auth: {token: \"${COZE_TOKEN}\"}, or auth: {jwt: {app_id, key_id, "
                + "private_key_file}}."
            : "Add auth: {token: \"${KEYUE_TOKEN}\", uid: \"…\", username: \"…\"}."
    }

    private mutating func read(_ section: SettingSection) {
        timeout = section.scalar("timeout", .duration(Self.timeouts), default: timeout)
        let limits = section.section("limits")
        self.limits.rate = limits.scalar("rate", .rate, default: self.limits.rate)
        // Of Keyue only submissions are counted, and those may wait as long as they like.
        if provider == .coze, self.limits.rate.isBelow(Self.rateMin) {
            limits.fail(
                "rate", "no copy could be made at \(self.limits.rate.text)",
                "Write at least \(Self.rateMin.text): before a copy is submitted its target is "
                    + "listed, all within one lease.")
        }
        self.limits.concurrent = limits.scalar(
            "concurrent", .whole(1...256), default: self.limits.concurrent)
        limits.finish()
        usesBaseline = section.scalar("baseline", .onOff, default: usesBaseline)
        onUncertain = section.scalar("on_uncertain", .word(), default: onUncertain)
        if onUncertain == .retry {
            section.reader.warn(
                section.place("on_uncertain").problem(
                    "a copy whose answer was lost is made again, so that there may be two",
                    "Write hold, the default, unless two copies are better than none."))
        }
        let settle = section.section("settle")
        let window = SettingKind<Duration>.duration(.zero ... .days(7))
        self.settle.sync = settle.scalar("sync", window, default: self.settle.sync)
        self.settle.async = settle.scalar("async", window, default: self.settle.async)
        settle.finish()
        readPolls(section.section("poll"))
        if provider == .keyue { readTaskQuery(section.section("task_query")) }
    }

    private mutating func readPolls(_ section: SettingSection) {
        let interval = SettingKind<Duration>.duration(.milliseconds(50) ... .hours(1))
        poll.first = section.scalar("first", interval, default: poll.first)
        poll.factor = section.scalar("factor", .factor(1...10), default: poll.factor)
        poll.max = section.scalar("max", interval, default: poll.max)
        poll.deadline = section.scalar(
            "deadline", .duration(.seconds(1) ... .days(30)), default: poll.deadline)
        if poll.max < poll.first {
            section.fail(
                "max", "max is shorter than first", "Write at least \(poll.first.text).")
        }
        section.finish()
    }

    private mutating func readTaskQuery(_ section: SettingSection) {
        taskQuery.isEnabled = section.scalar("enabled", .flag, default: taskQuery.isEnabled)
        taskQuery.path = section.scalar(
            "path",
            .text("Write a path that begins with /.") {
                $0.hasPrefix("/") && $0.utf8.allSatisfy { (0x21...0x7E).contains($0) }
                    && !$0.utf8.contains { "?#\\".utf8.contains($0) }
            }, default: taskQuery.path)
        taskQuery.queryLevel = section.scalar(
            "query_level", .whole(0...9), default: taskQuery.queryLevel)
        taskQuery.pageSize = section.scalar(
            "page_size", .whole(1...1_000), default: taskQuery.pageSize)
        taskQuery.pagesMax = section.scalar(
            "max_pages", .whole(1...1_000), default: taskQuery.pagesMax)
        readStatuses(section.section("status_map"))
        taskQuery.isStatusMapVerified = section.scalar(
            "status_map_verified", .flag, default: taskQuery.isStatusMapVerified)
        section.finish()
    }

    private mutating func readStatuses(_ section: SettingSection) {
        var seen: [Int: String] = [:]
        func read(_ key: String, _ standard: Set<Int>) -> Set<Int> {
            let codes = section.list(key, .whole(0...999)) ?? standard.sorted()
            section.show(key, .array(codes.map { .number(JSONNumber($0)) }))
            for code in codes {
                if let other = seen[code], other != key {
                    section.fail(
                        key, "the status \(code) stands under \(other) too",
                        "Give each status one meaning.")
                }
                seen[code] = key
            }
            return Set(codes)
        }
        taskQuery.statusMap.pending = read("pending", taskQuery.statusMap.pending)
        taskQuery.statusMap.running = read("running", taskQuery.statusMap.running)
        taskQuery.statusMap.succeeded = read("succeeded", taskQuery.statusMap.succeeded)
        taskQuery.statusMap.failed = read("failed", taskQuery.statusMap.failed)
        section.finish()
    }
}

// MARK: - Credentials

extension Connection {
    /// `token`, or `jwt` with the key of an OAuth app.
    private static func coze(_ auth: SettingSection) -> Credential? {
        switch (auth.has("token"), auth.entry("jwt") != nil) {
        case (true, false):
            let token = auth.secret("token")
            auth.warnIfShort(token, at: auth.place("token"))
            return token.map { .token($0) }
        case (false, true):
            let jwt = auth.section("jwt")
            let credential = self.jwt(jwt)
            jwt.finish()
            return credential
        case (false, false):
            auth.miss("token", authRemedy(.coze))
        case (true, true):
            auth.fail("jwt", "token and jwt stand side by side", "Keep one of them.")
        }
        return nil
    }

    /// `app_id`, `key_id`, `account_id` and the key: `private_key_file`, or `private_key` itself.
    private static func jwt(_ jwt: SettingSection) -> Credential? {
        let appID = jwt.required("app_id", .text("Write the id of the OAuth app."))
        let keyID = jwt.required("key_id", .text("Write the fingerprint of the public key."))
        let accountID = jwt.optional("account_id", .text("Write the id of the organisation."))
        for name in ["private_key_file", "private_key"] { jwt.catalogueSecret(name) }
        guard jwt.has("private_key_file") != jwt.has("private_key") else {
            jwt.miss(
                "private_key_file",
                "Write one of private_key_file, a path, and private_key: \"${KEY}\".")
            return nil
        }
        let key: Secret?
        let name: String
        if jwt.has("private_key_file") {
            name = "private_key_file"
            jwt.reader.noteSecret(jwt.path.appending(name))
            let path = jwt.optional(name, .text("Write the path of a PEM file."))
            key = path.flatMap { jwt.reader.contents($0, at: jwt.place(name)) }.map(Secret.init)
        } else {
            name = "private_key"
            key = jwt.secret(name, isOneLine: false)
        }
        guard let key else { return nil }
        do throws(SigningError) {
            _ = try RSAPrivateKey(pem: key)
        } catch {
            jwt.fail(
                name, "the private key cannot be used: \(error.detail)",
                "Use the file that Coze offered when the key pair was made.")
            return nil
        }
        guard let appID, let keyID else { return nil }
        return .jwt(appID: appID, keyID: keyID, privateKey: key, accountID: accountID)
    }

    /// The three headers of a Keyue call, which are one credential.
    private static func keyue(_ auth: SettingSection) -> Credential? {
        let token = auth.required(secret: "token", authRemedy(.keyue))
        auth.warnIfShort(token, at: auth.place("token"))
        let uid = auth.required(secret: "uid", authRemedy(.keyue))
        let username = auth.required(secret: "username", authRemedy(.keyue))
        guard let token, let uid, let username else { return nil }
        return .keyue(token: token, uid: uid, username: username)
    }
}

extension Rate {
    /// Whether this lets through less than `other` in the long run.
    fileprivate func isBelow(_ other: Rate) -> Bool {
        other.per * count < per * other.count
    }
}
