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
            """)

    enum Scheme: String, ExpressibleByArgument, CaseIterable {
        case coze
        case standardWebhooks = "standard-webhooks"
    }

    @Option(help: "The source's address: http://127.0.0.1:8080/in/NAME.")
    var to: String

    @Option(help: "How the sender proves who it is: coze or standard-webhooks.")
    var scheme: Scheme

    @Option(help: "File with the event's body; - is standard input. Sent byte for byte.")
    var event: String

    @Option(help: "Environment variable with the verify token or signing secret.")
    var secretEnv: String?

    @Option(help: "File with the verify token or signing secret.")
    var secretFile: String?

    @Option(help: "webhook-id for standard-webhooks. Default: a new one.")
    var id: String?

    @Option(help: "Send it this many times, byte for byte the same.")
    var times = 1

    func validate() throws {
        guard (secretEnv == nil) != (secretFile == nil) else {
            throw ValidationError("Name the secret with --secret-env or with --secret-file.")
        }
        guard to.isWebAddress else {
            throw ValidationError("--to takes an address such as http://127.0.0.1:8080/in/NAME.")
        }
        guard (1...10_000).contains(times) else {
            throw ValidationError("--times takes 1 to 10000.")
        }
    }

    func run() async throws {
        let body = try InputFile.read(event)
        let headers = try sign(body, with: try readSecret())
        let transport = try CurlTransport(policy: .anywhere, userAgent: "copyhook")
        let request = HTTPRequest(
            .post, to, headers: [HTTPField("Content-Type", "application/json")] + headers,
            body: body)
        var allAccepted = true
        for _ in 1...times {
            do throws(TransportFailure) {
                let answer = try await transport.send(request)
                print(
                    answer.status,
                    String(decoding: answer.body.prefix(1_024), as: UTF8.self).onOneLine)
                allAccepted = allAccepted && (200..<300).contains(answer.status)
            } catch {
                await transport.shutdown()
                throw CommandFailure.failed(
                    "\(to) cannot be reached: \(error.detail)",
                    error.isSent
                        ? "The event may have arrived; send it again." : "Nothing was sent.")
            }
        }
        await transport.shutdown()
        guard allAccepted else { throw ExitCode(1) }
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

    private func sign(_ body: [UInt8], with secret: Secret) throws -> [HTTPField] {
        var generator = SystemRandomNumberGenerator()
        let now = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000))
        switch scheme {
        case .coze:
            return CozeSigner.headers(
                token: secret, timestamp: now, nonce: CozeSigner.nonce(using: &generator),
                body: body
            ).map { HTTPField($0.name, $0.value) }
        case .standardWebhooks:
            do throws(SigningError) {
                let id =
                    id ?? Identifier<Event>.make("msg_", at: now, using: &generator).rawValue
                return try StandardWebhooksSigner(secrets: [secret])
                    .headers(id: id, at: now, body: body)
                    .map { HTTPField($0.name, $0.value) }
            } catch {
                guard error.code != .badIdentifier else {
                    throw CommandFailure.badUsage(
                        "--id cannot be used: \(error.detail)",
                        "Choose another one, or leave --id out to have one made.")
                }
                throw CommandFailure.badUsage(
                    "The secret is no Standard Webhooks secret: \(error.detail)",
                    "It starts with whsec_ and goes on in base64.")
            }
        }
    }
}
