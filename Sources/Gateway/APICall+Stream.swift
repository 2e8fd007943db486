import Administration
import HTTPTypes
import StrictJSON

/// What happens, as it happens.
extension APICall {
    static let stream = [
        APICall(
            "followStream", "GET", "/stream", .read, parameters: StreamSelection.parameters
        ) { asked throws(AdministrationError) in
            let marks = asked.fields[values: .lastEventID]
            let selection = StreamSelection(asked.query, lastMark: marks.first)
            guard asked.fields.wantEventStream else {
                return Answer(
                    json: try await asked.administration.happenings(selection, for: asked.who))
            }
            return try await asked.follow(selection, scope: .read)
        }
    ]
}

extension APIRequest {
    fileprivate func follow(
        _ selection: StreamSelection, scope: Scope
    ) async throws(AdministrationError) -> Answer {
        let start = try await administration.following(selection, for: who)
        guard let seat = streams.room.enter() else { return Problem.tooManyStreams.answer }
        return Answer(
            EventStream(
                administration: administration, time: streams.time, room: streams.room,
                seat: seat, principal: streams.principal, scope: scope, start: start))
    }
}

extension HTTPFields {
    /// Whether a stream is asked for by its name; `*/*` is content with a page.
    fileprivate var wantEventStream: Bool {
        self[values: .accept].joined(separator: ",").lowercased()
            .split(separator: ",").contains { range in
                range.prefix { $0 != ";" }.filter { $0 != " " && $0 != "\t" }
                    .hasSameBytes(as: "text/event-stream")
            }
    }
}

extension HTTPField.Name {
    fileprivate static var lastEventID: Self { Self("Last-Event-ID")! }
}
