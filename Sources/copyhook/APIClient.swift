import App
import ArgumentParser
import Domain
import Foundation
import Settings
import StrictJSON
import Transport
import TransportCurl

/// Where the service is and with which key, for the commands that ask it.
struct APIOptions: ParsableArguments {
    @Option(help: "Where the service listens. Default: COPYHOOK_URL, else http://127.0.0.1:8080.")
    var url: String?

    @Option(
        help: ArgumentHelp(
            "Take address and key from this profile of ~/.config/copyhook/profiles.yaml.",
            valueName: "name"))
    var profile: String?

    @Flag(help: "Print JSON as the service answered it.")
    var json = false
}

/// The service's API, asked from the shell.
///
/// The key comes from `COPYHOOK_API_KEY` or a profile: an argument would be seen by every process.
struct APIClient {
    private let base: String
    private let key: String
    private let transport: CurlTransport

    init(_ options: APIOptions) throws {
        let environment = ProcessEnvironment.current
        let profile = try ProfileFile(environment).profile(options.profile)
        let preset = environment["COPYHOOK_URL"].flatMap { $0.isEmpty ? nil : $0 }
        base = Self.withoutSlash(
            options.url ?? profile?.url ?? preset ?? "http://127.0.0.1:8080")
        guard base.isWebAddress else {
            throw CommandFailure.badUsage(
                "“\(base.onOneLine)” is no address of a service",
                "Write --url http://HOST:PORT, or set COPYHOOK_URL to that.")
        }
        guard let key = profile?.key?.exposed ?? environment["COPYHOOK_API_KEY"], !key.isEmpty
        else {
            throw CommandFailure.badUsage(
                "COPYHOOK_API_KEY is not set",
                "Set it to the admin key that the service printed when it first started.")
        }
        self.key = key
        var limits = CurlTransport.Limits()
        limits.bodyMax = Self.answerMax
        transport = try CurlTransport(
            policy: .anywhere, userAgent: Product.userAgent(), certificates: nil, limits: limits)
    }

    /// An event with its body and ten that contradict it, each up to 1 MiB and in JSON once more.
    private static let answerMax = 64 << 20

    /// How often a wish is sent whose answer is lost.
    private static let triesMax = 3
    /// After this a wish is not sent again.
    private static let triesTime: Duration = .seconds(30)

    /// One call; anything but 2xx ends the command with the service's own words.
    ///
    /// A wish (`POST`) goes out under a key of its own, so that it can be sent again when its
    /// answer is lost, and nobody gets two of anything.
    func call(
        _ method: HTTPRequest.Method, _ path: String, body: [UInt8] = [], ifMatch tag: String? = nil
    ) async throws(CommandFailure) -> JSONValue {
        var headers = [
            HTTPField("Authorization", "Bearer \(key)"), HTTPField("Accept", "application/json"),
        ]
        if !body.isEmpty { headers.append(HTTPField("Content-Type", "application/json")) }
        if let tag { headers.append(HTTPField("If-Match", tag)) }
        if method == .post {
            headers.append(HTTPField("Idempotency-Key", UUID().uuidString.lowercased()))
        }
        let request = HTTPRequest(
            method, base + path, headers: headers, body: body, timeout: .seconds(30),
            answerBody: .whole(max: Self.answerMax))
        let answer = try await self.answer(to: request)
        await transport.shutdown()
        if answer.status == 204, method == .delete { return .null }
        guard let json = try? JSONValue(parsing: answer.body, limits: .match) else {
            throw CommandFailure(
                code: 1, what: "\(base) answered \(answer.status) with something that is not JSON",
                remedy: "Check that --url names a Copyhook service.", mayPass: answer.status >= 500)
        }
        guard (200..<300).contains(answer.status) else { throw Self.refusal(answer.status, json) }
        return json
    }

    private func answer(to request: HTTPRequest) async throws(CommandFailure) -> HTTPAnswer {
        let began = ContinuousClock.now
        var (tries, isSent) = (1, false)
        while true {
            let isInTime = ContinuousClock.now - began < Self.triesTime
            do throws(TransportFailure) {
                let answer = try await transport.send(request)
                let isForLater = answer.status == 429 || isSent && Self.isUnderWay(answer)
                guard isInTime, isForLater else { return answer }
            } catch {
                // Where nothing was ever sent the address is wrong, or nobody is there.
                isSent = isSent || error.isSent
                let mayRepeat = request.method == .post && isSent && error.code != .cancelled
                guard mayRepeat, isInTime, tries < Self.triesMax else {
                    throw lost(error, isWish: request.method == .post && isSent)
                }
                tries += 1
            }
            try? await Task.sleep(for: .seconds(tries))
        }
    }

    /// Whether the service is still at what it was sent before.
    private static func isUnderWay(_ answer: HTTPAnswer) -> Bool {
        guard answer.status == 409, let problem = try? JSONValue(parsing: answer.body) else {
            return false
        }
        return problem["code"] == "idempotency_key_in_use"
    }

    private func lost(_ error: TransportFailure, isWish: Bool) -> CommandFailure {
        CommandFailure(
            code: 1, what: "\(base) cannot be reached: \(error.detail)",
            remedy: isWish
                ? "It may have been carried out all the same: look before you repeat the command."
                : "Check that the service runs there, or name another place with --url.",
            mayPass: true)
    }

    /// The service's problem in two lines: what, with its place in what was sent, and what to do.
    private static func refusal(_ status: Int, _ problem: JSONValue) -> CommandFailure {
        // The service speaks of a header there, which nobody writes in a shell.
        if status == 401 {
            return .failed(
                "The service does not take this key",
                "Give one that it made, in COPYHOOK_API_KEY or in the profile; it printed an admin "
                    + "key when it first started.")
        }
        let place = problem["pointer"]?.text.flatMap { $0.isEmpty ? nil : $0 }
        let parts = [problem["title"]?.text ?? "status \(status)", place, problem["detail"]?.text]
        let what = parts.compactMap(\.self).joined(separator: ": ").onOneLine
        let remedy = (problem["remedy"]?.text ?? "").onOneLine
        // Refused for what it says, not for how things stand.
        return CommandFailure(
            code: [400, 422].contains(status) ? 2 : 1, what: what, remedy: remedy,
            mayPass: status == 429 || status >= 500, pointer: place)
    }

    /// A name or id as one segment of a path.
    static func segment(_ text: String) -> String {
        var allowed = CharacterSet.alphanumerics.intersection(
            CharacterSet(charactersIn: "\u{0}"..."\u{7F}"))
        allowed.insert(charactersIn: "-_.~")
        return text.addingPercentEncoding(withAllowedCharacters: allowed) ?? text
    }

    private static func withoutSlash(_ url: String) -> String {
        url.hasSuffix("/") ? String(url.dropLast()) : url
    }
}

extension String {
    /// Whether this can be called at all; where it leads is the person's choice.
    var isWebAddress: Bool {
        let start = prefix(8).lowercased()
        return start.hasPrefix("http://") || start.hasPrefix("https://")
    }
}

extension EgressPolicy {
    /// For a person's own calls: the address is theirs to choose.
    static let anywhere = EgressPolicy(
        allow: ["0.0.0.0/0", "::/0"].compactMap { try? AllowRule(parsing: $0) })
}
