import Foundation

/// What a process asked its kernel for, as `strace -f -tt -yy` wrote it down.
///
/// One tracer writes all lines, and a thread goes on only when its line is there. So an earlier
/// line happened earlier: a sync that has its result before an answer begins was over by then.
struct DurabilityTrace {
    struct Call {
        let name: String
        /// Everything between the parentheses and behind them.
        let text: String
        /// The line on which it began, and the one that has its result.
        let begin: Int
        let end: Int

        /// The first argument with what it stands for: `7<TCP:[127.0.0.1:80->127.0.0.1:9]>`.
        var file: String {
            text.firstMatch(of: /^\d+<(?:TCP[^\[]*:\[[^\]]*\]|[^>]*)>/).map { String($0.0) } ?? ""
        }

        var hasSucceeded: Bool { text.contains(/\) = 0( |$)/) }
    }

    let calls: [Call]

    init(_ text: String) {
        var calls: [Call] = []
        var open: [Substring: (name: String, text: String, begin: Int)] = [:]
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        for (place, line) in lines.enumerated() {
            let parts = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: true)
            guard parts.count == 3 else { continue }
            let (thread, rest) = (parts[0], parts[2])
            if let match = rest.firstMatch(of: /^<\.\.\. \w+ resumed>/) {
                guard let begun = open.removeValue(forKey: thread) else { continue }
                calls.append(
                    Call(
                        name: begun.name, text: begun.text + rest[match.range.upperBound...],
                        begin: begun.begin, end: place))
            } else if let match = rest.firstMatch(of: /^(\w+)\(/) {
                let name = String(match.1)
                let text = rest[match.range.upperBound...]
                if text.hasSuffix("<unfinished ...>") {
                    let text = text.dropLast("<unfinished ...>".count)
                    open[thread] = (name, String(text), place)
                } else {
                    calls.append(Call(name: name, text: String(text), begin: place, end: place))
                }
            }
        }
        // What never got its result began all the same: an answer counts from its beginning.
        for (_, begun) in open {
            calls.append(
                Call(name: begun.name, text: begun.text, begin: begun.begin, end: lines.count))
        }
        self.calls = calls.sorted { $0.begin < $1.begin }
    }
}

extension DurabilityTrace {
    struct Judgement: Equatable {
        /// Answers 200 to events.
        var answers = 0
        /// Syncs of the write-ahead log that were finished.
        var syncs = 0
        /// One sentence for each answer that came too early.
        var early: [String] = []
    }

    /// Whether each event was on disk when it was answered 200.
    ///
    /// On disk means: bytes with the event's own key were written to the write-ahead log, and a
    /// sync of that log which began after this was finished before the answer began. The order
    /// alone would prove less, since a commit of others may come in between.
    var judgement: Judgement {
        var judgement = Judgement()
        let logged = calls.filter {
            ["pwrite64", "pwritev", "write", "writev"].contains($0.name)
                && $0.file.hasSuffix("-wal>")
        }
        let syncs = calls.filter {
            ["fsync", "fdatasync"].contains($0.name) && $0.file.hasSuffix("-wal>")
                && $0.hasSucceeded
        }
        judgement.syncs = syncs.count
        var heard: [String: String] = [:]
        // What is read counts from its result on, what is written from its beginning.
        let conversation = calls.filter { $0.isReading || $0.isAnswer }
            .sorted { ($0.isReading ? $0.end : $0.begin) < ($1.isReading ? $1.end : $1.begin) }
        for call in conversation {
            if call.isReading {
                heard[call.file, default: ""] += call.content
                continue
            }
            let request = heard.removeValue(forKey: call.file) ?? ""
            guard call.text.contains("HTTP/1.1 200"), request.contains("POST /in/") else {
                continue
            }
            judgement.answers += 1
            guard let key = request.firstMatch(of: /event_id\\":\\"([A-Za-z0-9-]+)\\"/)?.1 else {
                judgement.early.append("line \(call.begin + 1) answers what cannot be read")
                continue
            }
            let isOnDisk = logged.contains { written in
                written.text.contains(key)
                    && syncs.contains { written.end < $0.begin && $0.end < call.begin }
            }
            if !isOnDisk {
                judgement.early.append("line \(call.begin + 1) answers \(key) before it is synced")
            }
        }
        return judgement
    }
}

extension DurabilityTrace.Call {
    fileprivate var isReading: Bool {
        ["read", "readv", "recvfrom", "recvmsg"].contains(name) && file.contains("TCP")
    }

    /// The beginning of an answer, not a later piece of it.
    fileprivate var isAnswer: Bool {
        ["write", "writev", "sendto", "sendmsg"].contains(name) && file.contains("TCP")
            && text.contains("\"HTTP/1.1 ")
    }

    /// What stands between the first quotation mark and the last.
    fileprivate var content: Substring {
        guard let first = text.firstIndex(of: "\""), let last = text.lastIndex(of: "\""),
            first < last
        else { return "" }
        return text[text.index(after: first)..<last]
    }
}
