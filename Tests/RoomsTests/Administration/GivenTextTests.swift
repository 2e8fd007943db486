import Administration
import Domain
import StrictJSON
import Testing

/// What people and programs write into bodies, held against what the description promises.
@Suite struct GivenTextTests {
    private let administration = AdministrationFixture().administration

    private func publish(_ body: String) async throws(AdministrationError) {
        _ = try await administration.publish(Array(body.utf8), as: nil)
    }

    private func refusal(_ body: String) async -> AdministrationError? {
        do throws(AdministrationError) {
            try await publish(body)
            return nil
        } catch { return error }
    }

    /// As a JSON Schema counts: not in bytes, and not what a reader takes for one character.
    @Test(arguments: ["a", "\u{5BA2}", "\u{1F469}", "e\u{301}"])
    func textsAreCountedInScalars(_ one: String) async {
        let count = one.unicodeScalars.count
        let longest = String(repeating: one, count: 256 / count)
        for key in ["type", "key"] {
            let rest = key == "type" ? "" : #""type":"a","#
            #expect(await refusal("{\(rest)\"\(key)\":\"\(longest)\"}") == nil)
            let long = await refusal("{\(rest)\"\(key)\":\"\(longest)x\"}")
            #expect(long?.pointer?.description == "/\(key)")
            #expect(long?.detail.contains("256 characters") == true)
        }
    }

    @Test(arguments: [
        #"{"type":"bot","id":"7"}"#, #"{"type":"bot","id":7351}"#,
        #"{"type":"bot","id":"7","name":"","workspace_id":7498,"version":"1.0"}"#,
        #"{"type":"bot","id":9999999999999999999,"owner":{"id":null}}"#,
    ])
    func anEntityIsTaken(_ entity: String) async {
        #expect(await refusal(#"{"type":"a","entity":\#(entity)}"#) == nil)
        #expect(throws: Never.self) {
            try RuleTrial(parsing: Array(#"{"event":{"type":"a","entity":\#(entity)}}"#.utf8))
        }
    }

    @Test(arguments: [
        (#"{"type":"bot"}"#, "/id"), (#"{"id":"7"}"#, "/type"), (#"{"type":7,"id":"7"}"#, "/type"),
        (#"{"type":"bot","id":-7}"#, "/id"), (#"{"type":"bot","id":7.5}"#, "/id"),
        (#"{"type":"bot","id":""}"#, "/id"), (#"{"type":"bot","id":null}"#, "/id"),
        (#"{"type":"bot","id":"7","name":7}"#, "/name"),
        (#"{"type":"bot","id":"7","workspace_id":{}}"#, "/workspace_id"),
        (#"{"type":"bot","id":"7","version":true}"#, "/version"), (#""7""#, ""), ("null", ""),
    ])
    func anEntityThatIsNoneIsRefusedWhereItIsWrong(_ entity: String, _ place: String) async {
        let refused = await refusal(#"{"type":"a","entity":\#(entity)}"#)
        #expect(refused?.code == .requestInvalid)
        #expect(refused?.pointer?.description == "/entity\(place)")
        if !place.isEmpty { #expect(refused?.remedy.contains("`workspace_id`") == true) }
        let tried = #expect(throws: AdministrationError.self) {
            try RuleTrial(parsing: Array(#"{"event":{"type":"a","entity":\#(entity)}}"#.utf8))
        }
        #expect(tried?.pointer?.description == "/event/entity\(place)")
    }
}
