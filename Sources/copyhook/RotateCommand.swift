import ArgumentParser
import Domain
import Foundation
import StrictJSON
import Transport

struct EndpointRotateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate",
        abstract: "Gives an endpoint a new signing secret.",
        discussion: """
            The new secret signs at once, and for the overlap the one before signs as
            well, so no delivery is rejected while the receiver changes over. The secret
            is printed once, alone on standard output. Needs a key of scope admin.

            A secret of your own comes from standard input with --given, never from an
            argument.

            Examples:
              copyhook endpoints rotate audit
              copyhook endpoints rotate audit --overlap 72h > audit.secret
              copyhook endpoints rotate audit --given < audit.secret
            """)

    @OptionGroup var options: RotateOptions

    func run() async throws {
        let name = options.name.onOneLine
        let remedy =
            "Give whsec_ and the base 64 of 24 to 64 bytes, as in: echo whsec_$(openssl rand "
            + "-base64 32) | tee \(name).secret | copyhook endpoints rotate \(name) --given"
        try await options.rotate("endpoints", "signs with it now", absent: remedy, odd: remedy)
    }
}

struct SourceRotateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate",
        abstract: "Gives a source a new secret.",
        discussion: """
            What the new secret proves is taken in at once, and for the overlap what the
            one before proves as well, so no event is refused while the sender changes
            over. Then that ends by itself; older ones keep the end they had. Holds for
            sources of the configuration, too; once the sender has changed over, write the
            new secret there, which then counts alone. The secret is printed once, alone
            on standard output. Needs a key of scope admin.

            A secret that the sender made comes from standard input with --given, never
            from an argument.

            Examples:
              copyhook sources rotate ci
              copyhook sources rotate ci --overlap 72h > ci.secret
              copyhook sources rotate payments --given < payments.secret
            """)

    @OptionGroup var options: RotateOptions

    func run() async throws {
        let name = options.name.onOneLine
        // What fits depends on the scheme, which the service knows and speaks of.
        try await options.rotate(
            "sources", "takes events in with it now",
            absent: "Give what the sender made: copyhook sources rotate \(name) --given < FILE",
            odd: nil)
    }
}

struct RotateOptions: ParsableArguments {
    @OptionGroup var api: APIOptions

    @Argument(help: "The name.")
    var name: String

    @Option(help: "How long the secret before counts as well, at most 30d.")
    var overlap = "24h"

    @Flag(help: "Read the secret from standard input instead of having one made.")
    var given = false

    /// - Parameters:
    ///   - said: What the new secret does.
    ///   - absent: What to do when none was given.
    ///   - odd: What to do when what was given is refused; `nil` where the service says that.
    func rotate(_ kind: String, _ said: String, absent: String, odd: String?) async throws {
        var wish: JSONObject = ["overlap": .string(overlap)]
        if given {
            let text = String(decoding: try InputFile.read("-"), as: UTF8.self)
                .trimmingCharacters(in: .whitespacesAndNewlines)
            guard !text.isEmpty else {
                throw CommandFailure.badUsage("Standard input holds no secret", absent)
            }
            wish["secret"] = .string(text)
        }
        let client = try APIClient(api)
        let answer: JSONValue
        do throws(CommandFailure) {
            answer = try await client.call(
                .post, DefinitionCalls.path(kind, name, "rotate"),
                body: JSONValue.object(wish).bytes())
        } catch {
            // The service speaks of members, which nobody writes in a shell.
            switch error.pointer {
            case "/secret":
                throw CommandFailure.badUsage(error.what, odd ?? error.remedy)
            case "/overlap":
                throw CommandFailure.badUsage(error.what, "Write --overlap 24h, at most 30d.")
            default: throw error
            }
        }
        if api.json { return print(answer.prettyText()) }
        if let secret = answer["secret"]?.string { standardOutput(secret) }
        standardError(
            "\(name.onOneLine) \(said), and until \(answer.cell("overlap_until")) with what was "
                + "before as well")
    }
}
