import Domain
import Simulation
import Storage

// No secret in a log line, in what is stored, or in what is sent to an endpoint.
extension Checkers {
    mutating func checkSecrets() {
        for place in course.chronicle.leaks { fail("a secret stands in \(place)") }
        guard course.plan.isSearched else { return }
        for record in records where "\(record)".holdsMarker {
            fail("a secret is stored with \(record.task.id)")
        }
        for event in snapshot.events where "\(event.verdicts)".holdsMarker {
            fail("a secret is stored with \(event.event.id)")
        }
        for delivery in course.scenery.endpoint.deliveries where delivery.body.holdsMarker {
            fail(
                "a secret was sent to \(delivery.path == Scenery.chatPath ? "chat" : delivery.path)"
            )
        }
    }
}

extension String {
    /// Whether the marker of all secrets stands somewhere in this text.
    var holdsMarker: Bool { Array(utf8).holdsMarker }
}

extension [UInt8] {
    private static let marker = Array(Scenery.marker.utf8)

    /// Whether the marker of all secrets stands somewhere in these bytes.
    var holdsMarker: Bool {
        var rest = self[...]
        while let place = rest.firstIndex(of: Self.marker[0]) {
            if rest[place...].starts(with: Self.marker) { return true }
            rest = rest[(place + 1)...]
        }
        return false
    }
}
