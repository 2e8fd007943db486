import Domain
import Logging

/// Tells what the rooms log, as a walk through them.
///
/// The demonstration has no eyes of its own: it shows what every log of the service says.
struct DemoNarrator: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let fields = event.metadata ?? [:]
        func field(_ name: String) -> String { fields[name].map { "\($0)".onOneLine } ?? "" }
        let took = "\(Paint.standardOutput(.dim, "\(field("duration_ms")) ms"))"
        switch "\(event.message)" {
        case "event.admitted":
            tell("Intake", .blue, "stored as \(field("event")), answered 200", took)
        case "event.repeated":
            tell("Intake", .blue, "known already as \(field("event")), answered 200", took)
        case "event.refused", "event.conflict":
            tell("Intake", .red, "refused: \(field("reason"))", took)
        case "event.matched":
            tell(
                "Matching", .magenta,
                "\(field("rules")) rule, \(field("tasks")) copy task, "
                    + "\(field("announced")) announced", took)
        case "copy.attempted":
            tell(
                "Copying", .cyan,
                "\(field("connection")): \(field("kind")) \(field("outcome")), "
                    + "now \(Paint.standardOutput.state(field("state")))", took)
        case "delivery.attempted":
            let isAccepted = field("outcome") == "accepted"
            tell(
                "Notifying", isAccepted ? .green : .red,
                "\(field("endpoint")): \(field("type")) \(field("outcome")) \(field("status"))",
                took)
        default:
            guard event.level >= .warning else { return }
            let text = fields.sorted { $0.key < $1.key }
                .map { "\($0.key)=\("\($0.value)".onOneLine)" }
            tell("\(event.message)", .red, text.joined(separator: " "), "")
        }
    }

    private func tell(_ room: String, _ colour: Paint.Colour, _ what: String, _ took: String) {
        let name = room + String(repeating: " ", count: max(1, 11 - room.count))
        standardOutput("   \(Paint.standardOutput(colour, name))\(what)  \(took)")
    }
}
