import Domain
import Settings
import StrictJSON
import Testing
import Transport

private let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

@Suite struct DefinitionReaderTests {
    private let reader = DefinitionReader(
        egress: EgressPolicy(), publicURL: nil, lease: .seconds(60))

    /// What is wrong with an endpoint, each finding as `pointer: what`.
    private func refusal(of json: JSONValue, _ name: String = "ops") -> [String] {
        do throws(DefinitionRefusal) {
            _ = try reader.endpoint(name, json)
            return []
        } catch {
            for finding in error.findings { #expect(!finding.remedy.isEmpty) }
            return error.findings.map { "\($0.pointer): \($0.what)" }
        }
    }

    @Test func aDefinitionIsReadAsItStandsInAFile() throws {
        let json: JSONValue = [
            "url": "https://ops.example.com/hooks/a1b2", "secret": .string(secret),
            "types": ["copy.*"], "timeout": "10s", "limits": ["concurrent": 2, "rate": "3/s"],
            "headers": ["X-Team": "blue.team"],
        ]
        let read = try reader.endpoint("ops", json)
        var endpoint = Endpoint(
            name: "ops", channel: .webhook, url: Secret("https://ops.example.com/hooks/a1b2"),
            secrets: [Secret(secret)])
        endpoint.types = ["copy.*"]
        endpoint.timeout = .seconds(10)
        endpoint.concurrent = 2
        endpoint.rate = Rate(3, per: .seconds(1))
        endpoint.headers = [.init("X-Team", Secret("blue.team"))]
        #expect(read.value == endpoint)
        let shown = String(decoding: read.shown.bytes(), as: UTF8.self)
        #expect(read.shown["url"] == "https://ops.example.com/<secret>")
        #expect(read.shown["secret"] == "<secret>")
        for word in [secret, "a1b2", "blue.team"] { #expect(!shown.contains(word), "\(word)") }
    }

    @Test func whatAFileSaysIsWhatAnAnswerSays() throws {
        let memory = Memory(
            yaml: """
                endpoints:
                  ops:
                    url: https://ops.example.com/hooks/a1b2
                    secret: \(secret)
                """)
        let configuration = try memory.load()
        let read = try DefinitionReader(configuration).endpoint(
            "ops", ["url": "https://ops.example.com/hooks/a1b2", "secret": .string(secret)])
        #expect(read.value == configuration.endpoints.first)
        #expect(read.shown == configuration.effective["endpoints"]?["ops"])
    }

    /// Whoever puts what was shown would make a public word the secret.
    @Test func whatStandsForASecretIsNone() throws {
        let shown = "this is how secrets are shown"
        #expect(
            refusal(of: [
                "url": "https://ops.example.com/<secret>", "secret": "<secret>",
                "headers": ["X-Key": "Bearer <secret>"],
            ]) == ["/url: \(shown)", "/secret: \(shown)", "/headers/X-Key: \(shown)"])
        for json: JSONValue in [
            ["scheme": "bearer", "secret": "<secret>"],
            ["scheme": "bearer", "secrets": ["<secret>", .string(secret)]],
            ["scheme": "basic", "users": [["name": "a", "password": "<secret>"]]],
            ["scheme": "feishu", "apps": [["verification_token": "<secret>"]]],
        ] {
            do throws(DefinitionRefusal) {
                _ = try reader.source("ci", json)
                Issue.record("it was taken: \(json.prettyText())")
            } catch {
                #expect(error.findings.map(\.what) == [shown], "\(json.prettyText())")
            }
        }
        do throws(DefinitionRefusal) {
            _ = try reader.connection(
                "cn", ["provider": "coze", "auth": ["token": "<secret>"]])
            Issue.record("it was taken")
        } catch {
            #expect(error.findings.map(\.what) == [shown])
            #expect(error.findings.map(\.pointer.description) == ["/auth/token"])
        }
        let memory = Memory(
            yaml: """
                sources:
                  ci: { scheme: bearer, secret: <secret> }
                """)
        #expect(throws: ConfigurationRefusal.self) { try memory.load() }
    }

    @Test func theNameOfWhatIsPublishedIsWarnedOf() throws {
        let memory = Memory(
            yaml: """
                sources:
                  api: { scheme: bearer, secret: TESTONLY-token-of-ci-0001 }
                """)
        let warned = try memory.load().warnings.filter { $0.key == "sources.api" }
        #expect(warned.map(\.line) == [2])
        #expect(warned.first?.what.contains("published without a source") == true)
    }

    @Test func secretsHaveBounds() throws {
        func what(_ json: JSONValue) -> [String] {
            do throws(DefinitionRefusal) {
                _ = try reader.source("ci", json)
                return []
            } catch {
                return error.findings.map { "\($0.pointer): \($0.what)" }
            }
        }
        let long = String(repeating: "k", count: 4_096)
        #expect(what(["scheme": "bearer", "secret": .string(long)]) == [])
        #expect(
            what(["scheme": "bearer", "secret": .string(long + "k")])
                == ["/secret: the secret has more than 4096 bytes"])
        let five = (1...5).map { JSONValue.string("TESTONLY-token-of-ci-000\($0)") }
        #expect(what(["scheme": "bearer", "secrets": .array(five)]) == [])
        #expect(
            what(["scheme": "bearer", "secrets": .array(five + [.string(secret)])])
                == ["/secrets: there are more than 5 secrets"])
        #expect(
            refusal(of: [
                "url": "https://ops.example.com/hook",
                "secrets": .array(Array(repeating: .string(secret), count: 6)),
            ]) == ["/secrets: there are more than 5 secrets"])
    }

    @Test func nothingOfOursIsReadForAStranger() throws {
        let url: JSONValue = "https://ops.example.com/hook"
        #expect(
            refusal(of: ["url": url, "secret": "${HOME}"])
                == ["/secret: references are not followed in what comes over the API"])
        #expect(
            refusal(of: ["url": url, "secret": "${file:/etc/shadow}"])
                == ["/secret: references are not followed in what comes over the API"])
        #expect(
            refusal(of: ["url": "https://a.example.com/${HOME}", "secret": .string(secret)])
                == ["/url: references are not followed in what comes over the API"])
        #expect(
            refusal(of: [
                "channel": "slack", "url": "https://hooks.slack.com/services/a/b/c",
                "template": "${file:a.mustache}",
            ]) == ["/template: references are not followed in what comes over the API"])
        let jwt: JSONValue = ["app_id": "1", "key_id": "2", "private_key_file": "/etc/shadow"]
        do throws(DefinitionRefusal) {
            _ = try reader.connection("cn", ["provider": "coze", "auth": ["jwt": jwt]])
            Issue.record("a file was read")
        } catch {
            #expect(error.findings.map(\.pointer.description) == ["/auth/jwt/private_key_file"])
        }
        let plain: JSONValue = ["url": "https://ops.example.com/$${x}", "secret": .string(secret)]
        #expect(try reader.endpoint("ops", plain).value.url.exposed.hasSuffix("/${x}"))
    }

    @Test func eachRefusalNamesItsPlace() {
        let url: JSONValue = "https://ops.example.com/hook"
        let good: JSONValue = .string(secret)
        #expect(refusal(of: ["url": url]) == ["/secret: this key is missing"])
        #expect(
            refusal(of: ["url": url, "secret": good, "limits": ["rte": "1/s"]])
                == ["/limits/rte: there is no key of this name"])
        #expect(
            refusal(of: ["url": url, "secret": good, "types": ["copy.*", "bot.*"]])
                == ["/types/1: no notification has this type"])
        #expect(
            refusal(of: ["url": url, "secret": good, "headers": ["a.b c": "x"]])
                == ["/headers/a.b c: this is no name of a header"])
        #expect(
            refusal(of: ["url": "https://10.0.0.1/a", "secret": good]).first?.hasPrefix("/url: ")
                == true)
        #expect(
            refusal(of: ["url": url, "secret": good, "timeout": "31s"])
                == ["/timeout: 31s is more than half of the lease of 1m"])
        #expect(refusal(of: ["url": url, "secret": good, "timeout": "30s"]) == [])
        #expect(refusal(of: "https://ops.example.com") == [": one object is wanted, not a string"])
        #expect(refusal(of: ["url": url, "secret": good], "-ops") == [": “-ops” is no name"])
    }

    @Test func connectionsAndSourcesAreReadTheSameWay() throws {
        let connection = try reader.connection(
            "cn", ["provider": "coze", "auth": ["token": "pat_0123456789abcdef"]])
        #expect(connection.value.provider == .coze)
        #expect(connection.shown["auth"]?["token"] == "<secret>")
        let source = try reader.source(
            "git", ["scheme": "github", "secret": "0123456789abcdef0123456789abcdef"])
        #expect(source.value.kind == .gitHub)
        #expect(source.shown["secret"] == "<secret>")
    }
}
