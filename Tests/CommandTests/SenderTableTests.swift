import Domain
import Signing
import StrictJSON
import Testing

/// Every scheme against the built command, with one service for the whole table: good events and
/// the same spoilt in one place, over raw sockets, and then a look at what is stored.
@Suite(.timeLimit(.minutes(2))) struct SenderTableTests {
    @Test func everySenderIsAnsweredAsDesignedAndOnlyWhatIsProvedIsStored() async throws {
        let rows = SenderRow.all
        #expect(Set(rows.map(\.source)).count == rows.count)
        let scratch = try ScratchDirectory()
        var plan = ServicePlan(rules: "")
        for row in rows {
            plan.sources.append("\(row.source):")
            plan.sources += row.settings.map { "  " + $0 }
        }
        let service = try await ServiceProcess.start(plan, in: scratch)
        let began = ContinuousClock.now
        var count = 0
        var due: [String: [String]] = [:]
        for row in rows {
            due[row.source] = []
            for one in try row.cases(.wall) {
                count += 1
                due[row.source]? += one.stores
                guard let complaint = try await complaint(about: one, row, port: plan.port) else {
                    continue
                }
                Issue.record("\(row.source): \(one.name): \(complaint)")
            }
        }
        var stored: [String: [String]] = [:]
        for event in try await service.rows("events") {
            let source = try #require(event["source"]?.string)
            let key = try #require(event["key"]?.string)
            // An event without a key of its own goes by its id.
            stored[source, default: []].append(key == event["id"]?.string ? "?" : key)
        }
        for row in rows {
            #expect(stored[row.source, default: []].sorted() == due[row.source]?.sorted())
        }
        let events = stored.values.reduce(0) { $0 + $1.count }
        print(
            "senders: \(rows.count) rows, \(count) cases, \(events) events in "
                + "\(ContinuousClock.now - began)")
        #expect(count >= 200)
        try expectNoSecret(in: service.process.errors.text)
    }

    /// What is not as designed, or `nil`.
    private func complaint(
        about one: SenderCase, _ row: SenderRow, port: Int
    ) async throws -> String? {
        let answers = try await IncomingSocket.exchange(one.bytes(to: row.source), port: port)
        let shown = answers.text.prefix(400)
        guard answers.statuses == [one.status] else {
            return "\(answers.statuses) instead of \(one.status): \(shown)"
        }
        for text in one.answers where !answers.text.contains(text) {
            return "no \(text.debugDescription) in \(shown)"
        }
        for text in one.lacks where answers.text.contains(text) { return "\(text) in \(shown)" }
        return nil
    }

    /// A token that came in an address or a path must not be in a line.
    private func expectNoSecret(in log: String) throws {
        let secrets = [HeaderProof.secret, HeaderProof.older, HeaderProof.stranger]
        for secret in secrets {
            let isThere = log.contains(secret.exposed)
            #expect(!isThere)
        }
        #expect(log.contains("event.admitted"))
    }
}
