import Foundation
import Signing
import StrictJSON

/// The contract files beside the package, where they are checked out.
enum SharedFiles {
    static let contracts = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "shared/contracts")

    static var areThere: Bool { FileManager.default.fileExists(atPath: contracts.path()) }

    /// Says that a test had nothing to read, so that a skipped one is seen.
    static func skip(_ what: String) { print("skipped, no ../shared: \(what)") }

    static func json(_ path: String) throws -> JSONValue {
        let bytes = try Data(contentsOf: contracts.appending(path: path))
        return try JSONValue(parsing: Array(bytes), limits: .match)
    }

    /// The files of `contracts/coze` whose names start so, in order.
    static func coze(_ prefix: String) throws -> [JSONValue] {
        let names = try FileManager.default.contentsOfDirectory(
            atPath: contracts.appending(path: "coze").path())
        return try names.filter { $0.hasPrefix(prefix) }.sorted().map { try json("coze/\($0)") }
    }
}

extension JSONValue {
    /// The bytes that a text in base 64 spells, or `nil` where this is none.
    var base64: [UInt8]? { string.flatMap { Base64.decode($0) } }
}

extension String {
    var bytes: [UInt8] { Array(utf8) }
}
