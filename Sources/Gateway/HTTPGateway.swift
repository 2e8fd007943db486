package import Administration
package import Domain
import HTTPTypes
import HummingbirdCore
package import Intake
package import Logging
import NIOCore
package import Signing
import StrictJSON

/// The HTTP face: what senders deliver to, and what people and programs ask.
///
/// Thin on purpose. What an event is worth is judged by `Intake`, what a person may do by
/// `Administration`; here bytes become their words, and their answers bytes again.
package struct HTTPGateway: Sendable {
    /// Takes in one request for a source; the method of `IntakeRoom` in all but tests.
    package typealias Receive =
        @Sendable (
            _ request: IncomingRequest, _ source: String, _ secret: String?
        ) async -> IntakeAnswer

    /// Why the service should get no traffic now, a few words each; empty when it should.
    package typealias Readiness = @Sendable () async -> [String]

    let receive: Receive
    let administration: Administrator
    let readiness: Readiness
    let isExempt: @Sendable (PeerAddress) -> Bool
    let limits: ConnectionLimits
    let callLimits: CallLimits
    let readingRoom: ReadingRoom
    let streamRoom: StreamRoom
    let calls = CallAllowance<String>()
    let strangers = CallAllowance<[UInt8]>()
    let time: TimeSource
    let log: Logger

    /// - Parameters:
    ///   - isExempt: Whose connections are not counted by address: loopback, and the proxies that
    ///     the configuration trusts.
    package init(
        receive: @escaping Receive, administration: Administrator,
        readiness: @escaping Readiness = { [] },
        isExempt: @escaping @Sendable (PeerAddress) -> Bool = { $0.isLoopback },
        limits: ConnectionLimits = ConnectionLimits(), callLimits: CallLimits = CallLimits(),
        time: TimeSource, log: Logger
    ) {
        self.receive = receive
        self.administration = administration
        self.readiness = readiness
        self.isExempt = isExempt
        self.limits = limits
        self.callLimits = callLimits
        readingRoom = ReadingRoom(
            seats: limits.readsAtOnceMax, waitersMax: limits.readsWaitingMax)
        streamRoom = StreamRoom(seats: limits.streamsMax)
        self.time = time
        self.log = log
    }
}

// MARK: - From a request to an answer

extension HTTPGateway {
    /// Answers one whole request.
    ///
    /// - Parameters:
    ///   - peer: Who is at the other end of the connection, `nil` where that cannot be told.
    ///   - isStopping: Whether we have been asked to stop: then no load balancer should send more.
    func answer(
        _ request: HTTPRequest, body: [UInt8], from peer: PeerAddress?, isStopping: Bool
    ) async -> Answer {
        guard let target = RequestTarget(request.path ?? "") else {
            return Problem.targetMalformed.answer
        }
        guard let route = Route(target.segments) else { return Problem.notFound.answer }
        let method = request.method.rawValue
        if route.isToBeRead, method != "GET", method != "HEAD" {
            return Problem.method(allowing: ["GET", "HEAD"]).answer
        }
        switch route {
        case .intake(let source, let secret):
            let incoming = IncomingRequest(
                method: method, headers: Self.fields(of: request), query: target.query, body: body)
            let answer = await receive(incoming, source, secret)
            return Answer(status: answer.status, headers: answer.headers, body: answer.body)
        case .healthz:
            return Answer(200, text: "ok")
        case .readyz:
            let reasons = (isStopping ? ["stopping"] : []) + (await readiness())
            guard reasons.isEmpty else { return Answer(503, text: reasons.joined(separator: "\n")) }
            return Answer(200, text: (["ready"] + remarks).joined(separator: "\n"))
        case .description:
            return Answer(yaml: PackageResources.openapi_yaml)
        case .api(let segments):
            return await api(segments, target.query, request, body, from: peer)
        }
    }

    /// What keeps no event away and is worth knowing.
    private var remarks: [String] {
        guard let refusal = administration.ruleFiles.refusal else { return [] }
        let lines = refusal.detail.split(separator: "\n").map { $0.drop { $0 == " " } }
        let detail = lines.joined(separator: "; ").onOneLine
        return ["rule files: refused since \(refusal.at): \(detail)"]
    }

    /// The lines as they came.
    ///
    /// `Host` is the one that the server takes out of them first.
    private static func fields(of request: HTTPRequest) -> HeaderFields {
        var fields = HeaderFields()
        if let host = request.authority { fields.append("Host", host) }
        for field in request.headerFields { fields.append(field.name.rawName, field.value) }
        return fields
    }

    /// Whose key stands behind `Bearer` in the one `Authorization`; `nil` for none that we know.
    func principal(of request: HTTPRequest) -> Principal? {
        let values = request.headerFields[values: .authorization]
        guard values.count == 1 else { return nil }
        let parts = values[0].utf8.split(separator: UInt8(ascii: " "), maxSplits: 1)
        guard parts.count == 2, String(parts[0])?.lowercased() == "bearer",
            let bearer = String(parts[1])
        else { return nil }
        return administration.keyDesk.principal(of: bearer)
    }
}
