package import StrictJSON

/// What goes wrong from now on: planned answers first, then chance.
///
/// The chances are drawn from a seed, a fixed count of draws a request, so that the same requests
/// in the same order meet the same faults.
package struct FaultPlan: Sendable {
    var chances: [FaultKind: Double] = [:]
    var seed: UInt64 = 0
    /// Milliseconds, uniformly drawn.
    var delay: ClosedRange<Int64>?
    var retryAfter: Int64?
    var isRetryAfterDate = false
    var errorStatus: ErrorStatus?
    /// Used up in order; those of other routes are passed over and stay.
    var planned: [PlannedFault] = []
    private var generator = SeededGenerator(seed: 0)

    /// What one request meets.
    struct Draw {
        var effect: PlannedFault.Effect = .none
        var delay: Duration = .zero
    }

    package init() {}

    /// What a request of these routes meets.
    mutating func draw(routes: [String], path: String) -> Draw {
        // All draws are made whatever comes of them: a plan that is used up must not shift the
        // chances of the requests after it.
        let hits = FaultKind.allCases.filter { generator.happens(chances[$0] ?? 0) }
        let share = Double(generator.next() >> 11) * 0x1p-53
        var draw = Draw()
        var delay = self.delay
        if let entry = takePlanned(routes: routes, path: path) {
            draw.effect = entry.effect
            delay = entry.delay ?? delay
        } else if let kind = hits.first {
            var fault = Fault(kind)
            fault.retryAfter = retryAfter
            fault.isRetryAfterDate = isRetryAfterDate
            draw.effect = .fault(fault)
        }
        if let delay {
            let span = Double(delay.upperBound - delay.lowerBound + 1)
            draw.delay = .milliseconds(delay.lowerBound + Int64(span * share))
        }
        return draw
    }

    private mutating func takePlanned(routes: [String], path: String) -> PlannedFault? {
        let place = planned.firstIndex { entry in
            guard let route = entry.route else { return true }
            return route.hasSameBytes(as: path)
                || routes.contains { $0.hasSameBytes(as: route) }
        }
        guard let place else { return nil }
        let entry = planned[place]
        planned[place].times -= 1
        if planned[place].times == 0 { planned.remove(at: place) }
        return entry
    }
}

// MARK: - Reading and showing

extension FaultPlan {
    /// The longest delay that may be asked for, ten minutes in milliseconds.
    static let delayMax: Int64 = 600_000

    /// Reads the body of `PUT /_sim/faults`: an object of chances with, at will, `next`, or the
    /// list that `next` would hold.
    package init(_ value: JSONValue) throws(ControlRefusal) {
        if case .array = value {
            try self.init(ControlFields(["next": value]), listAt: "")
        } else {
            try self.init(ControlFields(value, at: ""), listAt: "/next")
        }
    }

    private init(_ fields: ControlFields, listAt list: String) throws(ControlRefusal) {
        try fields.allowOnly(
            "seed", "delay_ms", "refuse", "http_500", "http_429", "retry_after_s",
            "retry_after_date", "cut_before",
            "cut_after_acting", "http_500_after_acting", "fail", "garbage", "truncated", "drip",
            "error_http", "next")
        for kind in FaultKind.allCases {
            if let chance = try fields.chance(kind.rawValue) { chances[kind] = chance }
        }
        seed = UInt64(try fields.integer("seed", in: 0...Int64.max) ?? 0)
        generator = SeededGenerator(seed: seed)
        delay = try Self.delay(fields)
        retryAfter = try fields.integer("retry_after_s", in: 0...86_400)
        isRetryAfterDate = try fields.flag("retry_after_date") ?? false
        errorStatus = try fields.choice("error_http", of: [ErrorStatus.ok, .match])
        let entries = try fields.list("next") { (value, place) throws(ControlRefusal) in
            // A bare list has no `next` in its places.
            let place = list.isEmpty ? String(place.dropFirst("/next".count)) : place
            return try PlannedFault(ControlFields(value, at: place))
        }
        planned = entries ?? []
    }

    /// `[min, max]`, or one number for both.
    static func delay(_ fields: ControlFields) throws(ControlRefusal) -> ClosedRange<Int64>? {
        guard let value = fields.value("delay_ms") else { return nil }
        let bounds = (value.array ?? [value, value]).compactMap(\.number?.int64)
        guard bounds.count == 2, value.array?.count ?? 2 == 2, bounds[0] >= 0,
            bounds[0] <= bounds[1], bounds[1] <= delayMax
        else {
            throw ControlRefusal(
                fields.pointer("delay_ms"),
                "expected [min, max] in milliseconds, from 0 to \(delayMax), min not above max")
        }
        return bounds[0]...bounds[1]
    }

