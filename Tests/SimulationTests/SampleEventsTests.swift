import Domain
import Signing
import Simulation
import StrictJSON
import Testing

struct SampleEventsTests {
    let samples = SampleEvents()

    private func verify(_ callback: SampleEvents.Callback) throws -> Verdict {
        let apps = CozeWorld.standard.callbackApps.map {
            CozeScheme.App(apiAppID: $0.apiAppID, verifyToken: $0.verifyToken)
        }
        return try CozeScheme(apps: apps).verify(
            IncomingRequest(headers: HeaderFields(callback.headers), body: callback.body),
            at: Desk.start)
    }

    @Test func everySampleIsTakenByOurOwnIntake() throws {
        let world = CozeWorld.standard
        for change in SampleEvents.Change.allCases {
            for app in world.callbackApps {
                let callback = samples.callback(
                    change, of: world.bots[0], to: app, number: 1, at: Desk.start)
                guard case .event(let event) = try verify(callback) else {
                    Issue.record("\(change) was refused")
                    continue
                }
                #expect(event.type == change.rawValue)
                #expect(event.key == callback.eventID)
                #expect(event.time == Desk.start)
                #expect(event.entity?.id == world.bots[0].id)
                #expect(event.entity?.name == world.bots[0].name)
                let isNormal = app.kind == .normal
                #expect(event.entity?.workspaceID == (isNormal ? Desk.here : nil))
            }
        }
    }

    @Test func aHandshakeIsAnswered() throws {
        let app = CozeWorld.standard.callbackApps[0]
        let callback = samples.handshake("988df7dc", to: app, number: 1, at: Desk.start)
        guard case .handshake(let answer) = try verify(callback) else {
            Issue.record("the handshake was refused")
            return
        }
        #expect(String(decoding: answer.body, as: UTF8.self) == #"{"challenge":"988df7dc"}"#)
    }

    @Test func anotherNumberIsAnotherEventAndTheSameIsTheSame() throws {
        let one = try #require(samples.published(number: 1, at: Desk.start))
        let again = try #require(samples.published(number: 1, at: Desk.start))
        let other = try #require(samples.published(number: 2, at: Desk.start))
        #expect(one.body == again.body)
        #expect(one.headers.map(\.value) == again.headers.map(\.value))
        #expect(one.eventID != other.eventID)
    }
}
