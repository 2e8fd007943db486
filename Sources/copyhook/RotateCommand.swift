import ArgumentParser
import Domain
import Foundation
import StrictJSON
import Transport

struct RotateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate",
        abstract: "Gives an endpoint a new signing secret.",
        discussion: """
            The new secret signs at once, and for the overlap those of before sign as
            well, so no delivery is rejected while the receiver changes over. The secret
            is printed once, alone on standard output. Needs a key of scope admin.

            A secret of your own comes from standard input with --given, never from an
            argument.

            Examples:
              copyhook endpoints rotate audit
              copyhook endpoints rotate audit --overlap 72h > audit.secret
              copyhook endpoints rotate audit --given < audit.secret
            """)

    @OptionGroup var api: APIOptions

    @Argument(help: "The endpoint's name.")
    var name: String

    @Option(help: "How long secrets of before sign as well, at most 30d.")
    var overlap = "24h"

    @Flag(help: "Read the secret from standard input instead of having one made.")
    var given = false

    func run() async throws {
        var wish: JSONObject = ["overlap": .string(overlap)]
        if given {
            let text = String(decoding: try InputFile.read("-"), as: UTF8.self)
            wish["secret"] = .string(text.trimmingCharacters(in: .whitespacesAndNewlines))
        }
        let path = "/api/v1/endpoints/\(APIClient.segment(name))/rotate"
        let answer = try await APIClient(api).call(
            .post, path, body: JSONValue.object(wish).bytes())
        if api.json { return print(answer.prettyText()) }
        if let secret = answer["secret"]?.string { standardOutput(secret) }
        standardError(
            "\(name.onOneLine) signs with it now, and until \(answer.cell("overlap_until")) with "
                + "what was before as well")
    }
}
