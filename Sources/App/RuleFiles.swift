import Administration
import Domain
import Logging
import Pipeline
import Rules
import Settings

/// Follows the directory of rule files, so that a change takes effect without a restart.
///
/// All or nothing: a broken file changes nothing and says so, once for each new complaint.
struct RuleFiles: Sendable {
    static let pause: Duration = .seconds(1)

    let configuration: Configuration
    let environment: [String: String]
    let desk: RuleDesk
    let time: TimeSource
    let log: Logger

    func run(until stop: StopSignal) async {
        guard configuration.rulesDirectory != nil else { return }
        var inForce = configuration.rules
        var complaint: String?
        while !stop.isRaised, !Task.isCancelled {
            await rest(or: stop)
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

    private func putInForce(_ rules: [Rule]) async -> Bool {
        do throws(AdministrationError) {
            try await desk.reload(fileRules: rules)
            return true
        } catch {
            log.error("rules.reload_failed", metadata: ["detail": "\(error)"])
            return false
        }
    }

    private func rest(or stop: StopSignal) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await stop.wait() }
            group.addTask { try? await time.sleep(Self.pause) }
            await group.next()
            group.cancelAll()
        }
    }
}
