package import Administration
import Domain
import HTTPTypes
import StrictJSON

/// One call of the API: how it is asked for, who may, and what it does.
///
/// ``all`` is the only way in. `openapi.yaml` describes each of them to the outside, and a test
/// holds the two together.
package struct APICall: Sendable {
    typealias Work = @Sendable (APIRequest) async throws(AdministrationError) -> Answer

    /// The description's `operationId`.
    package let id: String
    /// `GET` answers `HEAD` as well.
    package let method: String
    package let path: PathForm
    /// What the key has to allow.
    package let scope: Scope
    /// The query parameters it understands; anything else is refused rather than ignored, so that
    /// a mistyped filter never looks like one that found everything.
    package let parameters: [String]
    /// Whether it changes nothing and may cost much, so that few of its kind run at a time.
    package let isLook: Bool
    /// Whether the body need not be JSON: what it is is asked by the call itself.
    let takesAnyType: Bool
    /// Why a `POST` that was carried out and not answered, because of a crash, may come again under
    /// its key without anything being done twice.
    package let comingAgain: ComingAgain?
    let work: Work

    /// How a wish that comes again keeps from being done twice.
    package enum ComingAgain: Hashable, Sendable {
        /// Once more does no harm: nothing is changed, and at most a ping is heard twice.
        case looks
        /// What it makes is drawn from the wish, has the same id in every try, and is there.
        case makesTheSame
        /// What it asks for is a state that its object is in already.
        case findsTheState
        /// It leaves out what was done since the wish was made.
        case leavesOutWhatIsDone
        /// It finds its entry in the audit, which is written with the deed.
        case findsItsEntry
    }

    /// - Parameters:
    ///   - path: Below `/api/v1`, names in braces, as in `/tasks/{id}/resolve`.
    ///   - isLook: Left out for `GET`, which always is one.
    ///   - comingAgain: For every `POST` that is no look.
    init(
        _ id: String, _ method: String, _ path: String, _ scope: Scope,
        parameters: [String] = [], isLook: Bool = false, takesAnyType: Bool = false,
        comingAgain: ComingAgain? = nil, _ work: @escaping Work
    ) {
        self.id = id
        self.method = method
        self.path = PathForm(path)
        self.scope = scope
        self.parameters = parameters
        self.isLook = isLook || method == "GET"
        self.takesAnyType = takesAnyType
        self.comingAgain = isLook ? .looks : comingAgain
        self.work = work
    }

    package static let all =
        events + tasks + deliveries + rules + keys + audit + figures + wishes + destinations
        + sources + publishing + stream + endpoints + connections

    /// The calls at a path, one a method.
    ///
    /// Where a word and a name both fit, the word is meant.
    static func at(_ segments: [String]) -> [APICall] {
        let fitting = all.filter { $0.path.names(in: segments) != nil }
        let fewest = fitting.map(\.path.namesCount).min()
        return fitting.filter { $0.path.namesCount == fewest }
    }
}

/// The segments of a path, some of which are names of what stands there.
package struct PathForm: Sendable {
    private enum Part: Sendable {
        case word(String)
        case name
    }

    package let text: String
    private let parts: [Part]

    package init(_ text: String) {
        self.text = text
        parts = text.split(separator: "/").map {
            $0.hasPrefix("{") ? .name : .word(String($0))
        }
    }

    var namesCount: Int {
        parts.count { part in if case .name = part { true } else { false } }
    }

    /// What stands in the places of the names, in their order; `nil` for another path.
    ///
    /// An empty segment is no name.
    package func names(in segments: [String]) -> [String]? {
        guard segments.count == parts.count else { return nil }
        var names: [String] = []
        for (part, segment) in zip(parts, segments) {
            switch part {
            case .word(let word):
                guard segment.hasSameBytes(as: word) else { return nil }
            case .name:
                guard !segment.isEmpty else { return nil }
                names.append(segment)
            }
        }
        return names
    }
}

/// What a call is asked, apart from how it came.
struct APIRequest: Sendable {
    /// Of this request: a wish under a key is carried out by one of its own.
    var administration: Administrator
    let who: Principal
    /// What stood in the places of the path's names.
    let names: [String]
    /// Each at most once, and each one that the call understands.
    let query: [String: String]
    let fields: HTTPFields
    let body: [UInt8]
    let streams: Streams

    /// What a stream needs beside all that.
    struct Streams: Sendable {
        let room: StreamRoom
        let time: TimeSource
        /// Who asks, as that is known at the moment.
        let principal: @Sendable () -> Principal?
    }
}
