import Administration
import HTTPTypes
import StrictJSON

extension HTTPGateway {
    /// Answers what a person or a program with a key asks.
    ///
    /// - Parameter segments: Behind `/api`.
    func api(
        _ segments: [String], _ query: [(name: String, value: String)], _ request: HTTPRequest,
        _ body: [UInt8], from peer: PeerAddress?
    ) async -> Answer {
        guard let who = principal(of: request) else { return refusal(ofStrangerAt: peer) }
        let calls = Route.calls(at: segments)
        guard !calls.isEmpty else { return Problem.notFound.answer }
        let method = request.method == .head ? "GET" : request.method.rawValue
        guard let call = calls.first(where: { $0.method == method }) else {
            return Problem.method(allowing: Self.methods(of: calls)).answer
        }
        guard who.may(call.scope) else { return Problem.forbidden(needing: call.scope).answer }
        let verdict = allowance(of: who, for: call)
        guard verdict?.isAllowed ?? true else {
            return Problem.rateLimited(verdict?.retryAfter ?? 1).answer
                .saying(verdict, of: callLimits.ofKey)
        }
        return await answer(call, segments, query, request, body, by: who)
            .saying(verdict, of: callLimits.ofKey)
    }

    private func answer(
        _ call: APICall, _ segments: [String], _ query: [(name: String, value: String)],
        _ request: HTTPRequest, _ body: [UInt8], by who: Principal
    ) async -> Answer {
        if let problem = Self.refusal(of: query, for: call) { return problem.answer }
        guard body.isEmpty || !request.headerFields.sayEncoded else {
            return Problem.encoded.answer
        }
        guard body.isEmpty || call.takesAnyType || request.headerFields.sayJSON else {
            return Problem.notJSON.answer
        }
        let asked = APIRequest(
            administration: administration, who: who,
            names: call.path.names(in: Array(segments.dropFirst())) ?? [],
            query: Dictionary(uniqueKeysWithValues: query), fields: request.headerFields,
            body: body,
            streams: APIRequest.Streams(
                room: streamRoom, time: time, principal: { principal(of: request) }))
        return await answer(call, asked)
    }

    private func answer(_ call: APICall, _ asked: APIRequest) async -> Answer {
        do throws(AdministrationError) {
            guard call.isLook else {
                // What is put or deleted twice is so all the same.
                if call.method == "POST", let key = try IdempotencyKey(asked.fields) {
                    return try await self.answer(call, asked, under: key)
                }
                return try await call.work(asked)
            }
            let answer = try await readingRoom.read { () async throws(AdministrationError) in
                try await call.work(asked)
            }
            return answer ?? Problem.tooManyReads.answer
        } catch {
            return Problem(error).answer
        }
    }

    /// As `Allow` lists them.
    private static func methods(of calls: [APICall]) -> [String] {
        calls.flatMap { $0.method == "GET" ? ["GET", "HEAD"] : [$0.method] }
    }

    private static func refusal(
        of query: [(name: String, value: String)], for call: APICall
    ) -> Problem? {
        var seen: [String] = []
        for (name, _) in query {
            guard call.parameters.contains(where: { $0.hasSameBytes(as: name) }) else {
                return .parameter(
                    "There is a parameter that is not known here.", accepted: call.parameters)
            }
            guard !seen.contains(name) else {
                return .parameter("`\(name)` is there twice.", accepted: call.parameters)
            }
            seen.append(name)
        }
        return nil
    }
}

extension HTTPFields {
    /// Whether they say that the body is not as it was written; `identity` says that it is.
    var sayEncoded: Bool {
        self[values: .contentEncoding].contains { $0.lowercased() != "identity" }
    }

    /// Whether they say of the body that it is JSON in UTF-8, or say nothing.
    var sayJSON: Bool {
        let types = self[values: .contentType]
        guard let type = types.first else { return true }
        let parts = type.lowercased().split(separator: ";", omittingEmptySubsequences: false)
            .map { $0.filter { $0 != " " && $0 != "\t" && $0 != "\"" } }
        return types.count == 1 && parts[0].hasSameBytes(as: "application/json")
            && parts.dropFirst().allSatisfy {
                !$0.utf8.starts(with: "charset=".utf8) || $0.hasSameBytes(as: "charset=utf-8")
            }
    }
}
