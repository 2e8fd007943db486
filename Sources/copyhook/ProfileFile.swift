import Domain
import Settings
import StrictJSON

/// Where a person keeps the services that they ask: `$COPYHOOK_PROFILES`, else
/// `copyhook/profiles.yaml` in `$XDG_CONFIG_HOME` or `~/.config`.
struct ProfileFile {
    private let environment: [String: String]

    init(_ environment: [String: String]) { self.environment = environment }

    private func value(_ name: String) -> String? {
        environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    private var path: String {
        if let path = value("COPYHOOK_PROFILES") { return path }
        let home = value("XDG_CONFIG_HOME") ?? (value("HOME") ?? "") + "/.config"
        return home + "/copyhook/profiles.yaml"
    }

    /// The one of this name, else the one that `COPYHOOK_PROFILE` names; `nil` where none is named,
    /// and then no file is read.
    func profile(_ given: String?) throws(CommandFailure) -> Profile? {
        guard let name = given ?? value("COPYHOOK_PROFILE") else { return nil }
        let profiles: [Profile]
        do throws(ConfigurationRefusal) {
            profiles = try Profile.read(path, environment: environment)
        } catch {
            throw .badUsage(error.description)
        }
        if let profile = profiles.first(where: { $0.name.hasSameBytes(as: name) }) {
            return profile
        }
        let names = profiles.map(\.name).joined(separator: ", ")
        throw .badUsage(
            "\(path) has no profile “\(name.onOneLine)”",
            profiles.isEmpty ? "It has none at all; add one under profiles." : "It has: \(names).")
    }
}
