import Administration
import Domain
import Logging
import Sealing
import Settings
import Signing
import Storage
import StorageMemory
import StrictJSON
import Synchronization
import Testing
import Transport

private let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
private let now = Timestamp(milliseconds: 1_773_822_615_250)

private func definition(_ path: String = "my-way") -> [UInt8] {
    let json: JSONValue = [
        "url": .string("https://ops.example.com/" + path), "secret": .string(secret),
    ]
    return json.bytes()
}

/// One process with a desk of endpoints over a store that outlives it.
private struct Desk {
    let desk: DefinitionDesk<Endpoint>
    let inForce = InForce()

    final class InForce: Sendable {
        private let endpoints = Mutex<[Endpoint]>([])
        var names: [String] { endpoints.withLock { $0.map(\.name) } }
        var urls: [String] { endpoints.withLock { $0.map(\.url.exposed) } }
        func take(_ all: [Endpoint]) { endpoints.withLock { $0 = all } }
    }

    init(
        _ store: any Store, files: [String] = [], key: Character = "a",
        lease: Duration = .seconds(60)
    ) throws {
        let reader = DefinitionReader(egress: EgressPolicy(), publicURL: nil, lease: lease)
        desk = DefinitionDesk(
            .endpoints(reader),
            files: files.map { name in
                FileDefinition(
                    name: name,
                    value: Endpoint(
                        name: name, channel: .webhook, url: Secret("https://file.example.com/")),
                    shown: ["url": "https://file.example.com/<secret>"], file: "copyhook.yaml")
            },
            strongbox: Strongbox(
                store,
                keys: KeyRing(
                    try MasterKey(parsing: Secret(String(repeating: key, count: 32)))),
                chance: Chance { .random(in: .min ... .max) }),
            chance: Chance { .random(in: .min ... .max) },
            log: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        ) { [inForce] in inForce.take($0) }
    }

    @discardableResult
    func put(
        _ name: String, _ definition: [UInt8], if condition: Precondition = Precondition()
    ) async throws(AdministrationError) -> (entry: DefinitionEntry<Endpoint>, isNew: Bool) {
        try await desk.put(name, definition: definition, if: condition, by: .anna, at: now)
    }
}

private func code(
    _ work: () async throws(AdministrationError) -> Void
) async -> AdministrationError.Code? {
    do throws(AdministrationError) {
        try await work()
        return nil
    } catch {
        return error.code
    }
}

@Suite struct DefinitionDeskTests {
    private let store = MemoryStore()

    private func notes() async throws -> [String] {
        try await store.auditEntries(AuditQuery()).rows.reversed().map {
            "\($0.verb) \($0.object) \(String(decoding: $0.details, as: UTF8.self))"
        }
    }

