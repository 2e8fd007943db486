package import Domain
import Foundation

extension TimeSource {
    /// The clocks of this machine.
    package static let system: TimeSource = {
        let clock = ContinuousClock()
        let start = clock.now
        return TimeSource(
            now: {
                Timestamp(
                    milliseconds: Int64((Date().timeIntervalSince1970 * 1_000).rounded(.down)))
            },
            elapsed: { clock.now - start },
            sleep: { try await Task.sleep(for: $0) })
    }()
}

extension Chance {
    /// The chance of this machine, good enough for keys.
    package static let system = Chance { UInt64.random(in: .min ... .max) }
}
