import Domain
import Foundation
import Simulation
import StrictJSON
import Transport

/// `copyhook simulate` in a process of its own.
final class SimulatorProcess: Sendable {
    enum Platform: String, Sendable { case coze, keyue, endpoint }

    let process: ChildProcess
    /// As in `http://127.0.0.1:41234`.
    let url: String

    struct CannotStart: Error { let said: String }

    private init(_ process: ChildProcess, url: String) {
        self.process = process
        self.url = url
    }

    /// Returns once it takes connections.
    static func start(_ platform: Platform) async throws -> SimulatorProcess {
        let process = try ChildProcess([BuiltBinary.path, "simulate", platform.rawValue])
        guard let line = await process.outputLine(" simulator on "),
            let url = line.split(separator: " ").last
        else { throw CannotStart(said: process.errors.text) }
        return SimulatorProcess(process, url: String(url))
    }

    /// What `PUT /_sim/…` is told; anything but 200 is a slip of the test.
    func put(_ what: String, _ value: JSONValue) async throws {
        let answer = try await Caller.shared.call("PUT", "\(url)/_sim/\(what)", body: value.bytes())
        guard answer.status == 200 else { throw CannotStart(said: answer.text) }
    }

    /// Replaces what goes wrong from now on; `[:]` is nothing.
    func fail(_ plan: JSONValue) async throws { try await put("faults", plan) }

    /// Twenty thousand notifications are forty megabytes, written by a debug build.
    private func list(_ what: String) async throws -> [JSONValue] {
        try await Caller.shared.call("GET", "\(url)/_sim/\(what)", timeout: .seconds(600))
            .json.array ?? []
    }

    /// Every copy that was really made, in order.
    func copies() async throws -> [JSONValue] { try await list("copies") }

    /// Every notification that came, in order.
    func deliveries() async throws -> [ReceivedDelivery] {
        try await list("deliveries").map(ReceivedDelivery.init)
    }
}

/// A notification as the simulated endpoint saw it.
struct ReceivedDelivery: Sendable {
    /// When it was complete there.
    let at: Timestamp
    let path: String
    /// Whether the signature was right; `nil` where nobody looked.
    let isVerified: Bool?
    /// What was answered; `nil` when the sender heard nothing.
    let status: Int?
    private let headers: [HTTPField]
    let json: JSONValue

    init(_ value: JSONValue) {
        at =
            value["at"]?.string.flatMap(Timestamp.init(rfc3339:))
            ?? Timestamp(milliseconds: 0)
        path = value["path"]?.string ?? ""
        isVerified = value["verified"]?.bool
        status = value["answered"]?.number?.int64.map(Int.init)
        headers = (value["headers"]?.array ?? []).map {
            HTTPField($0[0]?.string ?? "", $0[1]?.string ?? "")
        }
        let body = value["body"]?.string.flatMap { Data(base64Encoded: $0) }.map(Array.init) ?? []
        json = (try? JSONValue(parsing: body)) ?? .null
    }

    func header(_ name: String) -> String? { headers.first(name) }

    /// `webhook-id`, the same on every attempt.
    var webhookID: String? { header("webhook-id") }
}
