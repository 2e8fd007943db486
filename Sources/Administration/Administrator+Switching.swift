import Domain
import Logging
import Signing
import Storage

/// Destinations that people switch off and on: their work waits meanwhile, and nothing is lost.
extension Administrator {
    /// How often a change is thought over when a room was faster.
    private static let triesMax = 5

    /// Reads what people switched off before, at start.
    package func readSwitches() async throws(AdministrationError) {
        let off = try await healthRows().filter { $0.switchedOffAt != nil }
        destinations.replace(switchedOff: Set(off.map(\.destination)))
    }

    /// Switches a destination; one that is as it should be stays so.
    ///
    /// Switching on ends what failures did as well: people are told of it as of a recovery.
    func set(
        _ destination: Destination, enabled isEnabled: Bool, noting verb: AuditVerb,
        by who: Principal
    ) async throws(AdministrationError) {
        try await switches.pass { () async throws(AdministrationError) in
            let now = time.now()
            let note = note(verb, of: destination.name, by: who, at: now)
            try await changeHealth(of: destination, noting: note) {
                $0.switched(on: isEnabled, at: now)
            }
            var off = destinations.current.switchedOff
            if isEnabled { off.remove(destination) } else { off.insert(destination) }
            destinations.replace(switchedOff: off)
            log.notice(
                "destination.switched",
                metadata: [
                    "destination": "\(destination.key)", "enabled": "\(isEnabled)",
                    "by": "\(who.id)",
                ])
        }
        nudges.copying()
        nudges.notifying()
    }

    /// Forgets how a destination of this name fared, since another is to have its name.
    func forgetHealth(of destination: Destination) async throws(AdministrationError) {
        try await switches.pass { () async throws(AdministrationError) in
            try await changeHealth(of: destination, noting: nil) { $0.forgotten }
            var off = destinations.current.switchedOff
            if off.remove(destination) != nil { destinations.replace(switchedOff: off) }
        }
    }

    private func changeHealth(
        of destination: Destination, noting note: AuditNote?,
        _ change: (DestinationHealth) -> HealthChange?
    ) async throws(AdministrationError) {
        for round in 1...Self.triesMax {
            let known = try await healthRows().first { $0.destination == destination }
            guard let changed = change(known ?? DestinationHealth(destination)) else { return }
            do throws(StorageError) {
                return try await store.record(
                    changed.health,
                    announcing: audience.announcements(of: changed, at: time.now()), noting: note)
            } catch {
                guard error.code == .conflict, round < Self.triesMax else {
                    return try await ask { () async throws(StorageError) in throw error }
                }
            }
        }
    }

    private func healthRows() async throws(AdministrationError) -> [DestinationHealth] {
        try await ask { () async throws(StorageError) in try await store.health() }
    }
}
