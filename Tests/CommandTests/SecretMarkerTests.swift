import Domain
import Foundation
import Settings
import Testing

/// A secret is in the configuration and, sealed, in the store, and nowhere else.
@Suite struct SecretMarkerTests {
    /// So that a secret setting which is added later cannot be forgotten here.
    @Test func everySecretSettingIsPlanted() throws {
        let scratch = try ScratchDirectory()
        try SecretMarkers.write(to: scratch)
        try FileManager.default.createDirectory(
            at: scratch.url.appending(path: "rules"), withIntermediateDirectories: true)
        let file = try scratch.write(
            SecretMarkers.yaml(SecretMarkers.Addresses()), to: "copyhook.yaml")
        let configuration = try Configuration.load(
            path: file, environment: SecretMarkers.environment)

        #expect(Set(configuration.secretKeys) == Set(SecretMarkers.keys))
        #expect(SecretMarkers.keys.count == Set(SecretMarkers.keys).count)
        // Every kind of part that has secrets is there.
        #expect(Set(configuration.sources.map(\.kind)) == Set(Source.Kind.allCases))
        #expect(Set(configuration.connections.map(\.provider)) == Set(Provider.allCases))
        #expect(Set(configuration.endpoints.map(\.channel)) == Set(Endpoint.Channel.allCases))
        // Each planted text is in what was read, and is shown as a mark alone.
        let shown = SecretHaystack("effective", configuration.effectiveYAML)
        #expect(shown.found(SecretMarkers.forms) == [])
        let marks = configuration.effectiveYAML.components(separatedBy: "<secret>").count - 1
        #expect(marks >= SecretMarkers.keys.count)
    }

    @Test(.timeLimit(.minutes(3)))
    func noMarkerIsFoundInAnythingThatWasWritten() async throws {
        let stage = try await MarkerStage()
        var service = try await stage.serve()
        try await stage.drive(service, count: 5)
        try await stage.rattle(service)
        try await stage.collect(from: service, "first life")
        try stage.collectFiles("while it runs")
        await service.process.kill()
        try stage.collectFiles("after a kill")
        stage.note(service)

        service = try await stage.serve()
        try await stage.drive(service, count: 2)
        try await stage.collect(from: service, "second life")
        #expect(await service.stop() == 0)
        stage.note(service)
        try await stage.ask("after the stop", "secrets", "rewrap", "--config", stage.file)
        try stage.collectFiles("after the stop")
        try await stage.collectPayloads()

        let forms = SecretMarkers.forms
        let hay = stage.hay.snapshot
        let found = hay.flatMap { $0.found(forms) }
        #expect(found == [], "\(found.joined(separator: "\n"))")
        // The same search finds what is planted on purpose, in every kind of place.
        let control = SecretForms("control", core: Array(MarkerStage.control.utf8))
        let places = hay.flatMap { $0.found([control]) }
        for place in ["copyhook.db", "copyhook.db-wal", "log", "GET /api/v1/events", "payload"] {
            #expect(places.contains { $0.contains(place) }, "\(place): \(places)")
        }
        // What was obtained is there, sealed: the second life asked for no token.
        let log = hay.filter { $0.name.hasPrefix("log") }
            .map { String(decoding: $0.bytes, as: UTF8.self) }.joined()
        #expect(log.contains("connection=app") && log.contains("state=succeeded"), "\(log)")
        #expect(try await stage.grantsLeft() == MarkerStage.grantsPlanned - 1)
        print(
            "searched \(hay.count) texts of \(hay.reduce(0) { $0 + $1.bytes.count }) bytes for "
                + "\(forms.count) markers in \(forms[0].forms.count) forms")
    }
}