    /// The plan as it could be put again; `next` holds what is not used up.
    package var json: JSONValue {
        var object = JSONObject()
        for kind in FaultKind.allCases {
            guard let chance = chances[kind], let number = JSONNumber(chance) else { continue }
            object[kind.rawValue] = .number(number)
        }
        if !object.isEmpty || delay != nil { object["seed"] = .number(JSONNumber(seed)) }
        if let delay {
            object["delay_ms"] = [
                .number(JSONNumber(delay.lowerBound)), .number(JSONNumber(delay.upperBound)),
            ]
        }
        if let retryAfter { object["retry_after_s"] = .number(JSONNumber(retryAfter)) }
        if isRetryAfterDate { object["retry_after_date"] = true }
        if let errorStatus { object["error_http"] = .string(errorStatus.rawValue) }
        if !planned.isEmpty {
            object["next"] = .array(
                planned.map { entry in
                    var source = entry.source
                    if entry.times > 1 { source["times"] = .number(JSONNumber(entry.times)) }
                    if entry.times == 1 { source["times"] = nil }
                    return .object(source)
                })
        }
        return .object(object)
    }
}

extension PlannedFault {
    /// Reads `{route, fault, …}` or `{route, status, headers, body, acts}`.
    init(_ fields: ControlFields) throws(ControlRefusal) {
        try fields.allowOnly(
            "route", "fault", "times", "delay_ms", "retry_after_s", "retry_after_date", "bytes",
            "piece", "pause_ms",
            "status", "headers", "body", "acts")
        route = try fields.text("route").flatMap { $0 == "*" || $0.isEmpty ? nil : $0 }
        times = Int(try fields.integer("times", in: 1...1_000_000) ?? 1)
        delay = try FaultPlan.delay(fields)
        source = fields.object
        let status = try fields.integer("status", in: 200...599)
        let kind = try fields.choice("fault", of: FaultKind.allCases)
        switch (kind, status) {
        case (.some, .some):
            throw ControlRefusal(
                fields.pointer("status"), "either a fault or an exact answer, not both")
        case (let kind?, nil):
            var fault = Fault(kind)
            fault.retryAfter = try fields.integer("retry_after_s", in: 0...86_400)
            fault.isRetryAfterDate = try fields.flag("retry_after_date") ?? false
            fault.bytes = try fields.integer("bytes", in: 0...1 << 30).map(Int.init)
            fault.piece = Int(try fields.integer("piece", in: 1...1 << 20) ?? 16)
            fault.pause = .milliseconds(try fields.integer("pause_ms", in: 0...60_000) ?? 20)
            effect = .fault(fault)
        case (nil, let status?):
            effect = .answer(try Exact(fields, status: Int(status)))
        case (nil, nil) where delay != nil: effect = .none
        case (nil, nil):
            let names = FaultKind.allCases.map(\.rawValue).joined(separator: ", ")
            throw ControlRefusal(
                fields.place, "expected status, delay_ms or fault, which is one of \(names)")
        }
    }
}

extension PlannedFault.Exact {
    /// `headers` is an object or a list of pairs; a `body` of text goes out as it is, anything
    /// else as JSON.
    fileprivate init(_ fields: ControlFields, status: Int) throws(ControlRefusal) {
        self.status = status
        acts = try fields.flag("acts") ?? false
        headers = []
        body = []
        switch fields.value("headers") {
        case nil: break
        case .object(let object)?:
            for member in object.members {
                guard let value = member.value.text else {
                    throw ControlRefusal(fields.pointer("headers"), "expected values of text")
                }
                headers.append(Field(name: member.key, value: value))
            }
        case .array(let pairs)?:
            for (index, pair) in pairs.enumerated() {
                guard pair.array?.count == 2, let name = pair[0]?.string,
                    let value = pair[1]?.text
                else {
                    throw ControlRefusal(
                        fields.pointer("headers") + "/\(index)", "expected [name, value]")
                }
                headers.append(Field(name: name, value: value))
            }
        case let other?:
            throw ControlRefusal(
                fields.pointer("headers"), "expected an object, found \(other.kind)")
        }
        for field in headers where !field.isSafe {
            throw ControlRefusal(
                fields.pointer("headers"), "a header holds what no header may hold")
        }
        guard let value = fields.value("body") else { return }
        body = value.string.map { Array($0.utf8) } ?? value.bytes()
        let hasType = headers.contains { $0.name.lowercased() == "content-type" }
        if !hasType {
            let type = value.string == nil ? "application/json" : "text/plain"
            headers.append(Field(name: "Content-Type", value: "\(type); charset=utf-8"))
        }
    }
}

extension PlannedFault.Exact.Field {
    /// Whether this is one line: no control characters, and a name of letters, digits and `-_`.
    fileprivate var isSafe: Bool {
        !name.isEmpty
            && name.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0 & 0xDF)
                    || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
            }
            && value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
    }
}
