import Domain
import Settings
import Storage
package import StrictJSON

/// A sender whose events are taken in, as it was configured, without its secrets.
package struct SourceSummary: Hashable, Sendable {
    package let name: String
    package let scheme: String

    package init(name: String, scheme: String) {
        self.name = name
        self.scheme = scheme
    }
}

extension Administrator {
    /// `{"sources": […]}`, each with its path.
    package func listSources() -> JSONValue {
        if let sourceDesk {
            let told: [JSONValue] = sourceDesk.definitions.list().map { entry in
                [
                    "name": .string(entry.name), "scheme": .text(entry.value?.kind.rawValue),
                    "path": .string("/in/" + entry.name),
                    "origin": entry.origin == .api ? "api" : "file",
                    "disabled": .bool(sourceDesk.isClosed(entry.name)),
                    "problem": .text(entry.problem),
                ]
            }
            return ["sources": .array(told)]
        }
        let told: [JSONValue] = sources.map {
            [
                "name": .string($0.name), "scheme": .string($0.scheme),
                "path": .string("/in/" + $0.name), "origin": "file", "disabled": false,
                "problem": .null,
            ]
        }
        return ["sources": .array(told)]
    }

    func health() async throws(AdministrationError) -> [Destination: DestinationHealth] {
        let all = try await ask { () async throws(StorageError) in try await store.health() }
        return Dictionary(all.map { ($0.destination, $0) }) { first, _ in first }
    }
}

extension DestinationHealth? {
    /// A destination that was always well has no record.
    ///
    /// Who ended it says how it begins again: what failures disabled is probed, and what a person
    /// switched off waits for a person.
    var json: JSONValue {
        let isOff = self?.switchedOffAt != nil
        let state =
            isOff || self?.disabledAt != nil
            ? "disabled" : self?.failingSince != nil ? "failing" : "well"
        return [
            "state": .string(state),
            "disabled_by": state == "disabled" ? .string(isOff ? "person" : "failures") : .null,
            "switched_off_at": .text(self?.switchedOffAt?.description),
            "failing_since": .text(self?.failingSince?.description),
            "disabled_at": .text(self?.disabledAt?.description),
            "failure": self?.failure?.json ?? .null,
        ]
    }
}
