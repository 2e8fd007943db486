import Foundation
import Simulation
import StrictJSON
import Testing

/// The contract files beside the package, where they are checked out.
enum SharedFiles {
    static let contracts = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "shared/contracts")

    static var areThere: Bool { FileManager.default.fileExists(atPath: contracts.path()) }

    /// Says that a test had nothing to read, so that a skipped one is seen; never true.
    static func skip(_ what: String) -> Bool {
        print("skipped, no ../shared: \(what)")
        return false
    }

    static func json(_ path: String) throws -> JSONValue {
        let bytes = try Data(contentsOf: contracts.appending(path: path))
        return try JSONValue(parsing: Array(bytes), limits: .match)
    }
}

/// A recorded request of `contracts/coze` or `contracts/keyue`.
func request(_ fixture: JSONValue) throws -> SimulatedRequest {
    let query = (fixture["query"]?.object?.members ?? []).map { member in
        let value = member.value.string?.replacing("/", with: "%2F") ?? ""
        return "\(member.key)=\(value)"
    }.joined(separator: "&")
    let path = try #require(fixture["path"]?.string)
    let body = fixture["body"] ?? .null
    return SimulatedRequest(
        method: try #require(fixture["method"]?.string),
        target: query.isEmpty ? path : path + "?" + query,
        headers: (fixture["headers"]?.object?.members ?? []).map {
            ($0.key, $0.value.string ?? "")
        },
        body: body.isNull ? [] : body.bytes())
}

/// The keys of a value in order of their spelling, and the types of what stands under them.
///
/// Ids, times and names differ from day to day; this must not.
func shape(_ value: JSONValue?) -> String {
    switch value {
    case nil: "absent"
    case .object(let object)?:
        "{"
            + object.members.sorted { $0.key < $1.key }
            .map { "\($0.key): \(shape($0.value))" }.joined(separator: ", ") + "}"
    case .array(let elements)?: "[\(shape(elements.first))]"
    case let value?: value.kind
    }
}

extension SimulatedAnswer {
    var json: JSONValue? { try? JSONValue(parsing: body) }
    var text: String { String(decoding: body, as: UTF8.self) }
}
