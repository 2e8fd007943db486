package import Domain
package import StrictJSON

/// One row of Keyue's task list, read tolerantly: of its columns only four are documented
/// (contracts/keyue.md section 4).
package struct KeyueTaskRow: Hashable, Sendable {
    package let id: String
    package let agentName: String?
    /// As it came: a number, or a text that should spell one.
    package let status: String?
    /// `nil` where it is absent, null or blank.
    package let error: String?
    package let createdAt: Timestamp?
    /// Whether this is a copy; `nil` where the row does not say.
    package let isCopy: Bool?

    /// The kind that every copy task has; no address to be called.
    package static let copyURL = "/api/v2/agents/copy"

    /// - Returns: `nil` for a row without an id.
    package init?(_ row: JSONValue) {
        func first(_ keys: String...) -> JSONValue? {
            keys.lazy.compactMap { row[$0] }.first { !$0.isNull }
        }
        guard let id = first("id", "taskId")?.foreignID else { return nil }
        self.id = id
        agentName = row["agentName"]?.string
        status = first("taskStatus", "status")?.text
        error = first("errorMsg", "errorMessage").flatMap { Self.words($0) }
        createdAt = first("createTime", "created").flatMap { Self.time($0) }
        switch (first("taskUrl")?.string, first("taskType", "type")?.string) {
        case (let url?, _): isCopy = url.utf8.elementsEqual(Self.copyURL.utf8)
        case (nil, let type?): isCopy = type.utf8.elementsEqual("copy".utf8)
        case (nil, nil): isCopy = nil
        }
    }

    private static func words(_ value: JSONValue) -> String? {
        let text = value.string ?? String(decoding: value.bytes(), as: UTF8.self)
        return text.utf8.contains { $0 > 0x20 } ? text : nil
    }

    /// `yyyy-MM-dd HH:mm:ss` in UTC+8 (section 1.2), or milliseconds since 1970.
    package static func time(_ value: JSONValue) -> Timestamp? {
        switch value {
        case .string(let text) where text.utf8.count == 19: Timestamp(rfc3339: text + "+08:00")
        case .number(let number): number.int64.map { Timestamp(milliseconds: $0) }
        default: nil
        }
    }
}

/// What one look at a row of the task list says about the copy (contracts/keyue.md section 6).
package enum KeyueVerdict: Hashable, Sendable {
    case running
    case succeeded
    /// The error text, where there is one.
    case failed(String?)

    /// The first row of the table that matches; no row of the list is `running` as well.
    package init(_ row: KeyueTaskRow?, by map: Connection.TaskQuery.StatusMap) {
        guard let row else {
            self = .running
            return
        }
        let status = row.status.flatMap { $0.utf8.contains(UInt8(ascii: "+")) ? nil : Int($0) }
        if let status, map.pending.contains(status) || map.running.contains(status) {
            self = .running
        } else if let status, map.failed.contains(status) {
            self = .failed(row.error)
        } else if let error = row.error {
            // Succeeded with an error is a contradiction, and the worse half is believed.
            self = .failed(error)
        } else if let status, map.succeeded.contains(status) {
            self = .succeeded
        } else {
            self = .running
        }
    }
}
