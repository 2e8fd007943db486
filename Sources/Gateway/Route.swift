import StrictJSON

/// Everything that is answered, by the form of its path.
enum Route: Hashable {
    /// `/in/{source}` and `/in/{source}/{secret}`.
    case intake(source: String, secret: String?)
    case healthz
    case readyz
    /// `/openapi.yaml`: the description of the API.
    case description
    /// Something below `/api/`, known or not: nothing there is told apart without a key.
    case api([String])

    init?(_ segments: [String]) {
        switch segments.count {
        case 1 where segments[0].hasSameBytes(as: "healthz"): self = .healthz
        case 1 where segments[0].hasSameBytes(as: "readyz"): self = .readyz
        case 1 where segments[0].hasSameBytes(as: "openapi.yaml"): self = .description
        case 2... where segments[0].hasSameBytes(as: "api"): self = .api(Array(segments[1...]))
        case 2...3 where segments[0].hasSameBytes(as: "in") && !segments[1].isEmpty:
            self = .intake(source: segments[1], secret: segments.count == 3 ? segments[2] : nil)
        default: return nil
        }
    }

    /// Whether it only shows something, with or without its body.
    var isToBeRead: Bool {
        switch self {
        case .healthz, .readyz, .description: true
        case .intake, .api: false
        }
    }

    /// The calls that answer there; the first segment is the API's version.
    static func calls(at segments: [String]) -> [APICall] {
        guard let version = segments.first, version.hasSameBytes(as: "v1") else { return [] }
        return APICall.at(Array(segments.dropFirst()))
    }
}
