import Foundation
import Testing

/// Services by name, from a file of one's own.
@Suite struct ProfileTests {
    private let scratch: ScratchDirectory
    private let service: APIService

    init() async throws {
        scratch = try ScratchDirectory()
        service = try await APIService.start("", in: scratch)
        try scratch.write(APIService.key, to: "key")
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o600], ofItemAtPath: scratch.path("key"))
    }

    private func run(
        _ arguments: [String], _ more: [String: String] = [:]
    ) async throws -> (status: Int32, output: String, errors: String) {
        let file = ["COPYHOOK_PROFILES": scratch.path("profiles.yaml")]
        return try await BuiltBinary.run(arguments, environment: file.merging(more) { $1 })
    }

    @Test func aProfileSaysWhereAndWithWhichKey() async throws {
        try scratch.write(
            """
            profiles:
              here: { url: "\(service.url)", key: "${file:key}" }
              elsewhere: { url: "http://127.0.0.1:9", key: "${KEY}" }

            """, to: "profiles.yaml")
        let here = try await run(["sources", "--profile", "here"], ["KEY": "x"])
        #expect(here.status == 0 && here.output.hasPrefix("NAME "), "\(here.errors)")
        let named = try await run(["sources"], ["KEY": "x", "COPYHOOK_PROFILE": "here"])
        #expect(named.status == 0)
        let option = try await run(
            ["sources", "--profile", "elsewhere", "--url", service.url], ["KEY": APIService.key])
        #expect(option.status == 0, "\(option.errors)")
        let away = try await run(["sources", "--profile", "elsewhere"], ["KEY": "x"])
        #expect(away.status == 1 && away.errors.contains("127.0.0.1:9 cannot be reached"))
        let wrong = try await run(["sources", "--profile", "there"], ["KEY": "x"])
        #expect(wrong.status == 2 && wrong.errors.contains("here, elsewhere"), "\(wrong.errors)")
        // Whoever names no profile needs no such file.
        let plain = try await run(
            ["sources", "--url", service.url], ["COPYHOOK_API_KEY": APIService.key])
        #expect(plain.status == 0)
    }

    @Test func aFileThatIsWrongOrOpenIsRefusedAndNoKeyShown() async throws {
        try scratch.write("profiles: { a: { ulr: x } }\n", to: "profiles.yaml")
        let typo = try await run(["sources", "--profile", "a"])
        #expect(typo.status == 2 && typo.errors.contains("profiles.a.ulr"), "\(typo.errors)")
        try scratch.write(
            "profiles: { a: { url: \"\(service.url)\", key: \(APIService.key) } }\n",
            to: "profiles.yaml")
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o644], ofItemAtPath: scratch.path("profiles.yaml"))
        let open = try await run(["sources", "--profile", "a"])
        #expect(open.status == 2 && open.errors.contains("chmod 0600"), "\(open.errors)")
        #expect(!open.errors.contains(APIService.key))
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o600], ofItemAtPath: scratch.path("profiles.yaml"))
        #expect(try await run(["sources", "--profile", "a"]).status == 0)
        let none = try await run(
            ["sources", "--profile", "a"], ["COPYHOOK_PROFILES": scratch.path("none.yaml")])
        #expect(none.status == 2 && none.errors.contains("none.yaml"), "\(none.errors)")
    }
}
