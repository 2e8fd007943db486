import CCurl
import Glibc
import Synchronization
import Transport

/// The thread that owns a multi handle, its connections and its easy handles.
///
/// Round and round: take what callers left in the inbox, let libcurl work, hand out what has
/// ended, block until a socket, a timer or a caller wakes it. With nothing in flight it sleeps and
/// is not woken by a clock.
///
/// Unchecked, and why it holds: `inbox` is a mutex, `count` and `tickets` are atomic, `settings` is
/// a constant value. `multi` never changes; other threads use it for `curl_multi_wakeup` alone,
/// the one function that libcurl lets any thread call, and only under the inbox's lock while it is
/// not closed, whereas the thread frees it only after it was closed. `active`, `idle` and `pools`
/// are touched by the thread alone, which `run` is private to.
final class CurlLoop: @unchecked Sendable {
    private let settings: CurlSettings
    private let inbox = Mutex(Inbox())
    private let tickets = Atomic<UInt64>(0)
    private let count = Atomic(0)
    private let multi: UnsafeMutableRawPointer
    private var active: [UInt64: CurlExchange] = [:]
    private var idle: [CurlHandle] = []
    private var pools = CurlPools()

    /// Easy handles kept for the next exchange; more than this in flight are made and freed.
    private static let idleMax = 256
    /// Longer than any timer of ours; waking up this often costs nothing.
    private static let idleWaitMilliseconds: Int32 = 3_600_000

    init(_ settings: CurlSettings) throws(TransportFailure) {
        // Once a process, before any other call, and safe from any thread since 7.84.
        guard CurlLoop.isLibraryReady, let multi = curl_multi_init() else {
            throw TransportFailure(.refused, isSent: false, detail: "libcurl cannot be started")
        }
        self.settings = settings
        self.multi = multi
        // Unset, the cache would follow the number of handles added, and connections would churn.
        let idleMax = settings.limits.idleConnectionsMax
        _ = copyhook_multi_set_long(multi, CURLMOPT_MAXCONNECTS, idleMax)
        _ = copyhook_multi_set_long(multi, CURLMOPT_PIPELINING, Int(CURLPIPE_NOTHING))
        try start()
    }

    private static let isLibraryReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    var inFlight: Int { count.load(ordering: .relaxed) }

    // MARK: - From any thread

    func ticket() -> Ticket {
        Ticket(tickets.add(1, ordering: .relaxed).newValue)
    }

    func post(_ arrival: Arrival) {
        let isAccepted = inbox.withLock { inbox in
            guard !inbox.isClosed else { return false }
            count.add(1, ordering: .relaxed)
            if inbox.content.isEmpty { curl_multi_wakeup(multi) }
            inbox.content.arrivals.append(arrival)
            return true
        }
        if !isAccepted {
            arrival.continuation.resume(
                returning: .failure(
                    TransportFailure(
                        .cancelled, isSent: false, detail: "the transport is shut down")))
        }
    }

    /// The flag first, the inbox second: a request that is taken later finds the flag, and one that
    /// was taken earlier is found by its number.
    func cancel(_ ticket: Ticket) {
        ticket.cancel()
        inbox.withLock { inbox in
            guard !inbox.isClosed else { return }
            if inbox.content.isEmpty { curl_multi_wakeup(multi) }
            inbox.content.cancellations.append(ticket.number)
        }
    }

    /// Closes the connections of every policy before this one, without waiting for a request.
    func begin(_ generation: UInt64) {
        inbox.withLock { inbox in
            guard !inbox.isClosed else { return }
            if inbox.content.isEmpty { curl_multi_wakeup(multi) }
            inbox.content.generation = max(generation, inbox.content.generation ?? 0)
        }
    }

    func stop() {
        inbox.withLock { close(&$0) }
    }

    func stopAndWait() async {
        await withCheckedContinuation { continuation in
            let hasEnded = inbox.withLock { inbox in
                close(&inbox)
                if !inbox.hasEnded { inbox.waitingForEnd.append(continuation) }
                return inbox.hasEnded
            }
            if hasEnded { continuation.resume() }
        }
    }

    private func close(_ inbox: inout Inbox) {
        guard !inbox.isClosed else { return }
        inbox.isClosed = true
        if inbox.content.isEmpty { curl_multi_wakeup(multi) }
        inbox.content.isStopping = true
    }

    // MARK: - On the thread

