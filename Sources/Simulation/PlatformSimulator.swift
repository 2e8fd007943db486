package import Domain
import Signing
import StrictJSON
import Synchronization

/// A platform with a lock, faults and control routes around it.
///
/// | route | does |
/// |---|---|
/// | `GET`, `PUT /_sim/world` | shows what exists; changes the members that are given |
/// | `GET /_sim/copies` | every copy really made |
/// | `GET /_sim/deliveries` | every notification received, bodies in base 64 |
/// | `GET`, `PUT /_sim/faults` | shows what goes wrong from now on; replaces it, `{}` is nothing |
/// | `DELETE /_sim` | forgets everything: the world is that of the start again |
///
/// Control routes never suffer faults. What they cannot read is answered 400 with
/// `{"error": {"place", "detail"}}`, and nothing has changed then.
package final class PlatformSimulator<Platform: SimulatedPlatform>: Simulator {
    private struct State {
        var platform: Platform
        var faults = FaultPlan()
        var number = 0
    }

    private let initial: Platform
    private let state: Mutex<State>

    package init(_ platform: Platform) {
        initial = platform
        state = Mutex(State(platform: platform))
    }

    /// Every copy really made by then, in order.
    package func copies(at now: Timestamp) -> [SimulatedCopy] {
        state.withLock { state in
            state.platform.settle(at: now)
            return state.platform.copies
        }
    }

    /// Every notification received, in order.
    package var deliveries: [SimulatedDelivery] { state.withLock { $0.platform.deliveries } }

    /// The platform as it is.
    package var platform: Platform { state.withLock { $0.platform } }

    /// What somebody else does there, such as a person at the platform's own console.
    package func change(_ body: (inout Platform) -> Void) {
        state.withLock { body(&$0.platform) }
    }

    /// Replaces the faults; what `PUT /_sim/faults` does.
    package func plan(_ faults: FaultPlan) {
        state.withLock { $0.faults = faults }
    }

    package func handle(_ request: SimulatedRequest, at now: Timestamp) -> SimulatedAnswer {
        let isControl = request.path == "/_sim" || request.path.hasPrefix("/_sim/")
        return state.withLock { state in
            state.platform.settle(at: now)
            return isControl
                ? control(request, &state) : Self.serve(request, at: now, &state)
        }
    }

    private static func serve(
        _ request: SimulatedRequest, at now: Timestamp, _ state: inout State
    ) -> SimulatedAnswer {
        state.number += 1
        let draw = state.faults.draw(
            routes: state.platform.routes(of: request), path: request.path)
        var circumstances = Circumstances(
            now: now, number: state.number, errorStatus: state.faults.errorStatus)
        var answer: SimulatedAnswer
        switch draw.effect {
        case .none: answer = state.platform.answer(request, under: circumstances)
        case .answer(let exact):
            if exact.acts { _ = state.platform.answer(request, under: circumstances) }
            answer = SimulatedAnswer(
                status: exact.status, headers: exact.headers.map { ($0.name, $0.value) },
                body: exact.body)
        case .fault(let fault):
            circumstances.failsLater = fault.kind == .fail
            if fault.kind.acts {
                answer = state.platform.answer(request, under: circumstances)
            } else if fault.kind == .refuse {
                answer = state.platform.refusal(of: request, under: circumstances)
            } else {
                answer = SimulatedAnswer(status: 500)
            }
            answer = fault.spoil(answer, at: now)
        }
        answer.delay += draw.delay
        if answer.cut != .before {
            let isHeard = answer.cut != .afterActing
            state.platform.note(request, answered: isHeard ? answer.status : nil, at: now)
        }
        return answer
    }

    private func control(_ request: SimulatedRequest, _ state: inout State) -> SimulatedAnswer {
        do {
            return try obey(request, &state)
        } catch {
            return .json(
                ["error": ["place": .string(error.place), "detail": .string(error.detail)]],
                status: 400)
        }
    }

    private func obey(
        _ request: SimulatedRequest, _ state: inout State
    ) throws(ControlRefusal) -> SimulatedAnswer {
        switch (request.method, request.path) {
        case ("GET", "/_sim/world"): return .json(.object(state.platform.world))
        case ("PUT", "/_sim/world"):
            let body = try Self.json(request.body)
            try state.platform.changeWorld(ControlFields(body, at: "").object)
            return .json(.object(state.platform.world))
        case ("GET", "/_sim/copies"):
            return .json(.array(state.platform.copies.map(\.json)))
        case ("GET", "/_sim/deliveries"):
            return .json(.array(state.platform.deliveries.map(\.json)))
        case ("GET", "/_sim/faults"): return .json(state.faults.json)
        case ("PUT", "/_sim/faults"):
            state.faults = try FaultPlan(try Self.json(request.body))
            return .json(state.faults.json)
        case ("DELETE", "/_sim"):
            state.platform = initial
            state.faults = FaultPlan()
            return SimulatedAnswer(status: 204)
        default: return Self.noSuchRoute(request)
        }
    }

    private static func json(_ body: [UInt8]) throws(ControlRefusal) -> JSONValue {
        do {
            return try JSONValue(parsing: body, limits: .match)
        } catch {
            throw ControlRefusal("line \(error.line), column \(error.column)", error.detail)
        }
    }

    private static func noSuchRoute(_ request: SimulatedRequest) -> SimulatedAnswer {
        let methods: String? =
            switch request.path {
            case "/_sim/world", "/_sim/faults": "GET, PUT"
            case "/_sim/copies", "/_sim/deliveries": "GET"
            case "/_sim": "DELETE"
            default: nil
            }
        var answer = SimulatedAnswer.json(
            [
                "error": [
                    "place": .string(request.path),
                    "detail": .string(
                        methods.map { "this route takes \($0)" }
                            ?? "the control routes are /_sim/world, /_sim/copies, "
                            + "/_sim/deliveries, /_sim/faults and /_sim"),
                ]
            ], status: methods == nil ? 404 : 405)
        if let methods { answer.headers.append(("Allow", methods)) }
        return answer
    }
}

extension SimulatedDelivery {
    fileprivate var json: JSONValue {
        [
            "at": .string(at.description), "method": .string(method), "path": .string(path),
            "query": .string(query),
            "headers": .array(headers.map { [.string($0.name), .string($0.value)] }),
            "body": .string(Base64.encode(body)),
            "verified": isVerified.map(JSONValue.bool) ?? .null,
            "answered": status.map { .number(JSONNumber($0)) } ?? .null,
        ]
    }
}
