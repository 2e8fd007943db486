import Domain
import Sealing
import Signing
import Storage
import StorageMemory
import Testing

private let start = Timestamp(milliseconds: 1_773_822_615_250)

private func endpoint(_ secrets: String...) -> Endpoint {
    Endpoint(
        name: "audit", channel: .webhook, url: Secret("https://example.com"),
        secrets: secrets.map { Secret($0) })
}

private func box(_ store: MemoryStore) throws -> Strongbox {
    Strongbox(
        store,
        keys: KeyRing(try MasterKey(parsing: Secret(String(repeating: "k", count: 32)))),
        chance: Chance { .random(in: .min ... .max) })
}

extension RotatedSecrets {
    fileprivate func texts(_ endpoint: Endpoint, after age: Duration) -> [String] {
        secrets(of: endpoint, at: start + age).map(\.exposed)
    }

    fileprivate func rotate(
        _ endpoint: Endpoint, to secret: String, overlap: Duration, at now: Timestamp
    ) async throws {
        try await rotate(
            endpoint.name, configured: endpoint.secrets, to: Secret(secret), overlap: overlap,
            at: now)
    }
}

@Suite struct RotatedSecretsTests {
    private let store = MemoryStore()
    private let audit = endpoint("one")

    @Test func beforeARotationTheConfigurationSigns() async throws {
        let secrets = RotatedSecrets(of: "endpoint", try box(store))
        #expect(secrets.texts(endpoint("a", "b"), after: .zero) == ["a", "b"])
        #expect(secrets.overlap(of: audit, at: start) == nil)
    }

    @Test func newAndOldSignUntilTheOverlapIsOver() async throws {
        let secrets = RotatedSecrets(of: "endpoint", try box(store))
        try await secrets.rotate(audit, to: "two", overlap: .hours(2), at: start)
        #expect(secrets.texts(audit, after: .zero) == ["two", "one"])
        #expect(secrets.texts(audit, after: .hours(2) - .milliseconds(1)) == ["two", "one"])
        #expect(secrets.texts(audit, after: .hours(2)) == ["two"])
        #expect(secrets.overlap(of: audit, at: start) == start + .hours(2))
        #expect(secrets.overlap(of: audit, at: start + .hours(2)) == nil)
        // A second one lets none of before sign for longer than was said.
        try await secrets.rotate(
            audit, to: "three", overlap: .hours(5), at: start + .hours(1))
        #expect(secrets.texts(audit, after: .hours(1)) == ["three", "two", "one"])
        #expect(secrets.texts(audit, after: .hours(3)) == ["three", "two"])
        #expect(secrets.texts(audit, after: .hours(6)) == ["three"])
    }

    /// Whoever was told an end relies on it, whatever is promised to others.
    @Test func aPromisedEndStays() async throws {
        let secrets = RotatedSecrets(of: "endpoint", try box(store))
        try await secrets.rotate(audit, to: "two", overlap: .hours(1), at: start)
        try await secrets.rotate(audit, to: "three", overlap: .seconds(2), at: start)
        #expect(secrets.texts(audit, after: .seconds(1)) == ["three", "two", "one"])
        #expect(secrets.texts(audit, after: .seconds(2)) == ["three", "one"])
        #expect(secrets.overlap(of: audit, at: start) == start + .hours(1))
        #expect(secrets.texts(audit, after: .hours(1)) == ["three"])
    }

    @Test func whatCountsWhenIsToldInAdvance() async throws {
        let secrets = RotatedSecrets(of: "source", try box(store))
        func phases(after age: Duration) -> [String] {
            secrets.phases(of: "audit", configured: audit.secrets, at: start + age).map { phase in
                phase.secrets.map(\.exposed).joined(separator: " ")
                    + (phase.until.map { " for \(($0 - start).text)" } ?? "")
            }
        }
        #expect(phases(after: .zero) == ["one"])
        try await secrets.rotate(audit, to: "two", overlap: .hours(2), at: start)
        try await secrets.rotate(audit, to: "three", overlap: .hours(5), at: start + .hours(1))
        #expect(
            phases(after: .hours(1)) == ["three two one for 2h", "three two for 6h", "three"])
        #expect(phases(after: .hours(2)) == ["three two for 6h", "three"])
        #expect(phases(after: .hours(6)) == ["three"])
        try await secrets.rotate(audit, to: "four", overlap: .zero, at: start + .hours(1))
        #expect(phases(after: .hours(1)) == ["four"])
    }

    @Test func whatWasRotatedOutlivesTheProcessAndLiesSealed() async throws {
        try await RotatedSecrets(of: "endpoint", try box(store)).rotate(
            audit, to: "whsec_marker", overlap: .hours(1), at: start)
        let later = RotatedSecrets(of: "endpoint", try box(store))
        #expect(later.texts(audit, after: .zero) == ["one"])
        try await later.load(["audit", "x"])
        #expect(later.texts(audit, after: .zero) == ["whsec_marker", "one"])
        let record = try #require(await store.sealedRecord("endpoint/audit/secrets"))
        #expect(!String(decoding: record.bytes, as: UTF8.self).contains("marker"))
    }

    @Test func aChangedConfigurationCountsAgain() async throws {
        let secrets = RotatedSecrets(of: "endpoint", try box(store))
        try await secrets.rotate(audit, to: "two", overlap: .hours(1), at: start)
        #expect(secrets.texts(endpoint("other"), after: .zero) == ["other"])
        #expect(secrets.texts(endpoint("one", "other"), after: .zero) == ["one", "other"])
        #expect(secrets.texts(audit, after: .zero) == ["two", "one"])
    }
}
