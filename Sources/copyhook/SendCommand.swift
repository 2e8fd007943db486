import App
import ArgumentParser
import Domain
import Foundation
import Signing
import Transport
import TransportCurl

struct SendCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "send",
        abstract: "Signs an event as the platform would and posts it.",
        discussion: """
            The secret comes from the environment or a file, never as an argument. Exit
            code 0 when the answer is 2xx, 1 when it is not.

            Examples:
              COZE_VERIFY_TOKEN=… copyhook send --to http://127.0.0.1:8080/in/coze-main \\
                  --scheme coze --secret-env COZE_VERIFY_TOKEN --event event.json
              copyhook send --to http://127.0.0.1:8080/in/ci --scheme standard-webhooks \\
                  --secret-file ci.secret --event - < event.json
              copyhook send --to http://127.0.0.1:8080/in/hub --scheme github \\
                  --secret-file hub.secret --header "X-GitHub-Event: push" \\
                  --event push.json
              copyhook send --to http://127.0.0.1:8080/in/lark --scheme feishu \\
                  --secret-env LARK_ENCRYPT_KEY --event lark.json
            """)

    @Option(help: "The source's address: http://127.0.0.1:8080/in/NAME.")
    var to: String

    @Option(help: "How the sender proves who it is.")
    var scheme: SendScheme

    @Option(help: "File with the event; - is standard input. Sent byte for byte, by feishu sealed.")
    var event: String

    @Option(help: "Environment variable with the secret that both sides share.")
    var secretEnv: String?

    @Option(help: "File with the secret that both sides share.")
    var secretFile: String?

    @Option(help: "The event's id where a header has it, as webhook-id. Default: a new one.")
    var id: String?

    @Option(help: "A header that the platform sends too, as in \"X-GitHub-Event: push\".")
    var header: [String] = []

    @Option(help: "Send it this many times, byte for byte the same.")
    var times = 1

    func validate() throws {
        guard (secretEnv == nil) != (secretFile == nil) else {
            throw ValidationError("Name the secret with --secret-env or with --secret-file.")
        }
        guard to.isWebAddress else {
            throw ValidationError("--to takes an address such as http://127.0.0.1:8080/in/NAME.")
        }
        guard header.allSatisfy({ $0.headerField != nil }) else {
            throw ValidationError("--header takes a name and a value, as in \"X-Event: push\".")
        }
        let names = header.compactMap { $0.headerField?.name.lowercased() }
        if let name = names.first(where: { one in names.count { $0 == one } > 1 }) {
            throw ValidationError("--header names \(name) twice, which no source takes.")
        }
        guard (1...10_000).contains(times) else {
            throw ValidationError("--times takes 1 to 10000.")
        }
    }

    func run() async throws {
        let proof = try sign(try InputFile.read(event), with: try readSecret())
        let transport = try CurlTransport(policy: .anywhere, userAgent: Product.userAgent())
        let request = HTTPRequest(
            .post, to,
            headers: headers(beside: proof), body: proof.body)
        var (allAccepted, isMalformed) = (true, false)
        for _ in 1...times {
            do throws(TransportFailure) {
                let answer = try await transport.send(request)
                print(
                    answer.status,
                    String(decoding: answer.body.prefix(1_024), as: UTF8.self).onOneLine)
                allAccepted = allAccepted && (200..<300).contains(answer.status)
                isMalformed = isMalformed || answer.status == 400
            } catch {
                await transport.shutdown()
                throw CommandFailure.failed(
                    "\(to) cannot be reached: \(error.detail)",
                    error.isSent
                        ? "The event may have arrived; send it again." : "Nothing was sent.")
            }
        }
        await transport.shutdown()
        if isMalformed, let missingHeader { standardError(missingHeader) }
        guard allAccepted else { throw ExitCode(1) }
    }

    /// What is asked for with `--header` goes in the place of ours.
    private func headers(beside proof: SendScheme.Proof) -> [HTTPField] {
        let own = header.compactMap(\.headerField)
        let ours =
            [HTTPField("Content-Type", "application/json")]
            + proof.headers.map { HTTPField($0.name, $0.value) }
        return own
            + ours.filter { one in
                !own.contains { $0.name.lowercased() == one.name.lowercased() }
            }
    }

    /// Which header the platform would have sent too; the service says to strangers no more than
    /// that something is malformed.
    private var missingHeader: String? {
        guard let name = scheme.eventHeader,
            !header.contains(where: { $0.lowercased().hasPrefix(name.lowercased() + ":") })
        else { return nil }
        return "\(scheme.rawValue) names the event in a header: add --header \"\(name): …\"."
    }

    private func readSecret() throws -> Secret {
        let text: String
        if let secretEnv {
            text = ProcessEnvironment.current[secretEnv] ?? ""
        } else {
            text = String(decoding: try InputFile.read(secretFile ?? ""), as: UTF8.self)
        }
        let secret = text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard !secret.isEmpty else {
            throw CommandFailure.badUsage(
                "\(secretEnv ?? secretFile ?? "The secret") is empty or not set",
                "Set it to the secret that the source's configuration has.")
        }
        return Secret(secret)
    }

    private func sign(
        _ event: [UInt8], with secret: Secret
    ) throws -> SendScheme.Proof {
        var generator = SystemRandomNumberGenerator()
        let now = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000))
        let id = id ?? Identifier<Event>.make("msg_", at: now, using: &generator).rawValue
        let chance = (0..<16).map { _ in UInt8.random(in: 0...255, using: &generator) }
        do throws(SigningError) {
            return try scheme.prove(event, with: secret, id: id, at: now, chance: chance)
        } catch {
            guard error.code != .badIdentifier else {
                throw CommandFailure.badUsage(
                    "--id cannot be used: \(error.detail)",
                    "Choose another one, or leave --id out to have one made.")
            }
            throw CommandFailure.badUsage(
                "The secret is none of \(scheme.rawValue): \(error.detail)",
                scheme == .standardWebhooks || scheme == .svix
                    ? "It starts with whsec_ and goes on in base64."
                    : "Write it as the source's configuration has it.")
        }
    }
}

extension String {
    /// `Name: value`; `nil` for what is no header.
    fileprivate var headerField: HTTPField? {
        guard let colon = firstIndex(of: ":"), colon > startIndex else { return nil }
        let name = self[..<colon]
        let value = self[index(after: colon)...].drop { $0 == " " }
        let isSafe =
            name.utf8.allSatisfy { (0x21...0x7E).contains($0) }
            && value.utf8.allSatisfy { (0x20...0x7E).contains($0) }
        return isSafe ? HTTPField(String(name), String(value)) : nil
    }
}