    @Test func whatIsPutIsInForceAtOnceAndAfterARestart() async throws {
        let first = try Desk(store, files: ["audit"])
        try await first.desk.rebuild()
        #expect(first.inForce.names == ["audit"])
        let (entry, isNew) = try await first.put("ops", definition())
        #expect(isNew && entry.origin == .api && entry.updatedAt == now)
        #expect(first.inForce.names == ["audit", "ops"])
        let (changed, isNewAgain) = try await first.put("ops", definition("c3d4"))
        #expect(!isNewAgain && changed.tag != entry.tag)
        #expect(first.inForce.urls.last == "https://ops.example.com/c3d4")
        let second = try Desk(store, files: ["audit"])
        try await second.desk.rebuild()
        #expect(second.inForce.urls.last == "https://ops.example.com/c3d4")
        #expect(try second.desk.entry("ops").tag == changed.tag)
        try await second.desk.delete("ops", by: .anna, at: now) {}
        #expect(second.inForce.names == ["audit"])
        #expect(
            try await notes() == [
                #"endpoint.put ops {"new":true,"changed":["url","secret"]}"#,
                #"endpoint.put ops {"new":false,"changed":["url"]}"#,
                "endpoint.deleted ops {}",
            ])
    }

    /// Whoever applies the same file each night changes nothing, and so nothing is noted.
    @Test func whatIsAsItWasChangesNothing() async throws {
        let desk = try Desk(store)
        let (first, _) = try await desk.put("ops", definition())
        let record = try await store.sealedRecord("endpoint/ops/definition")
        let (again, isNew) = try await desk.put("ops", definition())
        #expect(!isNew && again.tag == first.tag && again.updatedAt == first.updatedAt)
        #expect(try await store.sealedRecord("endpoint/ops/definition") == record)
        #expect(try await notes().count == 1)
        #expect(desk.inForce.names == ["ops"])
    }

    @Test func aDefinitionLiesSealedAndIsShownWithoutItsSecrets() async throws {
        let desk = try Desk(store)
        try await desk.put("ops", definition())
        let ids = try await store.sealedIDs()
        #expect(ids == ["endpoint/ops/definition"])
        let bytes = try #require(try await store.sealedRecord(ids[0])).bytes
        let shown = String(decoding: try desk.desk.entry("ops").json().bytes(), as: UTF8.self)
        for word in [secret, "my-way"] {
            #expect(!shown.contains(word))
            #expect(!String(decoding: bytes, as: UTF8.self).contains(word))
        }
    }

    @Test func aChangeIsMadeOnlyWhileItIsAsItWasRead() async throws {
        let desk = try Desk(store)
        let none = Precondition(noneOf: ["*"])
        let (first, _) = try await desk.put("ops", definition(), if: none)
        #expect(
            await code { () async throws(AdministrationError) in
                try await desk.put("ops", definition("other"), if: none)
            } == .changedMeanwhile)
        let asRead = Precondition(match: IfMatch([first.tag]))
        try await desk.put("ops", definition("c3d4"), if: asRead)
        #expect(
            await code { () async throws(AdministrationError) in
                try await desk.put("ops", definition("late"), if: asRead)
            } == .changedMeanwhile)
        #expect(
            await code { () async throws(AdministrationError) in
                try await desk.desk.delete("ops", if: asRead, by: .anna, at: now) {}
            } == .changedMeanwhile)
        #expect(
            await code { () async throws(AdministrationError) in
                try await desk.put("new", definition(), if: Precondition(match: IfMatch(["*"])))
            } == .changedMeanwhile)
        #expect(desk.inForce.urls == ["https://ops.example.com/c3d4"])
        #expect(try await notes().count == 2)
    }

    /// Two processes over one store: what the other wrote is compared, not what is remembered.
    @Test func theStoreIsComparedAndNotTheMemory() async throws {
        let one = try Desk(store)
        let (first, _) = try await one.put("ops", definition())
        let other = try Desk(store)
        try await other.desk.rebuild()
        try await other.put("ops", definition("c3d4"))
        #expect(
            await code { () async throws(AdministrationError) in
                let asRead = Precondition(match: IfMatch([first.tag]))
                try await one.put("ops", definition("late"), if: asRead)
            } == .changedMeanwhile)
    }

    @Test func whatIsRefusedChangesNothing() async throws {
        let desk = try Desk(store, files: ["audit"])
        try await desk.desk.rebuild()
        let cases: [(String, [UInt8], AdministrationError.Code)] = [
            ("ops", Array("{}".utf8), .definitionInvalid),
            ("ops", Array("{".utf8), .bodyInvalid),
            ("ops", Array("[]".utf8), .definitionInvalid),
            ("o/ps", definition(), .definitionInvalid),
            ("audit", definition(), .definitionReadOnly),
        ]
        for (name, definition, expected) in cases {
            #expect(
                await code { () async throws(AdministrationError) in
                    try await desk.put(name, definition)
                } == expected, "\(name)")
        }
        for (name, expected) in [
            ("ops", AdministrationError.Code.notFound), ("audit", .definitionReadOnly),
        ] {
            #expect(
                await code { () async throws(AdministrationError) in
                    try await desk.desk.delete(name, by: .anna, at: now) {}
                } == expected)
        }
        try await desk.put("ops", definition())
        #expect(
            await code { () async throws(AdministrationError) in
                try await desk.desk.delete("ops", by: .anna, at: now) {
                    () throws(AdministrationError) in
                    throw AdministrationError(.definitionInUse, "a rule names it", remedy: "")
                }
            } == .definitionInUse)
        #expect(desk.inForce.names == ["audit", "ops"])
        #expect(try await store.sealedIDs() == ["endpoint/ops/definition"])
    }

    @Test func aNameThatTheConfigurationTakesIsShadowedAndComesBack() async throws {
        let first = try Desk(store)
        try await first.put("ops", definition())
        let second = try Desk(store, files: ["ops"])
        try await second.desk.rebuild()
        #expect(second.inForce.urls == ["https://file.example.com/"])
        let entries = second.desk.list()
        #expect(entries.map(\.isShadowed) == [false, true])
        #expect(
            entries[1].problem
                == "the configuration has an endpoint of this name, and that one is in force")
        #expect(try second.desk.entry("ops").origin == .file("copyhook.yaml"))
        let third = try Desk(store)
        try await third.desk.rebuild()
        #expect(third.inForce.urls == ["https://ops.example.com/my-way"])
        // What is shadowed is needed by nobody, and can go.
        try await second.desk.delete("ops", by: .anna, at: now) {
            () throws(AdministrationError) in
            throw AdministrationError(.definitionInUse, "a rule names it", remedy: "")
        }
        #expect(second.inForce.urls == ["https://file.example.com/"])
        #expect(try await store.sealedIDs() == [])
    }

    @Test func whatCannotBeReadIsShownAndKeepsNobodyFromWorking() async throws {
        let first = try Desk(store)
        try await first.put("ops", definition())
        let slow = Array(definition("x").dropLast()) + Array(#","timeout":"20s"}"#.utf8)
        try await first.put("slow", slow)
        // Another master key, and a shorter lease.
        let strange = try Desk(store, key: "b")
        try await strange.desk.rebuild()
        #expect(strange.inForce.names == [])
        #expect(strange.desk.list().allSatisfy { $0.problem?.contains("cannot be read") == true })
        let short = try Desk(store, lease: .seconds(35))
        try await short.desk.rebuild()
        #expect(short.inForce.names == ["ops"])
        #expect(
            try short.desk.entry("slow").problem
                == "what is stored is refused now: /timeout: 20s is more than half of the lease of "
                + "35s")
        // It is mended by putting it again, and can be deleted.
        #expect(try await strange.put("ops", definition()).isNew == false)
        #expect(strange.inForce.names == ["ops"])
        try await strange.desk.delete("slow", by: .anna, at: now) {}
        #expect(strange.desk.list().map(\.name) == ["ops"])
    }
}
