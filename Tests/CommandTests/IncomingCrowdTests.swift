import Foundation
import Glibc
import StrictJSON
import Testing

/// Crowds on loopback against the built command, with a sender who behaves beside them.
@Suite(.serialized, .timeLimit(.minutes(2))) struct IncomingCrowdTests {
    init() {
        // The crowd's own sockets.
        Descriptors.raiseOwn(to: 8_192)
    }

    /// reliability.md 3.1 (8), decision 17: 10 s for a head, 5 s below 500 bytes a second.
    @Test func aThousandSlowConnectionsAreGoneInTimeAndNobodyElseNotices() async throws {
        let scratch = try ScratchDirectory()
        let plan = ServicePlan(rules: "")
        let service = try await ServiceProcess.start(plan, in: scratch, level: "notice")
        let usual = try await Sender(service: service).send { count in count < 200 }
        let open = Descriptors.count(of: service.process.pid)

        let isOver = Watched(false)
        async let normal = Sender(service: service).send { _ in !isOver.change { $0 } }
        let crowd = try await IncomingCrowd(
            count: 1_000, port: plan.port, kinds: IncomingCrowd.mixed
        ).stay(atMost: .seconds(25))
        isOver.change { $0 = true }
        let beside = try await normal

        print("incoming: 1 000 slow: \(crowd.description)")
        print("incoming: alone \(usual.description); beside them \(beside.description)")
        #expect(crowd.refused == 0)
        #expect(crowd.left.isEmpty)
        for kind in IncomingCrowd.Kind.allCases {
            #expect(try #require(crowd.longest[kind]) < .seconds(15), "\(kind)")
        }
        #expect(beside.failures == 0)
        // A machine that is slow by itself makes nobody slower than that.
        #expect(beside.share(0.99) < max(.milliseconds(250), usual.share(0.99) * 3))
        try await expectFew(open + 16, of: service)
    }

    /// More than there are places: who says nothing gives way.
    @Test func moreThanThereIsRoomForKeepNobodyOut() async throws {
        let scratch = try ScratchDirectory()
        let plan = ServicePlan(rules: "")
        let service = try await ServiceProcess.start(plan, in: scratch, level: "notice")
        _ = try await Sender(service: service).send { count in count < 20 }
        let open = Descriptors.count(of: service.process.pid)

        let isOver = Watched(false)
        async let normal = Sender(service: service).send { _ in !isOver.change { $0 } }
        let crowd = try await IncomingCrowd(
            count: 1_500, port: plan.port, kinds: [.silent, .head, .body, .idle]
        ).stay(atMost: .seconds(6))
        isOver.change { $0 = true }
        let beside = try await normal

        print("incoming: 1 500 slow: \(crowd.description)")
        print("incoming: beside them \(beside.description)")
        #expect(beside.times.count > 1)
        #expect(beside.gap < .seconds(5))
        try await expectFew(open + 16, of: service)
        #expect(try await service.post(sampleCallback()) == 200)
    }

    /// A process that finds no descriptor at all is ended by its own run time, so that the last
    /// ones are never given to who comes from outside.
    @Test func theLastDescriptorsAreKept() async throws {
        let scratch = try ScratchDirectory()
        let plan = ServicePlan(rules: "")
        let service = try await ServiceProcess.start(plan, in: scratch, level: "debug")
        _ = try await Sender(service: service).send { count in count < 20 }
        let open = Descriptors.count(of: service.process.pid)
        try await Descriptors.limit(service.process.pid, to: open + 48)

        let crowd = try await IncomingCrowd(count: 100, port: plan.port, kinds: [.silent])
            .stay(atMost: .seconds(2))
        print("incoming: short of descriptors: \(crowd.description)")
        let alive = await service.process.exit(within: .milliseconds(1)) == nil
        #expect(alive)
        let told = await service.process.errorLine("connection.refused", "reason=descriptors")
        #expect(told != nil)
        let answered = try await service.until(within: .seconds(10)) { service in
            try? await service.post(sampleCallback())
        }
        #expect(answered == 200)
        try await Descriptors.limit(service.process.pid, to: 1_024)
        #expect(try await service.post(sampleCallback(2)) == 200)
    }

    /// A process that may have few files open has few connections, and the store its own.
    @Test func fewDescriptorsAreSharedFairly() async throws {
        let scratch = try ScratchDirectory()
        let plan = ServicePlan(rules: "")
        let service = try await ServiceProcess.start(
            plan, in: scratch, wrapper: ["/bin/sh", "-c", "ulimit -n 128 && exec \"$@\"", "sh"],
            level: "notice")
        #expect(await service.process.errorLine("gateway.connections_limited") != nil)
        let isOver = Watched(false)
        async let normal = Sender(service: service).send { _ in !isOver.change { $0 } }
        let crowd = try await IncomingCrowd(count: 300, port: plan.port, kinds: [.silent, .idle])
            .stay(atMost: .seconds(3))
        isOver.change { $0 = true }
        let beside = try await normal
        print("incoming: 300 in 64 places: \(crowd.description); \(beside.description)")
        #expect(beside.times.count > 10)
        #expect(beside.gap < .seconds(3))
    }

    /// Waits until the service has given its descriptors back.
    private func expectFew(_ count: Int, of service: ServiceProcess) async throws {
        let open = try await service.until(within: .seconds(10)) { service -> Int? in
            let open = Descriptors.count(of: service.process.pid)
            return open <= count ? open : nil
        }
        #expect(open != nil, "\(Descriptors.count(of: service.process.pid)) open, \(count) due")
    }
}

/// Somebody who behaves: one signed event after the other, each on a connection of its own.
private struct Sender {
    struct Record: Sendable {
        /// How long each that was answered 200 took, in order.
        var times: [Duration] = []
        var failures = 0
        /// The longest time without such an answer.
        var gap: Duration = .zero

        /// So many of all were as quick as this.
        func share(_ part: Double) -> Duration {
            let sorted = times.sorted()
            guard !sorted.isEmpty else { return .seconds(3_600) }
            return sorted[min(sorted.count - 1, Int(Double(sorted.count) * part))]
        }

        var description: String {
            let (half, most) = (share(0.5) / .milliseconds(1), share(0.99) / .milliseconds(1))
            return "\(times.count) events, p50 \(half) ms, p99 \(most) ms, longest gap "
                + "\(gap / .milliseconds(1)) ms, \(failures) failures"
        }
    }

    let service: ServiceProcess

    func send(while goesOn: @Sendable (Int) -> Bool) async throws -> Record {
        var record = Record()
        var last = ContinuousClock.now
        var number = 0
        while goesOn(number) {
            number += 1
            let callback = IncomingCallback("crowd-\(UUID().uuidString)")
            let began = ContinuousClock.now
            let answers = try? await IncomingSocket.exchange(
                callback.request(), port: service.port)
            let now = ContinuousClock.now
            record.gap = max(record.gap, now - last)
            guard answers?.statuses == [200] else {
                record.failures += 1
                // A crowd is not helped by one who comes again at once.
                _ = await service.process.exit(within: .milliseconds(20))
                continue
            }
            last = now
            record.times.append(now - began)
        }
        return record
    }
}

extension ServiceProcess {
    fileprivate var port: Int { URL(string: url)?.port ?? 0 }
}
