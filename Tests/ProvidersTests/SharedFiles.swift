import Domain
import Foundation
import Providers
import StrictJSON
import Transport

/// The contract files beside the package, where they are checked out.
enum SharedFiles {
    static let contracts = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "shared/contracts")

    static var areThere: Bool { FileManager.default.fileExists(atPath: contracts.path()) }

    /// Says that a test had nothing to read, so that a skipped one is seen.
    static func skip(_ what: String) { print("skipped, no ../shared: \(what)") }

    static func bytes(_ path: String) throws -> [UInt8] {
        Array(try Data(contentsOf: contracts.appending(path: path)))
    }

    static func json(_ path: String) throws -> JSONValue {
        try JSONValue(parsing: bytes(path), limits: .match)
    }

    /// The names of the files of a folder that start so, in order.
    static func names(_ folder: String, startingWith prefix: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(
            atPath: contracts.appending(path: folder).path()
        )
        .filter { $0.hasPrefix(prefix) }.sorted()
    }
}

/// One exchange of `contracts/coze`.
struct CozeFixture {
    let name: String
    let request: JSONValue
    let answer: HTTPAnswer

    init(_ name: String) throws {
        let file = try SharedFiles.json("coze/\(name).json")
        let response = file["response"] ?? .null
        self.name = name
        request = file["request"] ?? .null
        answer = HTTPAnswer(
            status: Int(response["http_status"]?.wholeInt ?? 0),
            headers: (response["headers"]?.object?.members ?? []).map {
                HTTPField($0.key, $0.value.string ?? "")
            },
            body: response["body"]?.bytes() ?? Array((response["body_text"]?.string ?? "").utf8))
    }

    /// The same answer under another status.
    func answer(under status: Int) -> HTTPAnswer {
        var answer = answer
        answer.status = status
        return answer
    }
}

/// An answer of `contracts/keyue`, under the status that its index states.
func keyueFixture(_ name: String, under status: Int? = nil) throws -> Reply {
    let index = try SharedFiles.json("keyue/index.json")["files"]?.array ?? []
    let entry = index.first { $0["file"]?.string == name }
    let stated = entry?["httpStatus"]?.wholeInt.map { Int($0) }
    return .of(
        HTTPAnswer(status: status ?? stated ?? 200, body: try SharedFiles.bytes("keyue/" + name)))
}

extension JSONValue {
    var wholeInt: Int64? { number?.int64 }
}
