import Glibc

/// Many connections at once that want nothing but to stay, each in its own way.
struct IncomingCrowd: Sendable {
    enum Kind: Sendable, CaseIterable {
        /// Sends no byte.
        case silent
        /// Sends a head byte by byte.
        case head
        /// Sends a head at once and its body byte by byte.
        case body
        /// Has had an answer and asks nothing more.
        case idle
        /// Asks as much as may wait for an answer, and reads none.
        case deaf
        /// Asks ten thousand things at once, and reads no answer.
        case greedy
    }

    /// What became of them.
    struct Report: Sendable {
        /// How long it took until all had come.
        var arrival: Duration = .zero
        /// How long the longest of each kind was there after that.
        var longest: [Kind: Duration] = [:]
        /// Those that were still there at the end.
        var left: [Kind: Int] = [:]
        /// Those that could not even connect.
        var refused = 0

        var description: String {
            let there = Kind.allCases.filter { longest[$0] != nil || left[$0] != nil }
            let kinds = there.map { kind in
                let seconds = (longest[kind] ?? .zero) / .seconds(1)
                return "\(kind) \(seconds) s, \(left[kind, default: 0]) left"
            }
            return "come in \(arrival / .seconds(1)) s; " + kinds.joined(separator: "; ")
        }
    }

    private struct Member {
        let kind: Kind
        let descriptor: CInt
    }

    let count: Int
    let port: Int
    /// Dealt out in turn.
    var kinds: [Kind]

    /// Mostly those who cost nothing to be, and some of those who cost more.
    static let mixed: [Kind] =
        Array(repeating: [.silent, .head, .body, .idle], count: 12).flatMap(\.self)
        + [.deaf, .greedy]

    /// Comes, and stays until all have been sent away or `limit` is over.
    func stay(atMost limit: Duration) async throws -> Report {
        try await IncomingSocket.onThread { try blocking(limit) }
    }

    private func blocking(_ limit: Duration) throws -> Report {
        var report = Report()
        var members: [Member] = []
        let began = ContinuousClock.now
        for number in 0..<count {
            let kind = kinds[number % kinds.count]
            guard
                let descriptor = try? IncomingSocket.connect(port: port)
            else {
                report.refused += 1
                continue
            }
            _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
            members.append(Member(kind: kind, descriptor: descriptor))
            IncomingSocket.send(Self.greeting(of: kind), to: descriptor)
        }
        report.arrival = ContinuousClock.now - began
        let complete = ContinuousClock.now
        var nextByte = ContinuousClock.now
        while !members.isEmpty, ContinuousClock.now - began < limit {
            if ContinuousClock.now >= nextByte {
                nextByte = .now + .milliseconds(500)
                for member in members { Self.goOn(member) }
            }
            let gone = Self.gone(members)
            for member in members where gone.contains(member.descriptor) {
                let stayed = ContinuousClock.now - complete
                report.longest[member.kind] = max(stayed, report.longest[member.kind] ?? .zero)
                close(member.descriptor)
            }
            members.removeAll { gone.contains($0.descriptor) }
        }
        for member in members {
            report.left[member.kind, default: 0] += 1
            close(member.descriptor)
        }
        return report
    }

    private static let question = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"

    private static func greeting(of kind: Kind) -> [UInt8] {
        switch kind {
        case .silent: []
        case .head: latin("GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: ")
        case .body:
            latin("POST /in/coze-main HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n")
        case .idle: latin(question)
        case .deaf: latin(String(repeating: question, count: 63))
        case .greedy: latin(String(repeating: question, count: 10_000))
        }
    }

    private static func goOn(_ member: Member) {
        switch member.kind {
        case .silent, .idle, .deaf: break
        case .head, .body: IncomingSocket.send([UInt8(ascii: "G")], to: member.descriptor)
        case .greedy: IncomingSocket.send(latin(question), to: member.descriptor)
        }
    }

    /// Waits a tenth of a second at most, and tells whom the peer has closed or thrown away.
    private static func gone(_ members: [Member]) -> Set<CInt> {
        let closed = CShort(0x2000)  // POLLRDHUP, which the headers hide
        var polls = members.map { pollfd(fd: $0.descriptor, events: closed, revents: 0) }
        guard poll(&polls, nfds_t(polls.count), 100) > 0 else { return [] }
        let end = CShort(POLLHUP) | CShort(POLLERR) | closed
        return Set(polls.filter { $0.revents & end != 0 }.map(\.fd))
    }
}

/// What a process of ours has open, and may have.
enum Descriptors {
    static func count(of process: pid_t) -> Int {
        guard let directory = opendir("/proc/\(process)/fd") else { return 0 }
        defer { closedir(directory) }
        var count = 0
        while let entry = readdir(directory) {
            if entry.pointee.d_name.0 != CChar(UInt8(ascii: ".")) { count += 1 }
        }
        return count
    }

    /// Raises what these tests may have open, as far as they may.
    static func raiseOwn(to count: Int) {
        let kind = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limit = rlimit()
        guard getrlimit(kind, &limit) == 0, limit.rlim_cur < rlim_t(count) else { return }
        limit.rlim_cur = min(rlim_t(count), limit.rlim_max)
        setrlimit(kind, &limit)
    }

    /// Changes what another process may have open from now on, with the system's own command.
    static func limit(_ process: pid_t, to count: Int) async throws {
        let command = try ChildProcess(
            ["prlimit", "--pid", "\(process)", "--nofile=\(count):"])
        guard await command.exit(within: .seconds(10)) == 0 else {
            throw IncomingSocket.Failure(description: "prlimit: \(command.errors.text)")
        }
    }
}
