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
    /// Files that changed within this time may be half written: they are looked at once more.
    static let settling: Duration = .milliseconds(100)
    /// A directory that never comes to rest is read as it is at last.
    static let settlingLooksMax = 20

    let configuration: Configuration
    let environment: [String: String]
    let desk: RuleDesk
    let state: RuleFilesState
    let time: TimeSource
    let log: Logger

    func run(until stop: StopSignal) async {
        guard let directory = configuration.rulesDirectory else { return }
        var inForce = configuration.rules
        var seen: [String: [String]]?
        var readAt = time.elapsed()
        while !stop.isRaised, !Task.isCancelled {
            await stop.wait(atMost: Self.pause, time: time)
            let present = await settled(directory, since: seen, until: stop)
            guard present != seen || time.elapsed() - readAt >= Self.readAgainAfter else {
                continue
            }
            seen = present
            readAt = time.elapsed()
            do throws(ConfigurationRefusal) {
                let rules = try configuration.readingRulesAgain(environment: environment)
                // Some files may have been read before a change and some behind it.
                guard look(at: directory) == present else {
                    seen = nil
                    continue
                }
                if rules != inForce {
                    guard await putInForce(rules, from: directory) else { continue }
                    inForce = rules
                }
                state.accepted(rules: count(of: rules), at: time.now())
            } catch {
                guard look(at: directory) == present else {
                    seen = nil
                    continue
                }
                guard state.refused(error.description, at: time.now()) else { continue }
                log.error("rules.refused", metadata: ["detail": "\(error)"])
            }
        }
    }

    /// What the directory holds once nobody writes there any more.
    private func settled(
        _ directory: String, since seen: [String: [String]]?, until stop: StopSignal
    ) async -> [String: [String]] {
        var present = look(at: directory)
        guard seen != nil, present != seen else { return present }
        for _ in 0..<Self.settlingLooksMax where !stop.isRaised {
            await stop.wait(atMost: Self.settling, time: time)
            let now = look(at: directory)
            if now == present { break }
            present = now
        }
        return present
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

    /// Rules of the directory, those of the configuration itself not counted.
    private func count(of rules: [Rule]) -> Int { rules.count - configuration.inlineRules.count }

    private func putInForce(_ rules: [Rule], from directory: String) async -> Bool {
        do throws(AdministrationError) {
            try await desk.reload(fileRules: rules, from: directory, at: time.now())
            return true
        } catch {
            if state.refused(error.description, at: time.now()) {
                log.error("rules.reload_failed", metadata: ["detail": "\(error)"])
            }
            return false
        }
    }
}
