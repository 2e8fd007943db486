import Administration
import Domain
import Foundation
import Logging
import Pipeline
import Rules
import Settings

/// Follows the directory of rule files, so that a change takes effect without a restart.
///
/// All or nothing: a broken file changes nothing and says so, once for each new complaint.
struct RuleFiles: Sendable {
    static let pause: Duration = .seconds(1)
    /// For what the times of files do not tell, such as a file that a rule refers to.
    static let readAgainAfter: Duration = .seconds(60)

    let configuration: Configuration
    let environment: [String: String]
    let desk: RuleDesk
    let time: TimeSource
    let log: Logger

    func run(until stop: StopSignal) async {
        guard let directory = configuration.rulesDirectory else { return }
        var inForce = configuration.rules
        var complaint: String?
        var seen: [String: [String]]?
        var readAt = time.elapsed()
        while !stop.isRaised, !Task.isCancelled {
            await stop.wait(atMost: Self.pause, time: time)
            let present = look(at: directory)
            guard present != seen || time.elapsed() - readAt >= Self.readAgainAfter else {
                continue
            }
            seen = present
            readAt = time.elapsed()
            do throws(ConfigurationRefusal) {
                let rules = try configuration.readingRulesAgain(environment: environment)
                complaint = nil
                guard rules != inForce else { continue }
                if await putInForce(rules) { inForce = rules }
            } catch {
                guard complaint != error.description else { continue }
                complaint = error.description
                log.error("rules.refused", metadata: ["detail": "\(error)"])
            }
        }
    }

    /// What the directory holds, without opening a file: names, sizes and times.
    private func look(at directory: String) -> [String: [String]] {
        let files = FileManager.default
        let names = (try? files.contentsOfDirectory(atPath: directory)) ?? []
        return names.reduce(into: [:]) { seen, name in
            let attributes = try? files.attributesOfItem(atPath: directory + "/" + name)
            let written = (attributes?[.modificationDate] as? Date)?.timeIntervalSince1970
            seen[name] = ["\(written ?? 0)", "\(attributes?[.size] ?? 0)"]
        }
    }

    private func putInForce(_ rules: [Rule]) async -> Bool {
        do throws(AdministrationError) {
            try await desk.reload(fileRules: rules)
            return true
        } catch {
            log.error("rules.reload_failed", metadata: ["detail": "\(error)"])
            return false
        }
    }
}
