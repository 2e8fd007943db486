package import Domain
import StrictJSON

/// What came of one harmless try of a destination.
package struct Trial: Hashable, Sendable {
    package let isAccepted: Bool
    package let status: Int?
    /// `nil` where nothing was sent.
    package let took: Duration?
    /// What became of it, in one line without secrets: the head of the answer, where there is one.
    package let detail: String
    /// What to do; empty where nothing is.
    package let remedy: String

    package init(
        isAccepted: Bool, status: Int?, took: Duration?, detail: String, remedy: String
    ) {
        self.isAccepted = isAccepted
        self.status = status
        self.took = took
        self.detail = detail
        self.remedy = remedy
    }

    /// Where there is nobody to try anything with.
    package static let nothing = Trial(
        isAccepted: false, status: nil, took: nil, detail: "nothing was sent", remedy: "")

    func json(_ key: String, _ name: String) -> JSONValue {
        [
            key: .string(name), "accepted": .bool(isAccepted),
            "status": status.map { .number(JSONNumber(Int64($0))) } ?? .null,
            "duration_ms": took.map { .number(JSONNumber($0.wholeMilliseconds)) } ?? .null,
            "detail": .string(detail.onOneLine), "remedy": .text(remedy.isEmpty ? nil : remedy),
        ]
    }
}

/// Tells an endpoint a `ping`, as a real notification goes out, and says what its answer means.
package typealias EndpointTrying = @Sendable (Endpoint) async -> Trial

/// Gets a token over a connection and asks the cheapest question there is; nothing is copied.
package typealias ConnectionTrying = @Sendable (Connection) async -> Trial
