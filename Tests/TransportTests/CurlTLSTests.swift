import Foundation
import Glibc
import Testing
import Transport
import TransportCurl

/// Against `openssl s_server`, since the house has no TLS server of its own.
@Suite struct CurlTLSTests {
    @Test func aCertificateThatIsTrustedIsTalkedTo() async throws {
        guard let server = try await TLSServer(name: "IP:127.0.0.1") else { return }
        let transport = try transport(trusting: server)

        let answer = try await transport.send(HTTPRequest(.get, server.url))

        #expect(answer.status == 200)
        await transport.shutdown()
    }

    /// Before the handshake is over nothing of the request has left, whatever ends it.
    @Test(arguments: [
        // name in the certificate, protocol offered, whether its authority is trusted
        ("IP:127.0.0.1", "-tls1_2", false),
        ("IP:127.0.0.2", "-tls1_2", true),
        ("DNS:localhost", "-tls1_3", true),
        ("IP:127.0.0.1", "-tls1_1", true),
    ])
    func aHandshakeThatCannotBeTrustedIsNotSent(
        name: String, version: String, isTrusted: Bool
    ) async throws {
        guard let server = try await TLSServer(name: name, version: version) else { return }
        // What other programs take their authorities from means nothing here.
        if !isTrusted { setenv("SSL_CERT_FILE", server.certificate, 1) }
        defer { if !isTrusted { unsetenv("SSL_CERT_FILE") } }
        let transport = try transport(trusting: isTrusted ? server : nil)

        let failure = try await transport.failure(
            HTTPRequest(.post, server.url, body: [1], isOnFreshConnection: true))

        #expect(failure.code == .handshakeFailed, "\(failure.detail)")
        #expect(!failure.isSent)
        await transport.shutdown()
    }

    @Test func aCertificateThatHasExpiredIsNotTalkedTo() async throws {
        guard let server = try await TLSServer(name: "IP:127.0.0.1", isExpired: true) else {
            return
        }
        let transport = try transport(trusting: server)

        let failure = try await transport.failure(HTTPRequest(.post, server.url, body: [1]))

        #expect(failure.code == .handshakeFailed, "\(failure.detail)")
        #expect(failure.detail.contains("expired"), "\(failure.detail)")
        #expect(!failure.isSent)
        await transport.shutdown()
    }

    @Test(arguments: ["-tls1_2", "-tls1_3"])
    func bothVersionsOfTodayAreSpoken(version: String) async throws {
        guard let server = try await TLSServer(name: "IP:127.0.0.1", version: version) else {
            return
        }
        let transport = try transport(trusting: server)

        #expect(try await transport.send(HTTPRequest(.get, server.url)).status == 200)
        await transport.shutdown()
    }

    private func transport(trusting server: TLSServer?) throws -> CurlTransport {
        try CurlTransport(
            policy: EgressPolicy(allow: [try AllowRule(parsing: "127.0.0.1")]),
            userAgent: "Copyhook/0.0", certificates: server?.certificate)
    }
}

/// A child process that answers any GET over TLS with 200, and ends with this object.
private final class TLSServer {
    let certificate: String
    private(set) var url = ""
    private let folder: URL
    private let process = Process()
    /// Kept open: the server ends when its input does.
    private let input = Pipe()

    private static let openssl = "/usr/bin/openssl"

    /// `nil` where the machine has no `openssl`; the test says so and passes.
    init?(name: String, version: String? = nil, isExpired: Bool = false) async throws {
        guard FileManager.default.isExecutableFile(atPath: TLSServer.openssl) else {
            print("skipped: no \(TLSServer.openssl) on this machine")
            return nil
        }
        folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("copyhook-tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        certificate = folder.appendingPathComponent("certificate.pem").path
        let key = folder.appendingPathComponent("key.pem").path
        let maker = Process()
        maker.executableURL = URL(fileURLWithPath: TLSServer.openssl)
        maker.arguments = [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-days", "2", "-subj", "/CN=copyhook", "-addext", "subjectAltName=\(name)",
            "-keyout", key, "-out", certificate,
        ]
        maker.standardError = FileHandle.nullDevice
        try maker.run()
        maker.waitUntilExit()
        if isExpired { try TLSServer.run(["x509", "-days", "-1"], on: certificate, key) }
        process.executableURL = maker.executableURL
        process.arguments =
            ["s_server", "-accept", "127.0.0.1:0", "-cert", certificate, "-key", key, "-www"]
            // Old protocols need the lowest security level even to be offered.
            + (version.map { [$0, "-cipher", "ALL:@SECLEVEL=0"] } ?? [])
        let output = Pipe()
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        var text = ""
        while let line = try output.fileHandleForReading.read(upToCount: 1) {
            text += String(decoding: line, as: UTF8.self)
            guard text.hasSuffix("\n") else { continue }
            if let place = text.split(separator: "\n").last, place.hasPrefix("ACCEPT ") {
                url = "https://\(place.dropFirst("ACCEPT ".count))/"
                break
            }
        }
    }

    /// Signs a certificate anew, in its place.
    private static func run(_ arguments: [String], on certificate: String, _ key: String) throws {
        let signer = Process()
        signer.executableURL = URL(fileURLWithPath: openssl)
        signer.arguments =
            arguments + ["-in", certificate, "-signkey", key, "-out", certificate + ".new"]
        signer.standardError = FileHandle.nullDevice
        try signer.run()
        signer.waitUntilExit()
        try FileManager.default.removeItem(atPath: certificate)
        try FileManager.default.moveItem(atPath: certificate + ".new", toPath: certificate)
    }

    deinit {
        // Not `terminate`: a process that is started from a task inherits that all signals which
        // can be blocked are.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        try? FileManager.default.removeItem(at: folder)
    }
}
