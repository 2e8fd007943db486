import Domain
import Logging
import Notifying
import Pipeline
import Signing
import Simulation
import Storage
import StorageMemory
import StrictJSON
import Synchronization
import Testing
import Transport

/// One dead endpoint with a hundred times the volume, judged in virtual time.
struct NotifyingFairnessTests {
    enum Death: String, CaseIterable, Sendable {
        case refusing, silent, failingSlowly
    }

    @Test(arguments: Death.allCases, [UInt64(1), 2])
    func aDeadEndpointWithAHundredTimesTheVolumeLeavesTheOthersTheirPace(
        _ death: Death, _ seed: UInt64
    ) async throws {
        let street = NotifyingStreet(seed: seed, well: 4)
        let answered = try await street.run(for: .seconds(90)) { request in
            guard request.url.contains("dead") else { return nil }
            switch death {
            case .refusing:
                return .failure(
                    TransportFailure(.couldNotConnect, isSent: false, detail: "refused"))
            case .silent:
                try? await street.time.sleep(request.timeout)
                return .failure(TransportFailure(.timedOut, isSent: true, detail: "silence"))
            case .failingSlowly:
                try? await street.time.sleep(.seconds(10))
                return .success(HTTPAnswer(status: 500))
            }
        }
        let alone = answered.filter { $0.createdAt < .seconds(30) }.map(\.took).sorted()
        let beside = answered.filter { $0.createdAt >= .seconds(30) }.map(\.took).sorted()
        #expect(alone.count == 60)
        #expect(beside.count == 60)
        let (baseline, p99) = (alone[alone.count * 99 / 100], beside[beside.count * 99 / 100])
        print("fairness \(death) seed \(seed): alone \(baseline), beside the dead one \(p99)")
        #expect(p99 <= baseline * 2)
        #expect(street.deadCount == 1_500)
    }
}

/// The room under its runner on a virtual clock: some endpoints that are well, and a dead one.
final class NotifyingStreet: Sendable {
    struct Answered: Sendable {
        let createdAt: Duration
        let took: Duration
    }

    let time: TimeSource
    private let clock = VirtualClock()
    private let store = MemoryStore()
    private let executor: SeededExecutor
    private let chance: Chance
    private let well: [String]
    private let answered = Mutex<[Answered]>([])
    private let announced = Mutex<[String: Duration]>([:])

    init(seed: UInt64, well count: Int) {
        time = clock.timeSource(start: NotifyingWorld.start)
        executor = SeededExecutor(seed: seed)
        let generator = Mutex(SeededGenerator(seed: seed))
        chance = Chance { generator.withLock { $0.next() } }
        well = (1...count).map { "well\($0)" }
    }

    var deadCount: Int { announced.withLock { $0.keys.count { $0.hasSuffix("dead") } } }

    /// Each that is well gets a message every other second for a minute, and from its middle on the
    /// dead one gets fifty a second.
    ///
    /// - Parameter dead: How the dead one answers; `nil` for everybody else, who takes 20 to 60 ms.
    func run(
        for length: Duration,
        dead:
            @escaping @Sendable (HTTPRequest) async -> Swift.Result<
                HTTPAnswer, TransportFailure
            >?
    ) async throws -> [Answered] {
        let transport = NotifyingReceivers()
        transport.answer(by: { [self] request in
            if let answer = await dead(request) { return answer }
            var chance = chance
            try? await time.sleep(.milliseconds(Int64.random(in: 20...60, using: &chance)))
            note(request)
            return .success(HTTPAnswer(status: 200))
        })
        let names = well + ["dead"]
        let nudge = Nudge()
        let runner = StageRunner(
            NotifyingStage(
                ledger: store,
                destinations: DestinationBook(endpoints: names.map { NotifyingWorld.webhook($0) }),
                transport: transport, time: time, chance: chance, lease: .seconds(60),
                log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }),
            time: time, nudge: nudge, log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        await withDiscardingTaskGroup { group in
            group.addTask(executorPreference: executor) { await runner.run(until: StopSignal()) }
            group.addTask(executorPreference: executor) { [self] in await arrive(nudge) }
            repeat {
                executor.runUntilIdle()
            } while clock.now.offset < length
                && clock.advanceToNextDeadline()
            group.cancelAll()
            executor.runUntilIdle()
        }
        return answered.withLock { $0 }
    }

    private func arrive(_ nudge: Nudge) async {
        for tick in 0..<3_000 {
            // Out of step with the answers, so that not everybody comes at once.
            for (place, name) in well.enumerated() where tick % 100 == 7 + 23 * place {
                await announce(tick, to: name)
            }
            if tick >= 1_500 { await announce(tick, to: "dead") }
            nudge.signal()
            guard (try? await time.sleep(.milliseconds(20))) != nil else { return }
        }
    }

    private func announce(_ number: Int, to name: String) async {
        let id = CompletionNotification.ID(rawValue: "ntf_\(number)_\(name)")
        let delivery = Delivery(
            id: Delivery.ID(rawValue: "msg_\(number)_\(name)"), notificationID: id, type: .ping,
            endpoint: name, createdAt: time.now())
        announced.withLock { $0[delivery.id.rawValue] = time.elapsed() }
        let notification = CompletionNotification(
            id: id, type: .ping, taskID: nil, eventID: nil, createdAt: time.now(),
            payload: CompletionNotification.payload(.ping, at: time.now(), data: [:]))
        try? await store.announce(
            Announcement(notification: notification, deliveries: [delivery]))
    }

    private func note(_ request: HTTPRequest) {
        guard let id = request.headers.first("webhook-id"),
            let createdAt = announced.withLock({ $0[id] })
        else { return }
        let took = time.elapsed() - createdAt
        answered.withLock { $0.append(Answered(createdAt: createdAt, took: took)) }
    }
}
