import Gateway
import StrictJSON
import Testing
import Transport
import TransportCurl

/// Endpoints and connections over HTTP: statuses, tags, and no secret in any answer.
@Suite(.timeLimit(.minutes(1))) struct DefinitionCallTests {
    private struct Kind: Sendable, CustomTestStringConvertible {
        let path: String
        let configured: String
        let good: String
        let other: String
        let bad: String
        let pointer: String
        var testDescription: String { path }
    }

    private static let planted = ["planted-path-4711", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]

    private static let kinds = [
        Kind(
            path: "endpoints", configured: "audit",
            good: #"{"url":"https://ops.example.com/planted-path-4711","#
                + #""secret":"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}"#,
            other: #"{"url":"https://ops.example.com/planted-path-4711","types":["copy.*"],"#
                + #""secret":"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}"#,
            bad: #"{"url":"https://ops.example.com/planted-path-4711","secret":"${HOME}"}"#,
            pointer: "/secret"),
        Kind(
            path: "connections", configured: "coze-prod",
            good: #"{"provider":"coze","auth":{"token":"planted-path-4711"}}"#,
            other: #"{"provider":"coze","auth":{"token":"planted-path-4711"},"timeout":"9s"}"#,
            bad: #"{"provider":"coze","auth":{"token":"planted-path-4711"},"timeout":"9 s"}"#,
            pointer: "/timeout"),
    ]

    @Test(arguments: kinds)
    private func oneIsPutReadChangedAndTakenOut(_ kind: Kind) async throws {
        let answers = try await GatewayFixture().run { gateway in
            let transport = try client()
            var answers: [HTTPAnswer] = []
            func ask(
                _ method: Transport.HTTPRequest.Method, _ path: String, _ body: String = "",
                _ condition: (String, String)? = nil
            ) async throws -> (status: Int, json: JSONValue, tag: String?) {
                var headers = [
                    Transport.HTTPField("Authorization", "Bearer \(GatewayFixture.key)")
                ]
                if let condition { headers.append(.init(condition.0, condition.1)) }
                var request = Transport.HTTPRequest(
                    method, gateway.url + "/api/v1/\(kind.path)" + path, headers: headers,
                    body: Array(body.utf8))
                request.isOnFreshConnection = true
                let answer = try await transport.send(request)
                answers.append(answer)
                return (
                    answer.status, (try? JSONValue(parsing: answer.body)) ?? .null,
                    answer.headers.first("etag")
                )
            }
            #expect(try await ask(.get, "/new").status == 404)
            let none = ("If-None-Match", "*")
            let put = try await ask(.put, "/new", kind.good, none)
            #expect(put.status == 201 && put.tag == put.json["etag"]?.string, "\(put)")
            #expect(try await ask(.put, "/new", kind.good, none).status == 412)
            let read = try await ask(.get, "/new")
            #expect(read.status == 200 && read.tag == put.tag && read.json == put.json)
            let tag = try #require(put.tag)
            let changed = try await ask(.put, "/new", kind.other, ("If-Match", tag))
            #expect(changed.status == 200 && changed.tag != tag)
            #expect(try await ask(.put, "/new", kind.good, ("If-Match", tag)).status == 412)
            #expect(try await ask(.delete, "/new", "", ("If-Match", tag)).status == 412)
            let bad = try await ask(.put, "/new", kind.bad)
            #expect(bad.status == 422 && bad.json["code"] == "definition_invalid", "\(bad)")
            #expect(bad.json["pointer"]?.string == kind.pointer)
            let strange = try await ask(.put, "/-new", kind.good)
            #expect(strange.status == 422)
            for (method, path) in [
                (Transport.HTTPRequest.Method.put, "/\(kind.configured)"),
                (.delete, "/\(kind.configured)"),
            ] {
                let refused = try await ask(method, path, method == .put ? kind.good : "")
                #expect(refused.status == 409, "\(refused)")
                #expect(refused.json["code"] == "definition_read_only")
                #expect(refused.json["detail"]?.string?.contains("copyhook.yaml") == true)
            }
            let off = try await ask(.post, "/\(kind.configured)/disable")
            #expect(off.status == 200 && off.json["health"]?["disabled_by"] == "person")
            let on = try await ask(.post, "/\(kind.configured)/enable")
            #expect(on.status == 200 && on.json["health"]?["state"] == "well")
            #expect(try await ask(.post, "/new/test").status == 200)
            #expect(try await ask(.post, "/nobody/test").status == 404)
            let list = try await ask(.get, "")
            #expect(list.json[kind.path]?.array?.map { $0["origin"] } == ["file", "api"])
            #expect(try await ask(.delete, "/new").status == 200)
            #expect(try await ask(.delete, "/new").status == 404)
            await transport.shutdown()
            return answers
        }
        for answer in answers {
            let text = String(decoding: answer.body, as: UTF8.self)
            for secret in Self.planted { #expect(!text.contains(secret), "\(text)") }
        }
    }
}
