package import Domain
package import Logging
package import Pipeline
package import Signing
package import Storage

/// The first room: proves a request, stores its event, and only then says so.
///
/// No server is in here; whatever hears requests brings each of them to
/// ``receive(_:for:secret:)`` and puts the answer on the wire as it is.
package struct IntakeRoom: Sendable {
    let doors: IntakeDoors
    private let events: any EventLog
    let time: TimeSource
    private let chance: Chance
    let next: Nudge
    private let limits: IntakeLimits
    private let line: WaitingLine
    private let refusals = LineAllowance()
    /// Apart, so that what a sender said when it tried the address is not lost among refusals.
    private let handshakes = LineAllowance()
    let log: Logger

    /// - Parameters:
    ///   - sources: By their names in the configuration, which are also the events' sources.
    ///   - pathSecrets: What must stand behind the name in the path, for the sources that want it;
    ///     any one of a source's own does.
    ///   - next: Signalled for each event that is new.
    package init(
        sources: [String: any SourceScheme], pathSecrets: [String: [Secret]] = [:],
        events: any EventLog, time: TimeSource, chance: Chance, next: Nudge,
        limits: IntakeLimits = IntakeLimits(), log: Logger
    ) {
        doors = IntakeDoors(
            sources.map { name, scheme in
                IntakeDoor(name, [.init(scheme, pathSecrets: pathSecrets[name] ?? [])])
            })
        self.events = events
        self.time = time
        self.chance = chance
        self.next = next
        self.limits = limits
        self.line = WaitingLine(limits: limits, time: time)
        self.log = log
    }

    /// Takes these doors for the ones that were there; requests that are being read keep theirs.
    package func replaceDoors(with doors: [IntakeDoor]) { self.doors.replace(with: doors) }

    /// Keeps the line to the store moving until the stop is asked for, and finishes it then.
    ///
    /// To be run beside the server, and stopped after it. ``receive(_:for:secret:)`` works without,
    /// but then waits for a store that does not heed its being cancelled.
    package func run(until stop: StopSignal) async {
        await line.run(until: stop)
    }

    /// Takes one request in, whatever is in it.
    ///
    /// 2xx says that the event is on disk, or that the sender only tried the address. Everything
    /// else says that it is not known to be; it may be all the same, and a repeat then is a repeat.
    ///
    /// - Parameters:
    ///   - source: What the path names, percent-decoded.
    ///   - secret: What follows it in the path, `nil` where nothing does.
    package func receive(
        _ request: IncomingRequest, for source: String, secret: String?
    ) async -> IntakeAnswer {
        let began = time.elapsed()
        let now = time.now()
        let door = doors[source]
        let phase = door?.phase(at: now)
        let reception = await judge(request, for: source, door, secret: secret, at: now)
        if reception.hasNews { next.signal() }
        let ended = time.elapsed()
        // Who does not know the way in hears nothing of what is behind it, not even its manners.
        let scheme = phase.flatMap { $0.path.open(to: secret) ? $0.scheme : nil }
        let answer = reception.answer(limits, in: scheme)
        var leftOut = 0
        if let allowance = allowance(for: reception) {
            guard let count = allowance.take(at: ended) else { return answer }
            leftOut = count
        }
        // A name that we do not know may be anything, such as a secret in the wrong place.
        reception.report(
            to: log, source: door == nil ? "?" : source,
            bytes: request.body.count, duration: ended - began, leftOut: leftOut)
        return answer
    }

    /// Out of what its line is paid where anybody could have sent it; `nil` where not.
    private func allowance(for reception: Reception) -> LineAllowance? {
        switch reception {
        case .refused: refusals
        case .handshake: handshakes
        case .admitted, .heldBack: nil
        }
    }

    private func judge(
        _ request: IncomingRequest, for source: String, _ door: IntakeDoor?, secret: String?,
        at now: Timestamp
    ) async -> Reception {
        guard let door else { return .refused(.notFound("unknown_source")) }
        switch prove(request, at: door, secret: secret, now) {
        case .failure(let refusal):
            return .refused(refusal)
        case .success(.refused(let refusal)):
            return .refused(.init(refusal, methods: door.phase(at: now).scheme.methods))
        case .success(.handshake(let answer)):
            return .handshake(answer)
        case .success(.event(let verified)):
            return await admit(
                [event(verified, from: source, body: request.body, at: now)], verified.answer)
        case .success(.batch(let several, let answer)):
            return await admit(
                several.map { event($0, from: source, body: request.body, at: now) }, answer)
        }
    }

    /// - Parameter evenClosed: Whether a closed door is as good as an open one.
    func prove(
        _ request: IncomingRequest, at door: IntakeDoor, secret: String?, _ now: Timestamp,
        evenClosed: Bool = false
    ) -> Result<Verdict, Reception.Refusal> {
        let phase = door.phase(at: now)
        guard phase.path.open(to: secret) else {
            return .failure(.notFound("wrong_path_secret"))
        }
        do throws(VerificationRefusal) {
            try phase.scheme.checkMethod(request)
        } catch {
            return .failure(.init(error, methods: phase.scheme.methods))
        }
        guard Self.isPlain(request.headers) else {
            return .failure(
                .init(status: 415, reason: "content_encoding", detail: "only identity is taken"))
        }
        guard request.body.count <= limits.bodyBytesMax else {
            return .failure(
                .init(
                    status: 413, reason: "body_too_large",
                    detail: "more than \(limits.bodyBytesMax) bytes"))
        }
        guard evenClosed || !door.isClosed else {
            return .failure(.closed(retryAfterSeconds: limits.retryAfterClosedSeconds))
        }
        return .success(phase.scheme.verify(request, at: now))
    }

    func admit(_ batch: [Event], _ answer: SchemeAnswer) async -> Reception {
        guard !batch.isEmpty else { return .admitted([], answer) }
        do throws(WaitingLine.Trouble) {
            let admissions = try await line.admit(batch, to: events)
            return .admitted(Array(zip(batch, admissions)), answer)
        } catch {
            return .heldBack(batch, error)
        }
    }

    func event(
        _ verified: VerifiedEvent, from source: String, body: [UInt8], at now: Timestamp
    ) -> Event {
        var chance = chance
        let id = Event.ID.make("evt_", at: now, using: &chance)
        return Event(
            id: id,
            identity: .init(
                source: source, scope: verified.scope, key: verified.key ?? id.rawValue),
            type: verified.type, time: verified.time, receivedAt: now, entity: verified.entity,
            body: verified.body ?? body)
    }

    /// Whether the body is what it seems: a coded one would be proved as it came and read as
    /// something else, and could grow without bound (decision 14).
    private static func isPlain(_ headers: HeaderFields) -> Bool {
        headers.values(of: "Content-Encoding")
            .flatMap { $0.split(separator: ",") }
            .map { $0.filter { $0 != " " && $0 != "\t" } }
            .allSatisfy { $0.isEmpty || $0.lowercased() == "identity" }
    }
}