    private func start() throws(TransportFailure) {
        // The thread holds the loop until it ends, so the transport above can go first.
        let context = Unmanaged.passRetained(self)
        var thread = pthread_t()
        // Signals go to some other thread: a handler must not run here, and SIGPIPE, which a write
        // to a closed connection raises in the thread that writes, must not end the process. What
        // a fault raises stays, so that a crash is reported as one.
        var blocked = sigset_t()
        var before = sigset_t()
        sigfillset(&blocked)
        for fault in [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT] {
            sigdelset(&blocked, fault)
        }
        pthread_sigmask(SIG_SETMASK, &blocked, &before)
        let code = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<CurlLoop>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, context.toOpaque())
        pthread_sigmask(SIG_SETMASK, &before, nil)
        guard code == 0 else {
            context.release()
            curl_multi_cleanup(multi)
            throw TransportFailure(
                .refused, isSent: false, detail: "no thread for libcurl: \(code)")
        }
        pthread_detach(thread)
    }

    private func run() {
        while true {
            let content = inbox.withLock { inbox in
                defer { inbox.content = Inbox.Content() }
                return inbox.content
            }
            if let generation = content.generation { pools.begin(generation) }
            content.arrivals.forEach(begin)
            content.cancellations.forEach(breakOff)
            if content.isStopping { break }
            var running: Int32 = 0
            let code = curl_multi_perform(multi, &running)
            handOut()
            guard code == CURLM_OK,
                curl_multi_poll(multi, nil, 0, CurlLoop.idleWaitMilliseconds, nil) == CURLM_OK
            else {
                // Out of memory or of descriptors. Nothing is lost, but it must not spin.
                usleep(10_000)
                continue
            }
        }
        end()
    }

    private func begin(_ arrival: Arrival) {
        let exchange = CurlExchange(
            arrival, limits: settings.limits, pool: pools.pool(for: arrival))
        guard !arrival.ticket.isCancelled else {
            return finish(exchange, .failure(exchange.cancelled()))
        }
        guard let handle = idle.popLast() ?? CurlHandle() else {
            return finish(exchange, .failure(exchange.notBegun("out of memory")))
        }
        if let refusal = exchange.prepare(handle, settings) {
            handle.free()
            return finish(exchange, .failure(exchange.notBegun(refusal)))
        }
        let code = curl_multi_add_handle(multi, handle.easy)
        guard code == CURLM_OK else {
            exchange.takeHandle()?.free()
            return finish(
                exchange, .failure(exchange.notBegun(String(cString: curl_multi_strerror(code)))))
        }
        active[exchange.number] = exchange
    }

    private func breakOff(_ number: UInt64) {
        guard let exchange = active.removeValue(forKey: number) else { return }
        let failure = exchange.cancelled()
        release(exchange)
        finish(exchange, .failure(failure))
    }

    private func handOut() {
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle,
                let context = copyhook_get_private(easy)
            else { continue }
            let code = copyhook_message_result(message)
            let exchange = Unmanaged<CurlExchange>.fromOpaque(context).takeUnretainedValue()
            active.removeValue(forKey: exchange.number)
            let outcome = exchange.outcome(code)
            if let ground = exchange.groundLearned {
                pools.learn(ground, for: exchange.target, under: exchange.grant.generation)
            }
            release(exchange)
            finish(exchange, outcome)
        }
    }

    /// Takes the easy handle off the multi handle and keeps it for the next exchange.
    private func release(_ exchange: CurlExchange) {
        guard let handle = exchange.takeHandle() else { return }
        curl_multi_remove_handle(multi, handle.easy)
        // Keeps resolved names, which are the multi handle's, and connections, which are the
        // pool's; forgets all else.
        curl_easy_reset(handle.easy)
        // Which the reset leaves in place.
        _ = copyhook_set_pointer(handle.easy, CURLOPT_SHARE, nil)
        if idle.count < CurlLoop.idleMax { idle.append(handle) } else { handle.free() }
    }

    /// Once its handle is at rest, or it never had one.
    private func finish(_ exchange: CurlExchange, _ outcome: Outcome) {
        exchange.leavePool()
        count.subtract(1, ordering: .relaxed)
        exchange.continuation.resume(returning: outcome)
    }

    private func end() {
        for number in active.keys.sorted() { breakOff(number) }
        idle.forEach { $0.free() }
        idle = []
        pools.retireAll()
        curl_multi_cleanup(multi)
        let waiting = inbox.withLock { inbox in
            inbox.hasEnded = true
            defer { inbox.waitingForEnd = [] }
            return inbox.waitingForEnd
        }
        waiting.forEach { $0.resume() }
    }
}

/// An easy handle and the buffer into which libcurl writes what went wrong.
struct CurlHandle {
    let easy: UnsafeMutableRawPointer
    let message: UnsafeMutablePointer<CChar>

    /// `nil` when memory has run out.
    init?() {
        guard let easy = curl_easy_init() else { return nil }
        self.easy = easy
        self.message = .allocate(capacity: Int(CURL_ERROR_SIZE))
        self.message.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    }

    func free() {
        curl_easy_cleanup(easy)
        message.deallocate()
    }
}
