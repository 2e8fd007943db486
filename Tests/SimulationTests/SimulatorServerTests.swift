import Domain
import Glibc
import Simulation
import SimulationServer
import StrictJSON
import Testing

struct SimulatorServerTests {
    /// Sends bytes on a connection of its own and reads until the other side closes.
    ///
    /// Five seconds of silence end the reading, so that no test waits for ever.
    private func exchange(_ port: Int, _ text: String) throws -> String {
        let socket = try connected(port)
        defer { close(socket) }
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes {
                send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard sent > 0 else { break }
            rest = rest.dropFirst(sent)
        }
        var received: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(socket, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            received += buffer[..<count]
        }
        return String(decoding: received, as: UTF8.self)
    }

    private struct Unreachable: Error {}

    private func connected(_ port: Int) throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var patience = timeval(tv_sec: 5, tv_usec: 0)
        setsockopt(
            descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else {
            close(descriptor)
            throw Unreachable()
        }
        return descriptor
    }

    private func request(
        _ method: String, _ target: String, _ body: String = "", isLast: Bool = true
    ) -> String {
        "\(method) \(target) HTTP/1.1\r\nHost: sim\r\nAuthorization: Bearer \(Desk.token)\r\n"
            + "Content-Type: application/json\r\n"
            + (isLast ? "Connection: close\r\n" : "")
            + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    private let copy = #"{"entity_id":"7512041635401000001","entity_type":"bot"}"#

    /// Runs a server around `body` and stops it whatever comes.
    private func serving(
        _ body: (SimulatorServer, CozeSimulator) async throws -> Void
    ) async throws {
        let simulator = CozeSimulator(SimulatedCoze())
        let server = try await SimulatorServer.start(simulator) { Desk.start }
        do {
            try await body(server, simulator)
        } catch {
            try? await server.stop()
            throw error
        }
        try await server.stop()
    }

    @Test func requestsOnOneConnectionAreAnsweredInOrder() async throws {
        try await serving { server, simulator in
            #expect(server.port > 0)
            #expect(server.url == "http://127.0.0.1:\(server.port)")
            let text = try exchange(
                server.port,
                request("POST", "/v1/entities/copy_tasks", copy, isLast: false)
                    + request("GET", "/_sim/copies"))
            let parts = text.split(separator: "HTTP/1.1 200 OK\r\n")
            #expect(parts.count == 2)
            #expect(parts.first?.contains("copied_entity_id") == true)
            #expect(parts.last?.contains("7512041635401000001") == true)
            #expect(simulator.copies(at: Desk.start).count == 1)
        }
    }

    @Test(arguments: [("cut_before", 0), ("cut_after_acting", 1)])
    func aCutEndsTheConnectionWithoutAByte(fault: String, made: Int) async throws {
        try await serving { server, simulator in
            simulator.plan(try FaultPlan([["fault": .string(fault)]]))
            let text = try exchange(server.port, request("POST", "/v1/entities/copy_tasks", copy))
            #expect(text.isEmpty)
            #expect(simulator.copies(at: Desk.start).count == made)
        }
    }

    @Test func aTruncatedAnswerAnnouncesMoreThanComes() async throws {
        try await serving { server, simulator in
            simulator.plan(try FaultPlan([["fault": "truncated", "bytes": 10]]))
            let text = try exchange(server.port, request("POST", "/v1/entities/copy_tasks", copy))
            let body = text.split(separator: "\r\n\r\n", maxSplits: 1).last
            #expect(text.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(!text.contains("Content-Length: 10\r\n"))
            #expect(body == #"{"data":{""#)
        }
    }

    @Test func aDrippingOrDelayedAnswerComesWhole() async throws {
        try await serving { server, simulator in
            for plan in [
                [["fault": "drip", "piece": 7, "pause_ms": 1]], ["delay_ms": [20, 20]],
            ] as [JSONValue] {
                simulator.plan(try FaultPlan(plan))
                let text = try exchange(server.port, request("GET", "/v1/workspaces"))
                let body = try #require(text.split(separator: "\r\n\r\n", maxSplits: 1).last)
                #expect(try JSONValue(parsing: String(body))["code"] == 0)
            }
        }
    }

    @Test func anEmptyAnswerHasNoBody() async throws {
        try await serving { server, _ in
            let text = try exchange(server.port, request("DELETE", "/_sim"))
            #expect(text.hasPrefix("HTTP/1.1 204 No Content\r\n"))
            #expect(text.hasSuffix("\r\n\r\n"))
        }
    }

    @Test func aBodyAboveTheLimitIsRefusedAndOneAtItIsNot() async throws {
        try await serving { server, _ in
            let largest = String(repeating: " ", count: SimulatorServer.bodyMax)
            let taken = try exchange(server.port, request("PUT", "/_sim/world", largest))
            #expect(taken.hasPrefix("HTTP/1.1 400 "))
            let refused = try exchange(server.port, request("PUT", "/_sim/world", largest + " "))
            #expect(refused.hasPrefix("HTTP/1.1 413 "))
        }
    }

    @Test func whatIsNotHTTPEndsTheConnection() async throws {
        try await serving { server, _ in
            let text = try exchange(server.port, "hello\r\n\r\n")
            #expect(!text.hasPrefix("HTTP/1.1 200"))
        }
    }

    @Test func stoppingClosesWhatIsOpen() async throws {
        let simulator = CozeSimulator(SimulatedCoze())
        let server = try await SimulatorServer.start(simulator) { Desk.start }
        _ = try exchange(server.port, request("GET", "/v1/workspaces"))
        let idle = try connected(server.port)
        defer { close(idle) }
        try await server.stop()
        var byte: UInt8 = 0
        #expect(recv(idle, &byte, 1, 0) <= 0)
        #expect(throws: Unreachable.self) { try connected(server.port) }
    }
}
