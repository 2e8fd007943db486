import Domain
import Simulation
import StrictJSON
import Synchronization
import Testing
import Transport

/// What tasks did, in their order.
final class Diary: Sendable {
    private let lines = Mutex<[String]>([])
    func write(_ line: String) { lines.withLock { $0.append(line) } }
    var all: [String] { lines.withLock { $0 } }
}

struct VirtualTimeTests {
    /// Runs `body` on a seeded executor until nobody is ready and nobody sleeps.
    private func run(
        seed: UInt64, _ clock: VirtualClock, _ body: @escaping @Sendable () async -> Void
    ) {
        let executor = SeededExecutor(seed: seed)
        let task = Task(executorPreference: executor) { await body() }
        repeat { executor.runUntilIdle() } while clock.advanceToNextDeadline()
        task.cancel()
    }

    @Test func sleepersWakeInTheOrderOfTheirDeadlines() {
        let clock = VirtualClock()
        let diary = Diary()
        run(seed: 1, clock) {
            await withTaskGroup(of: Void.self) { group in
                for seconds in [5, 1, 3] {
                    group.addTask {
                        try? await clock.sleep(for: .seconds(seconds))
                        diary.write("\(seconds) at \(clock.now.offset)")
                    }
                }
            }
        }
        #expect(
            diary.all == ["1 at 1.0 seconds", "3 at 3.0 seconds", "5 at 5.0 seconds"])
        #expect(clock.sleeperCount == 0)
    }

    @Test func aSeedRepeatsItsOrder() {
        func order(_ seed: UInt64) -> [String] {
            let clock = VirtualClock()
            let diary = Diary()
            run(seed: seed, clock) {
                await withTaskGroup(of: Void.self) { group in
                    for index in 0..<20 {
                        group.addTask {
                            try? await clock.sleep(for: .seconds(1))
                            diary.write("\(index)")
                        }
                    }
                }
            }
            return diary.all
        }
        #expect(order(1) == order(1))
        #expect(order(1) != order(2))
    }

    @Test func aCancelledSleepEndsAtOnceAndLeavesNothing() {
        let clock = VirtualClock()
        let diary = Diary()
        run(seed: 1, clock) {
            await withTaskGroup(of: Void.self) { group in
                group.cancelAll()
                // Cancelled before it begins to wait.
                group.addTask {
                    do { try await clock.sleep(for: .seconds(9)) } catch { diary.write("early") }
                }
            }
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    do { try await clock.sleep(for: .seconds(9)) } catch { diary.write("late") }
                }
                try? await clock.sleep(for: .seconds(1))
                group.cancelAll()
            }
            // Cancelled, but due already: it may not be kept either.
            await withTaskGroup(of: Void.self) { group in
                group.cancelAll()
                group.addTask { try? await clock.sleep(for: .zero) }
            }
        }
        #expect(diary.all == ["early", "late"])
        #expect(clock.now.offset == .seconds(1))
        #expect(clock.sleeperCount == 0)
        #expect(clock.cancelledCount == 0)
    }

    @Test func theTimeSourceShowsTheWallClockFromItsStart() async throws {
        let clock = VirtualClock()
        let time = clock.timeSource(start: Desk.start)
        #expect(time.now() == Desk.start)
        clock.advance(by: .milliseconds(1_500))
        #expect(time.now() == Desk.start + .milliseconds(1_500))
        #expect(time.elapsed() == .milliseconds(1_500))
        try await time.sleep(.zero)
    }
}

struct SimulatedTransportTests {
    /// Sends one request to a Coze of its own, on virtual time.
    private func send(
        faults: FaultPlan = FaultPlan(), url: String = "https://api.coze.cn/v1/workspaces",
        timeout: Duration = .seconds(15), isReachable: Bool = true
    ) -> Result<HTTPAnswer, TransportFailure>? {
        let clock = VirtualClock()
        let simulator = CozeSimulator(SimulatedCoze())
        simulator.plan(faults)
        let transport = SimulatedTransport(
            ["api.coze.cn": simulator], time: clock.timeSource(start: Desk.start))
        transport.setReachable(isReachable, host: "api.coze.cn")
        let executor = SeededExecutor(seed: 1)
        let request = HTTPRequest(
            .get, url, headers: [HTTPField("Authorization", "Bearer " + Desk.token)],
            timeout: timeout)
        return withExtendedLifetime(executor) {
            let box = Box()
            let task = Task(executorPreference: executor) {
                do throws(TransportFailure) {
                    box.value = .success(try await transport.send(request))
                } catch {
                    box.value = .failure(error)
                }
            }
            repeat { executor.runUntilIdle() } while clock.advanceToNextDeadline()
            task.cancel()
            return box.value
        }
    }

    private final class Box: Sendable {
        private let stored = Mutex<Result<HTTPAnswer, TransportFailure>?>(nil)
        var value: Result<HTTPAnswer, TransportFailure>? {
            get { stored.withLock { $0 } }
            set { stored.withLock { $0 = newValue } }
        }
    }

    @Test func anAnswerComesAfterItsDelay() throws {
        let plan = try FaultPlan(["delay_ms": [1_500, 1_500]])
        let answer = try #require(try send(faults: plan)?.get())
        #expect(answer.status == 200)
        #expect(answer.duration == .milliseconds(1_500))
    }

    @Test(arguments: [
        ("cut_before", TransportFailure.Code.cutOff), ("cut_after_acting", .cutOff),
        ("truncated", .cutOff),
    ])
    func aCutIsALostAnswer(kind: String, code: TransportFailure.Code) throws {
        let plan = try FaultPlan([["fault": .string(kind)]])
        guard case .failure(let failure)? = send(faults: plan) else {
            Issue.record("\(kind) let the answer through")
            return
        }
        #expect(failure.code == code)
        #expect(failure.isSent)
    }

    @Test func aDelayPastTheTimeoutIsATimeOut() throws {
        let plan = try FaultPlan(["delay_ms": 20_000])
        guard case .failure(let failure)? = send(faults: plan) else {
            Issue.record("no time-out")
            return
        }
        #expect(failure.code == .timedOut)
        #expect(failure.isSent)
        #expect(failure.duration == .seconds(15))
        let drip = try FaultPlan([["fault": "drip", "piece": 1, "pause_ms": 100]])
        guard case .failure(let slow)? = send(faults: drip) else {
            Issue.record("a slow answer came whole")
            return
        }
        #expect(slow.code == .timedOut)
    }

    @Test func whatCannotBeReachedIsNotSent() {
        for (url, isReachable, code) in [
            ("https://other.example/", true, TransportFailure.Code.couldNotResolve),
            ("https://api.coze.cn/", false, .couldNotConnect), ("ftp://a/", true, .refused),
            ("https://api.coze.cn:8443/", true, .couldNotResolve),
        ] {
            guard case .failure(let failure)? = send(url: url, isReachable: isReachable) else {
                Issue.record("\(url) was reached")
                continue
            }
            #expect(failure.code == code)
            #expect(!failure.isSent)
        }
    }
}
