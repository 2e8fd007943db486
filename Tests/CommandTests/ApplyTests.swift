import Foundation
import StrictJSON
import Testing

/// Rules as code: a directory that is applied, and written out again.
@Suite struct ApplyTests {
    private static let secret = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="
    private static let sections = """
        endpoints:
          audit: { url: "http://127.0.0.1:9/hook", secret: "\(secret)" }
        rules:
          - { name: of-the-file, match: { type: [always] }, notify: [audit] }
        egress: { allow: [127.0.0.0/8] }

        """

    private let scratch: ScratchDirectory
    private let service: APIService

    init() async throws {
        scratch = try ScratchDirectory()
        service = try await APIService.start(Self.sections, in: scratch)
        try FileManager.default.createDirectory(
            at: scratch.url.appending(path: "rules"), withIntermediateDirectories: false)
    }

    private var names: [String] {
        get async throws {
            try await service.json("rules", "list")["rules"]?.array?
                .compactMap { $0["name"]?.string } ?? []
        }
    }

    @Test func aDirectoryIsAppliedShownAndWrittenOutAgain() async throws {
        let rules = scratch.path("rules")
        try scratch.write("match: { type: [one] }\nnotify: [audit]\n", to: "rules/one.yaml")
        try scratch.write(
            #"{"name": "zwei 2", "match": {"type": ["two"], "data": {"n": [1.50]}}}"#,
            to: "rules/two.json")
        let bad = try await service.command("apply", rules)
        #expect(bad.status == 2 && bad.errors.contains("rules/two.json: "), "\(bad.errors)")
        #expect(try await names == ["of-the-file"])
        try scratch.write(
            #"{"name": "zwei", "match": {"type": ["$${two}"], "data": {"n": [1.50]}}}"#,
            to: "rules/two.json")

        let dry = try await service.command("apply", rules, "--dry-run")
        #expect(
            dry.output
                == "+ one\n+ zwei\n2 created, 0 changed, 0 deleted, 0 unchanged; nothing was done\n"
        )
        #expect(try await names == ["of-the-file"])
        let done = try await service.command("apply", rules)
        #expect(done.status == 0 && done.output.hasSuffix("0 unchanged\n"), "\(done.errors)")
        #expect(try await names == ["of-the-file", "one", "zwei"])

        try scratch.write("match: { type: [uno] }\nnotify: [audit]\n", to: "rules/one.yaml")
        let changed = try await service.command("apply", rules)
        #expect(
            changed.output == """
                ~ one
                    /match/type/0: "one" -> "uno"
                0 created, 1 changed, 0 deleted, 1 unchanged

                """, "\(changed.output)")

        let out = scratch.path("out")
        let exported = try await service.command("export", out)
        #expect(exported.output == "2 written, 0 unchanged in \(out)\n")
        let again = try await service.command("export", out)
        #expect(again.output == "0 written, 2 unchanged in \(out)\n")
        let same = try await service.command("apply", out, "--prune", "--yes")
        #expect(same.output == "0 created, 0 changed, 0 deleted, 2 unchanged\n", "\(same.output)")
        #expect(try scratch.read("out/zwei.yaml").contains("1.50"))
    }

    @Test func eachRuleHasAFileOfItsOwn() async throws {
        let rule = try scratch.write("match: { type: [b] }\n", to: "odd.yaml")
        let odd = [".a", "%2Ea", "%", "a%", "..", "--help"]
        for name in odd {
            let put = try await service.command("rules", "put", rule, "--name=\(name)")
            #expect(put.status == 0, "\(name): \(put.errors)")
        }
        let out = scratch.path("out")
        #expect(try await service.command("export", out).output.hasPrefix("6 written, 0 "))
        #expect(try await service.command("export", out).output.hasPrefix("0 written, 6 "))
        let same = try await service.command("apply", out, "--prune", "--yes")
        #expect(same.output == "0 created, 0 changed, 0 deleted, 6 unchanged\n", "\(same.errors)")
    }

    @Test func whatHasNoFileGoesOnlyWhenSaidTwice() async throws {
        let rules = scratch.path("rules")
        let rule = try scratch.write("match: { type: [b] }\n", to: "gone.yaml")
        #expect(try await service.command("rules", "put", rule, "--name", "gone").status == 0)
        #expect(try await service.command("apply", rules).output.contains("1 unchanged"))
        let unasked = try await service.command("apply", rules, "--prune")
        #expect(unasked.status == 2 && unasked.errors.hasPrefix("- gone\nDelete this rule?"))
        #expect(try await names == ["of-the-file", "gone"])
        let dry = try await service.command("apply", rules, "--prune", "--dry-run")
        #expect(dry.output.hasPrefix("- gone\n") && dry.output.contains("nothing was done"))
        #expect(try await service.command("apply", rules, "--prune", "--yes").status == 0)
        #expect(try await names == ["of-the-file"])

        let versions = try await service.command("rules", "versions", "gone")
        let lines = versions.output.split(separator: "\n")
        #expect(lines.count == 2 && lines[0].contains("deleted by"), "\(versions.output)")
        let back = try await service.command("rules", "restore", "gone", "1")
        #expect(back.output == "gone is as in version 1\n", "\(back.errors)")
        #expect(try await names == ["of-the-file", "gone"])
        let none = try await service.command("rules", "restore", "gone", "2")
        #expect(none.status == 2 && none.errors.contains("was deleted"))
    }
}
