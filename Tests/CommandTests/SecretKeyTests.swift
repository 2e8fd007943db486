import Domain
import Foundation
import Signing
import Simulation
import StrictJSON
import Testing

/// The master key from outside: made once, needed from then on, and changed for another.
@Suite struct SecretKeyTests {
    private func mode(_ path: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        return try #require(attributes[.posixPermissions] as? Int)
    }

    private func id(_ text: String) throws -> String {
        "\(try MasterKey(parsing: Secret(text)).id)"
    }

    /// What `serve` says when it does not start.
    private func refusal(
        _ file: String, environment: [String: String] = [:]
    ) async throws -> String {
        let said = try await BuiltBinary.run(["serve", "--config", file], environment: environment)
        #expect(said.status == 1, "\(said)")
        return said.errors
    }

    @Test func theFirstStartMakesAKeyAndALaterOneUsesIt() async throws {
        let scratch = try ScratchDirectory()
        let first = try await APIService.start("", in: scratch)
        let key = scratch.path("copyhook.db.key")
        let text = try scratch.read("copyhook.db.key").trimmingCharacters(in: .newlines)
        #expect(text.hasPrefix("hex:") && text.utf8.count == 68)
        for (name, bits) in [
            ("copyhook.db", 0o600), ("copyhook.db-wal", 0o600), ("copyhook.db-shm", 0o600),
            ("copyhook.db.lock", 0o600), ("copyhook.db.key", 0o400),
        ] { #expect(try mode(scratch.path(name)) == bits, "\(name)") }
        #expect(!FileManager.default.fileExists(atPath: key + ".new"))
        let limits = try String(
            contentsOfFile: "/proc/\(first.process.pid)/limits", encoding: .utf8)
        #expect(limits.contains(#/Max core file size\s+0\s+0/#))
        let status = try String(
            contentsOfFile: "/proc/\(first.process.pid)/status", encoding: .utf8)
        #expect(status.contains(/Umask:\s+0077/))
        #expect(await first.stop() == 0)
        let line = try #require(await first.process.errorLine("secrets.key_made"))
        #expect(line.contains("path=\(key) ") || line.hasSuffix("path=\(key)"), "\(line)")
        #expect(try line.contains("key=\(id(text)) "), "\(line)")
        #expect(line.contains("apart from the copies of the database"))
        #expect(!first.process.errors.text.contains(text.dropFirst(4)))

        let second = try await APIService.start("", in: scratch)
        #expect(await second.stop() == 0)
        #expect(!second.process.errors.text.contains("secrets.key_made"))
        #expect(try scratch.read("copyhook.db.key").contains(text))
    }

    @Test func aKeyFileThatOthersMayReadOrThatIsDamagedStopsTheStart() async throws {
        let scratch = try ScratchDirectory()
        let file = try scratch.write("server: { listen: \"127.0.0.1:0\" }\n", to: "copyhook.yaml")
        let key = try scratch.write(
            "hex:" + String(repeating: "ab", count: 32), to: "copyhook.db.key")
        try FileManager.default.setAttributes([.posixPermissions: 0o440], ofItemAtPath: key)
        let open = try await refusal(file)
        #expect(open.contains("others than its owner") && open.contains("chmod 0400 \(key)"))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: key)
        try scratch.write("hex:abcd", to: "copyhook.db.key")
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: key)
        let damaged = try await refusal(file)
        #expect(damaged.contains("fewer than 32 bytes") && damaged.contains("from a backup"))
        #expect(try scratch.read("copyhook.db.key") == "hex:abcd")
    }

    @Test func aStoreThatKeepsSecretsIsOnlyOpenedWithItsKey() async throws {
        let scratch = try ScratchDirectory()
        let (old, new) = (String(repeating: "o", count: 32), String(repeating: "n", count: 32))
        let file = try await sealedStore(in: scratch, key: old)
        let none = try await refusal(file)
        let other = try await refusal(file, environment: ["COPYHOOK_SECRETS_MASTER_KEY": new])
        for said in [none, other] {
            #expect(try said.contains("1 under the master key \(id(old))"), "\(said)")
            #expect(said.contains("secrets.old_master_keys"), "\(said)")
            #expect(!said.contains("oooo") && !said.contains("nnnn"))
        }
        #expect(!FileManager.default.fileExists(atPath: scratch.path("copyhook.db.key")))

        // The way from one key to the next.
        let service = try await APIService.start(
            configuration: file, environment: ["COPYHOOK_SECRETS_MASTER_KEY": old])
        let busy = try await rewrap(file, ["COPYHOOK_SECRETS_MASTER_KEY": old])
        #expect(busy.status == 1)
        #expect(busy.errors.contains("in use by process \(service.process.pid)"), "\(busy)")
        #expect(busy.errors.contains("Stop the service first"), "\(busy)")
        #expect(await service.stop() == 0)
        let alone = try await rewrap(file, ["COPYHOOK_SECRETS_MASTER_KEY": new])
        #expect(alone.status == 1 && alone.errors.contains("do not open"), "\(alone)")

        let both = try scratch.write(
            scratch.read("copyhook.yaml") + "secrets: { old_master_keys: [\"\(old)\"] }\n",
            to: "both.yaml")
        let done = try await rewrap(both, ["COPYHOOK_SECRETS_MASTER_KEY": new])
        #expect(done.status == 0, "\(done)")
        let newID = try id(new)
        #expect(
            done.output == "1 secrets: 1 put under the master key \(newID), 0 were under it "
                + "already\n")
        let again = try await rewrap(both, ["COPYHOOK_SECRETS_MASTER_KEY": new])
        #expect(again.output.contains("0 put under") && again.output.contains("1 were"))
        let late = try await refusal(file, environment: ["COPYHOOK_SECRETS_MASTER_KEY": old])
        #expect(late.contains(newID))
        let moved = try await APIService.start(
            configuration: file, environment: ["COPYHOOK_SECRETS_MASTER_KEY": new])
        #expect(await moved.stop() == 0)

