import StrictJSON

/// Everything that is answered, by the form of its path.
///
/// A case names a resource, not a method, so that a wrong method can be told what is allowed.
enum Route: Hashable {
    /// `/in/{source}` and `/in/{source}/{secret}`.
    case intake(source: String, secret: String?)
    case healthz
    case readyz
    /// Something below `/api/`, known or not: nothing there is told apart without a key.
    case api(Resource)

    enum Resource: Hashable {
        case list(Table)
        case one(Table, id: String)
        case resolve(task: String)
        case rules
        case rule(String)
        case stats
        case unknown
    }

    enum Table: String, Hashable, CaseIterable {
        case events, tasks, deliveries
    }

    init?(_ segments: [String]) {
        switch segments.count {
        case 1 where segments[0].hasSameBytes(as: "healthz"): self = .healthz
        case 1 where segments[0].hasSameBytes(as: "readyz"): self = .readyz
        case 2... where segments[0].hasSameBytes(as: "api"):
            self = .api(Self.resource(segments.dropFirst()))
        case 2...3 where segments[0].hasSameBytes(as: "in") && !segments[1].isEmpty:
            self = .intake(source: segments[1], secret: segments.count == 3 ? segments[2] : nil)
        default: return nil
        }
    }

    private static func resource(_ segments: ArraySlice<String>) -> Resource {
        let parts = Array(segments.dropFirst())
        guard segments.first?.hasSameBytes(as: "v1") == true, let name = parts.first,
            parts.allSatisfy({ !$0.isEmpty })
        else { return .unknown }
        if let table = Table.allCases.first(where: { $0.rawValue.hasSameBytes(as: name) }) {
            switch parts.count {
            case 1: return .list(table)
            case 2: return .one(table, id: parts[1])
            case 3 where table == .tasks && parts[2].hasSameBytes(as: "resolve"):
                return .resolve(task: parts[1])
            default: return .unknown
            }
        }
        if name.hasSameBytes(as: "rules"), parts.count <= 2 {
            return parts.count == 1 ? .rules : .rule(parts[1])
        }
        return name.hasSameBytes(as: "stats") && parts.count == 1 ? .stats : .unknown
    }

    /// The methods it answers, as `Allow` lists them; `nil` for callbacks, since each source has
    /// its own.
    var methods: [String]? {
        switch self {
        case .intake: nil
        case .healthz, .readyz, .api(.list), .api(.one), .api(.rules), .api(.stats):
            ["GET", "HEAD"]
        case .api(.rule): ["GET", "HEAD", "PUT", "DELETE"]
        case .api(.resolve): ["POST"]
        case .api(.unknown): []
        }
    }

    /// The query parameters it understands; anything else is refused rather than ignored, so that
    /// a mistyped filter never looks like one that found everything.
    var parameters: [String] {
        switch self {
        case .api(.list(.events)): ["state", "cursor", "limit"]
        case .api(.list(.tasks)): ["state", "event", "cursor", "limit"]
        case .api(.list(.deliveries)): ["state", "task", "cursor", "limit"]
        case .api, .intake, .healthz, .readyz: []
        }
    }
}
