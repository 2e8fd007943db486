import App
import ArgumentParser
import Domain
import Settings
import StrictJSON
import Transport

/// What `sources`, `endpoints` and `connections` have in common: definitions put in over the API.
enum DefinitionCalls {
    /// Where one is found.
    static func path(_ kind: String, _ name: String, _ verb: String = "") -> String {
        "/api/v1/\(kind)/\(APIClient.segment(name))" + (verb.isEmpty ? "" : "/" + verb)
    }

    static func put(
        _ kind: String, _ name: String, file: String, _ api: APIOptions
    ) async throws {
        let text = try InputFile.read(file)
        let definition: JSONValue
        do throws(ConfigurationRefusal) {
            definition = try DefinitionFile.json(
                text, file: file == "-" ? "stdin" : file,
                environment: ProcessEnvironment.current)
        } catch {
            throw CommandFailure.badUsage(error.description)
        }
        let answer = try await APIClient(api).call(
            .put, path(kind, name), body: definition.bytes())
        print(api.json ? answer.prettyText() : said(answer, kind, name))
        for warning in answer["warnings"]?.elements ?? [] where !api.json {
            standardError(
                "warning: \(warning.cell("pointer")): \(warning.cell("detail"))\n"
                    + warning.cell("remedy"))
        }
    }

    /// What was put in is not in force while it is switched off, or while nobody tries it.
    private static func said(_ answer: JSONValue, _ kind: String, _ name: String) -> String {
        let path = answer["path"]?.text.map { " at " + $0 } ?? ""
        guard answer.isDisabled else { return "\(name.onOneLine) is in force\(path)" }
        return "\(name.onOneLine) is put in\(path), but disabled; to have it in force: "
            + "copyhook \(kind) enable \(name.onOneLine)"
    }

    static func show(_ kind: String, _ name: String, _ api: APIOptions) async throws {
        print(try await APIClient(api).call(.get, path(kind, name)).prettyText())
    }

    /// - Parameter meanwhile: What happens while it is switched off.
    static func set(
        _ kind: String, _ name: String, enabled isEnabled: Bool, _ api: APIOptions,
        meanwhile: String = "its work waits"
    ) async throws {
        let answer = try await APIClient(api).call(
            .post, path(kind, name, isEnabled ? "enable" : "disable"))
        guard !api.json else { return print(answer.prettyText()) }
        print(
            isEnabled
                ? "\(name.onOneLine) is switched on"
                : "\(name.onOneLine) is switched off; \(meanwhile)")
    }

    static func test(_ kind: String, _ name: String, _ api: APIOptions) async throws {
        let trial = try await APIClient(api).call(.post, path(kind, name, "test"))
        if api.json { print(trial.prettyText()) }
        let what = "\(name.onOneLine): \(trial.cell("detail"))"
        let remedy = trial["remedy"]?.text ?? ""
        guard trial["accepted"]?.bool == true else {
            throw CommandFailure.failed(what, remedy)
        }
        guard !api.json else { return }
        standardOutput(what)
        if !remedy.isEmpty { standardError(remedy) }
    }
}

extension JSONValue {
    /// Whether a definition's record says that it is switched off, or given up.
    var isDisabled: Bool {
        self["disabled"]?.bool == true || self["health"]?["state"] == "disabled"
    }
}

/// One definition, by its name.
struct DefinitionName: ParsableArguments {
    @OptionGroup var api: APIOptions

    @Argument(help: "The name.")
    var name: String
}

/// A definition, and the name that it is put in under.
struct DefinitionOptions: ParsableArguments {
    @OptionGroup var api: APIOptions

    @Argument(help: "The name.")
    var name: String

    @Option(help: "File with the definition as YAML or JSON; - is standard input.")
    var file: String
}
