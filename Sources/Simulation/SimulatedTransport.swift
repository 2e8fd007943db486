package import Domain
import StrictJSON
import Synchronization
package import Transport

/// The way out in a simulated world: no socket, the simulators are called in process.
///
/// A request acts at once and its answer comes after the delay that the simulator drew; a cut or a
/// time-out after that is a lost answer, exactly as on a real line.
package final class SimulatedTransport: HTTPTransport {
    private struct State {
        var unreachable: Set<Identifier<SimulatedTransport>> = []
    }

    private let simulators: [Identifier<SimulatedTransport>: any Simulator]
    private let time: TimeSource
    private let state = Mutex(State())

    /// - Parameters:
    ///   - simulators: By host, with its port where the URL has one: `api.coze.cn`,
    ///     `127.0.0.1:9001`.
    ///   - time: For delays, pauses and time-outs.
    package init(_ simulators: [String: any Simulator], time: TimeSource) {
        self.simulators = Dictionary(
            simulators.map { (Identifier(rawValue: $0.key), $0.value) },
            uniquingKeysWith: { first, _ in first })
        self.time = time
    }

    /// Makes connecting to a host fail, or work again.
    package func setReachable(_ isReachable: Bool, host: String) {
        state.withLock { state in
            if isReachable {
                state.unreachable.remove(Identifier(rawValue: host))
            } else {
                state.unreachable.insert(Identifier(rawValue: host))
            }
        }
    }

    package func send(_ request: HTTPRequest) async throws(TransportFailure) -> HTTPAnswer {
        let start = time.elapsed()
        func failure(_ code: TransportFailure.Code, isSent: Bool = true) -> TransportFailure {
            TransportFailure(
                code, isSent: isSent, detail: "simulated", duration: time.elapsed() - start)
        }
        guard let (host, target) = parts(of: request.url) else {
            throw failure(.refused, isSent: false)
        }
        let key = Identifier<SimulatedTransport>(rawValue: host)
        guard let simulator = simulators[key] else {
            throw failure(.couldNotResolve, isSent: false)
        }
        guard !state.withLock({ $0.unreachable.contains(key) }) else {
            throw failure(.couldNotConnect, isSent: false)
        }
        guard !Task.isCancelled else { throw failure(.cancelled, isSent: false) }
        let answer = simulator.handle(
            SimulatedRequest(
                method: request.method.rawValue, target: target,
                headers: [("Host", host)] + request.headers.map { ($0.name, $0.value) },
                body: request.body), at: time.now())
        let wait = answer.delay + answer.dripTime
        do {
            try await time.sleep(min(wait, request.timeout))
        } catch {
            throw failure(.cancelled)
        }
        guard wait < request.timeout else { throw failure(.timedOut) }
        switch answer.cut {
        case .before, .afterActing, .truncated: throw failure(.cutOff)
        case .none, .drip: break
        }
        guard let body = part(of: answer.body, request.answerBody) else {
            throw failure(.malformedAnswer)
        }
        return HTTPAnswer(
            status: answer.status, headers: answer.headers.map { HTTPField($0.name, $0.value) },
            body: body, duration: time.elapsed() - start)
    }

    /// `nil` for more than is read.
    private func part(of body: [UInt8], _ wanted: HTTPRequest.AnswerBody) -> [UInt8]? {
        switch wanted {
        case .whole(let max): body.count <= max ? body : nil
        case .start(let max): Array(body.prefix(max))
        }
    }

    /// Host, port included where there is one, and target of an absolute URL.
    private func parts(of url: String) -> (host: String, target: String)? {
        let prefixes = ["https://", "http://"]
        guard let prefix = prefixes.first(where: { url.utf8.starts(with: $0.utf8) }) else {
            return nil
        }
        let rest = url.utf8.dropFirst(prefix.utf8.count)
        let end = rest.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") }
        let host = String(Substring(rest[..<(end ?? rest.endIndex)])).lowercased()
        let target = end.map { String(Substring(rest[$0...])) } ?? "/"
        guard !host.isEmpty else { return nil }
        return (host, target.hasPrefix("?") ? "/" + target : target)
    }
}

extension SimulatedAnswer {
    /// How long all pieces of a dripping answer take.
    var dripTime: Duration {
        guard case .drip(let piece, let pause) = cut else { return .zero }
        return pause * ((body.count + piece - 1) / max(piece, 1))
    }
}
