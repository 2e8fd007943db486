import Domain
import Matching
import Storage
import Testing

@Suite struct MatchEntityTests {
    private static let body = """
        {"event":{"bot_id":7512041635401000001,"agent":"c24c","none":null,"list":["a"],
         "empty":""}}
        """

    /// The action beside `"connection"`, the event's entity, and what is planned or why not.
    struct Row: Sendable, CustomStringConvertible {
        let action: String
        var entity: EntityReference? = MatchingWorld.bot("7351")
        let outcome: Outcome

        var description: String { action }
    }

    enum Outcome: Sendable {
        case copies(EntityReference)
        case impossible(String)
    }

    private static let rows: [Row] = [
        Row(action: #""coze""#, outcome: .copies(MatchingWorld.bot("7351"))),
        Row(action: #""coze""#, entity: nil, outcome: .impossible("no_entity")),
        // Nothing that Coze copies, or not said.
        Row(
            action: #""coze""#, entity: EntityReference(type: "agent", id: "1"),
            outcome: .impossible("entity_type")),
        Row(
            action: #""coze""#, entity: EntityReference(type: "Bot", id: "1"),
            outcome: .impossible("entity_type")),
        Row(
            action: #""coze","entity_id":"9""#, entity: nil, outcome: .impossible("no_entity")),
        Row(
            action: #""coze","entity_type":"bot""#, entity: nil,
            outcome: .impossible("no_entity")),
        // Another thing of the event's kind: nothing else is known about it.
        Row(
            action: #""coze","entity_id":"9""#,
            outcome: .copies(EntityReference(type: "bot", id: "9"))),
        Row(
            action: #""coze","entity_id":9,"entity_type":"workflow""#, entity: nil,
            outcome: .copies(EntityReference(type: "workflow", id: "9"))),
        Row(
            action: #""coze","entity_id":"9","entity_type":"app""#,
            outcome: .copies(EntityReference(type: "app", id: "9"))),
        Row(
            action: #""coze","entity_id":"9","entity_type":"plugin""#,
            outcome: .impossible("entity_type")),
        // The same thing by another way, under another word.
        Row(
            action: #""coze","entity_id":"7351""#, outcome: .copies(MatchingWorld.bot("7351"))),
        Row(
            action: #""coze","entity_type":"bot""#,
            entity: EntityReference(type: "robot", id: "5", name: "n", workspaceID: "w"),
            outcome: .copies(
                EntityReference(type: "bot", id: "5", name: "n", workspaceID: "w"))),
        // From the event's body, exactly as it was spelled.
        Row(
            action: #""coze","entity_id":{"from":"/data/event/bot_id"}"#,
            outcome: .copies(EntityReference(type: "bot", id: "7512041635401000001"))),
        Row(
            action:
                #""coze","entity_id":{"from":"/entity/id"},"entity_type":{"from":"/entity/type"}"#,
            outcome: .copies(MatchingWorld.bot("7351"))),
        Row(
            action: #""coze","entity_id":{"from":"/data/event/missing"}"#,
            outcome: .impossible("no_entity")),
        Row(
            action: #""coze","entity_id":{"from":"/data/event/none"}"#,
            outcome: .impossible("no_entity")),
        Row(
            action: #""coze","entity_id":{"from":"/data/event/list"}"#,
            outcome: .impossible("no_entity")),
        Row(
            action: #""coze","entity_id":{"from":"/data/event/empty"}"#,
            outcome: .impossible("no_entity")),
        Row(
            action: #""coze","entity_type":{"from":"/data/event/none"}"#,
            outcome: .impossible("no_entity")),
        Row(
            action: ##""coze","entity_id":"a\u0007""##, outcome: .impossible("no_entity")),
        // From a Coze bot to a Keyue agent.
        Row(action: #""keyue""#, outcome: .impossible("entity_type")),
        Row(
            action: #""keyue","entity_id":"c24c""#,
            outcome: .copies(EntityReference(type: "agent", id: "c24c"))),
        Row(
            action: #""keyue","entity_id":{"from":"/data/event/agent"}"#, entity: nil,
            outcome: .copies(EntityReference(type: "agent", id: "c24c"))),
        Row(
            action: #""keyue","entity_id":"c24c","entity_type":"agent""#,
            outcome: .copies(EntityReference(type: "agent", id: "c24c"))),
        Row(
            action: #""keyue","entity_id":"c24c","entity_type":"bot""#,
            outcome: .impossible("entity_type")),
        Row(
            action: #""keyue""#, entity: EntityReference(type: "agent", id: "c24c", name: "n"),
            outcome: .copies(EntityReference(type: "agent", id: "c24c", name: "n"))),
    ]

    @Test(arguments: rows)
    func anActionCopiesWhatItNamesOrWhatTheEventIsAbout(_ row: Row) async throws {
        let world = try MatchingWorld([
            """
            {"name":"r","match":{"source":["main"]},"copy":[{"connection":\(row.action)}]}
            """
        ])
        let record = try await world.match("1", entity: row.entity, body: Self.body)
        let tasks = try await world.tasks()
        #expect(record.verdicts.count == 1)
        switch row.outcome {
        case .copies(let entity):
            #expect(tasks.map(\.plan.entity) == [entity])
        case .impossible(let reason):
            #expect(tasks.isEmpty)
            #expect(record.verdicts.first?.effect == .impossible(reason))
        }
    }
}
