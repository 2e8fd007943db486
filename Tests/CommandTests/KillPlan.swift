import Foundation
import Simulation
import StrictJSON

/// How much is sent, how often the service is killed, and what goes wrong beside.
struct KillPlan: Sendable {
    /// Whether the large counts are asked for.
    static let isFull = ProcessInfo.processInfo.environment["COPYHOOK_TEST_FULL"] == "1"

    /// How long a small run takes to come to rest at the most: a delivery whose third try failed as
    /// well, twice because the service was killed, is tried again after two minutes and a quarter
    /// more.
    static let patience: Duration = .seconds(210)

    var events: Int
    var kills: Int
    /// How many endpoints hear of every end.
    var endpoints = 1
    /// How long a service lives, in milliseconds, from the moment at which it listens.
    var life = 20...1_500
    /// How long a sender waits between two events, in milliseconds.
    var pause = 0...300
    var senders = 4
    /// Whether the endpoints cut off every tenth answer too; the platforms always do.
    var endpointsCut = true
    var seed = KillPlan.drawnSeed

    /// The one that was asked for, or one by chance.
    static var drawnSeed: UInt64 {
        ProcessInfo.processInfo.environment["COPYHOOK_TEST_SEED"].flatMap(UInt64.init)
            ?? UInt64.random(in: 1...999_999)
    }

    /// What a platform does to requests: every tenth answer is lost, and all was done.
    var platformFaults: JSONValue { faults(cut: true) }
    var endpointFaults: JSONValue { faults(cut: endpointsCut) }

    private func faults(cut: Bool) -> JSONValue {
        var faults: JSONObject = ["seed": .number(JSONNumber(Int64(seed & 0xFFFF_FFFF)))]
        faults["delay_ms"] = [0, 40]
        if cut { faults["cut_after_acting"] = .number(JSONNumber(0.1) ?? 0) }
        return .object(faults)
    }
}