        // And the way out when a key is lost.
        let lost = try await BuiltBinary.run(
            ["secrets", "rewrap", "--config", file, "--discard"])
        #expect(lost.status == 0 && lost.output.contains("1 discarded"), "\(lost)")
        #expect(lost.errors.contains("discarded grant/app/token"), "\(lost)")
        let free = try await APIService.start(configuration: file)
        #expect(await free.stop() == 0)
    }

    @Test func aStoreThatIsNotThereIsNotMadeByRewrap() async throws {
        let scratch = try ScratchDirectory()
        let file = try scratch.write("lease: 60s\n", to: "copyhook.yaml")
        let said = try await rewrap(file, [:])
        #expect(said.status == 1 && said.errors.contains("there is no database"), "\(said)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.url.path()).count == 1)
    }

    @Test func aDirectoryThatOthersMayReadIsWarnedOf() async throws {
        let scratch = try ScratchDirectory()
        let file = try scratch.write("lease: 60s\n", to: "copyhook.yaml")
        for (bits, isWarned) in [(0o700, false), (0o711, false), (0o755, true), (0o770, true)] {
            try FileManager.default.setAttributes(
                [.posixPermissions: bits], ofItemAtPath: scratch.url.path())
            let said = try await BuiltBinary.run(["check", "--config", file])
            #expect(said.status == 0)
            let warning = "warning: \(file): store.url: others than its owner may look into"
            #expect(said.errors.hasPrefix(warning) == isWarned, "\(bits): \(said.errors)")
            #expect(said.errors.contains("mkdir -m 700") == isWarned)
        }
    }

    private func rewrap(
        _ file: String, _ environment: [String: String]
    ) async throws -> (status: Int32, output: String, errors: String) {
        try await BuiltBinary.run(
            ["secrets", "rewrap", "--config", file], environment: environment)
    }

    /// A store with one sealed grant, got by a copy.
    ///
    /// - Returns: The configuration, which names no master key.
    private func sealedStore(in scratch: ScratchDirectory, key: String) async throws -> String {
        let coze = try await SimulatorProcess.start(.coze)
        let end = Int64(Date().timeIntervalSince1970) + 3_600
        try await coze.put("world", ["tokens": ["czs_granted"]])
        try await coze.fail([
            "next": [
                [
                    "route": "token", "status": 200,
                    "body": [
                        "access_token": "czs_granted", "expires_in": .number(JSONNumber(end)),
                    ],
                ]
            ]
        ])
        try scratch.write(PlantedSecrets.privateKey, to: "coze.pem")
        let yaml = """
            sources:
              coze-main:
                scheme: coze
                apps: [{ api_app_id: "\(CozeWorld.standard.callbackApps[0].apiAppID)", \
            verify_token: "\(CozeWorld.standard.callbackApps[0].verifyToken.exposed)" }]
            connections:
              app:
                provider: coze
                base_url: \(coze.url)
                auth: { jwt: { app_id: a, key_id: k, private_key_file: coze.pem } }
            rules: [{ name: r, match: { type: [bot.published] }, copy: [{ connection: app }] }]
            egress: { allow: [127.0.0.0/8] }

            """
        let service = try await APIService.start(
            yaml, in: scratch, environment: ["COPYHOOK_SECRETS_MASTER_KEY": key])
        let callback = try sampleCallback()
        let answer = try await Caller.shared.call(
            "POST", "\(service.url)/in/coze-main", headers: callback.headers, body: callback.body)
        #expect(answer.status == 200)
        let line = await service.process.errorLine("copy.attempted", "state=succeeded")
        #expect(line != nil, "\(service.process.errors.text)")
        #expect(await service.stop() == 0)
        return scratch.path("copyhook.yaml")
    }
}
