package import Domain
package import StrictJSON

/// A stand-in for whoever is notified: callback URLs and chat channels.
package typealias EndpointSimulator = PlatformSimulator<SimulatedEndpoint>

/// Records every delivery, checks signatures, the shape of messages and how fast they come, and
/// answers as the receiver in question would.
///
/// What is wrongly signed is recorded, too, and refused as the scheme refuses: a generic callback
/// with 401, Feishu under 200 with code 19021, DingTalk under 200 with 310000. A path without a
/// hook is answered 204. Fault routes: `delivery`, or a path.
package struct SimulatedEndpoint: SimulatedPlatform {
    package var hooks: [EndpointHook]
    package private(set) var deliveries: [SimulatedDelivery] = []
    /// By path: how fast messages came.
    private var paces: [Identifier<EndpointHook>: HookPace] = [:]

    /// How many deliveries are kept; the oldest go first, some thousands at a time.
    package static let deliveriesMax = 200_000

    package init(hooks: [EndpointHook] = EndpointHook.standard) {
        self.hooks = hooks
    }

    package var world: JSONObject { ["hooks": .array(hooks.map(\.json))] }

    package mutating func changeWorld(_ object: JSONObject) throws(ControlRefusal) {
        let fields = ControlFields(object)
        try fields.allowOnly("hooks")
        let given = try fields.list("hooks", EndpointHook.init) ?? hooks
        try refuseDoubled(given.map(\.path), at: fields.pointer("hooks"))
        hooks = given
    }

    package func routes(of request: SimulatedRequest) -> [String] { ["delivery"] }

    package mutating func answer(
        _ request: SimulatedRequest, under circumstances: Circumstances
    ) -> SimulatedAnswer {
        guard let hook = hook(for: request) else { return SimulatedAnswer(status: 204) }
        if let answer = hook.answer { return answer.simulated }
        if hook.scheme == .cloudevents, request.method == "OPTIONS" {
            return EndpointHook.consent(to: request)
        }
        if hook.verify(request, at: circumstances.now) == false {
            return hook.scheme.badSignature(isStale: hook.isStale(request, at: circumstances.now))
        }
        if let complaint = hook.scheme.complaint(about: request) { return complaint }
        let key = Identifier<EndpointHook>(rawValue: hook.path)
        var pace = paces[key] ?? HookPace(hook.scheme)
        defer { paces[key] = pace }
        return pace.admit(at: circumstances.now) ?? hook.scheme.accepted(request)
    }

    package func refusal(
        of request: SimulatedRequest, under circumstances: Circumstances
    ) -> SimulatedAnswer {
        hook(for: request)?.scheme.refusal ?? EndpointHook.Scheme.webhook.refusal
    }

    package mutating func note(
        _ request: SimulatedRequest, answered status: Int?, at now: Timestamp
    ) {
        if deliveries.count >= Self.deliveriesMax {
            deliveries.removeFirst(Self.deliveriesMax / 50)
        }
        deliveries.append(
            SimulatedDelivery(
                at: now, method: request.method, path: request.path, query: request.rawQuery,
                headers: request.headers, body: request.body,
                isVerified: hook(for: request)?.verify(request, at: now), status: status))
    }

    private func hook(for request: SimulatedRequest) -> EndpointHook? {
        hooks.first { $0.path.hasSameBytes(as: request.path) }
    }
}
