import App
import ArgumentParser
import Domain
import Foundation
import Pipeline
import StrictJSON
import Transport

extension EventsCommand {
    struct Tail: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Follows what happens, a line each, until Ctrl-C.",
            discussion: """
                Events as they are stored and matched, tasks in each state, deliveries with
                their attempts, and for an admin key the audit. When the service is away it is
                asked again and again, and nothing that happened meanwhile is left out.

                On a terminal it takes the whole screen and these keys: up, down, k and j
                choose a line, G and End follow again; Enter and o open what it is about, r
                has it done again after a question (an event is replayed, a task retried, a
                delivery sent again); / filters by text until Esc, space pauses, q ends. The
                newest 2 000 lines are kept. With --plain, with --json and into a pipe it
                prints lines and takes no keys.

                Examples:
                  copyhook events tail
                  copyhook events tail --kind task,delivery --since 1h
                  copyhook events tail --rule backup-published-bots --json
                """)

        @OptionGroup var api: APIOptions

        @Option(help: "Only these kinds or beginnings of kinds, as in task,delivery.attempted.")
        var kind: String?

        @Option(help: "Only what is about events of this source.")
        var source: String?

        @Option(help: "Only what this rule made.")
        var rule: String?

        @Option(help: "Only deliveries to this endpoint.")
        var endpoint: String?

        @Option(help: "Only what is about the entity of this id.")
        var entity: String?

        @Option(help: "Begin then: RFC 3339, or how long ago, as in 2h. Default: now.")
        var since: String?

        @Flag(help: "Print lines on a terminal, too, and take no keys.")
        var plain = false

        func run() async throws {
            let filters = [
                ("kind", kind), ("source", source), ("rule", rule), ("endpoint", endpoint),
                ("entity", entity),
            ]
            if !plain, !api.json, RawTerminal.isThere {
                return try await TailKeys(api: api, filters: filters, since: since).run()
            }
            var course = TailCourse(filters: filters, since: since)
            let stop = StopSignal()
            try await StopRequests.raising(stop) {
                while !stop.isRaised {
                    let step = try await look(&course)
                    await stop.wait(atMost: step, time: .system)
                }
            }
        }

        /// Asks once, prints what is told, and says how long to wait.
        private func look(_ course: inout TailCourse) async throws -> Duration {
            do {
                let page = try await APIClient(api).call(.get, course.path)
                if course.heard(page) { say("the service is back") }
                let lines = (page["happenings"]?.elements ?? []).map { happening in
                    api.json
                        ? String(decoding: happening.bytes(), as: UTF8.self)
                        : TailLine(happening).text(Paint.standardOutput)
                }
                if !lines.isEmpty {
                    let text = lines.map { $0 + "\n" }.joined()
                    try FileHandle.standardOutput.write(contentsOf: Data(text.utf8))
                }
                return course.pause
            } catch let failure as CommandFailure where failure.mayPass && course.hasBegun {
                let wait = course.missed()
                say("\(failure.what); asked again in \(wait.wholeMilliseconds / 1_000) s")
                return wait
            }
        }

        private func say(_ text: String) {
            FileHandle.standardError.write(Data("copyhook: \(text)\n".utf8))
        }
    }
}

/// Where a person who follows the stream stands: what is asked next, and when.
struct TailCourse {
    private static let usual: Duration = .milliseconds(500)
    private static let longest: Duration = .seconds(30)
    private static let rows = 200

    private let filters: [(String, String?)]
    private let since: String?
    private var mark: String?
    private var failures = 0
    /// How long to wait before the next question.
    private(set) var pause = usual

    init(filters: [(String, String?)], since: String?) {
        self.filters = filters
        self.since = since
    }

    /// Whether the service has answered once: before, trouble is a mistake of the person's.
    var hasBegun: Bool { mark != nil }

    var path: String {
        let start = mark.map { ("after", Optional($0)) } ?? ("since", since)
        let query = (filters + [start, ("limit", "\(Self.rows)")]).compactMap { name, value in
            value.map { "\(name)=\(APIClient.segment($0))" }
        }
        return "/api/v1/stream?" + query.joined(separator: "&")
    }

    /// - Returns: Whether the service had been away.
    mutating func heard(_ page: JSONValue) -> Bool {
        defer { failures = 0 }
        mark = page["next"]?.text ?? mark
        pause = page["more"] == .bool(true) ? .zero : Self.usual
        return failures > 0
    }

    /// The service did not answer; asked again later each time.
    ///
    /// - Returns: How long that is.
    mutating func missed() -> Duration {
        failures += 1
        pause = min(.seconds(1 << min(failures - 1, 5)), Self.longest)
        return pause
    }
}

/// One thing that happened, as people read it.
struct TailLine {
    let at: String
    let kind: String
    /// Who or what it happened to.
    let about: String
    let outcome: String

    /// Long enough for every kind but the audit's.
    private static let kindColumns = 19
    private static let aboutColumns = 55
    /// What a line has beside that: the time, the kind, and an outcome of two or three words.
    private static let outcomeColumns = 75

    init(_ happening: JSONValue, zone: TimeZone = .current) {
        let moment = happening["at"]?.text.flatMap { Timestamp(rfc3339: $0) }
        at = moment.map { Self.clock($0, zone) } ?? "-"
        kind = happening.cell("kind").onOneLine
        about = Self.about(happening).onOneLine
        outcome = Self.outcome(happening).onOneLine
    }

    func text(_ paint: Paint) -> String {
        "\(at)  \(paint.tone(of: word, paddedKind))  \(rest(Self.aboutColumns))"
    }

    /// At most so many places; in narrow windows columns give way to what happened.
    func text(_ paint: Paint, width: Int) -> String {
        let start = "\(at)  \(paddedKind)"
        let about = min(Self.aboutColumns, max(width - Self.outcomeColumns, 0))
        let line = "\(start)  \(rest(about))".cut(to: width)
        // Colours take no place, and are put where the text was not cut.
        guard line.hasPrefix(start) else { return line }
        return "\(at)  \(paint.tone(of: word, paddedKind))" + line.dropFirst(start.count)
    }

    private var word: String { String(kind.drop { $0 != "." }.dropFirst()) }

    private var paddedKind: String { kind.padded(to: Self.kindColumns) }

    private func rest(_ aboutColumns: Int) -> String {
        (about.padded(to: aboutColumns) + " " + outcome).trimmingEnd
    }

    private static func about(_ happening: JSONValue) -> String {
        let id = happening["delivery"] ?? happening["task"] ?? happening["event"]
        guard let id = id?.text else {
            return [happening["who"]?["name"]?.text, happening["object"]?.text]
                .compactMap(\.self).joined(separator: " ")
        }
        let name = happening["entity"]?["name"]?.text ?? happening["entity"]?["id"]?.text ?? ""
        return name.isEmpty ? id : "\(id) \(name.cut(to: 24))"
    }

    private static func outcome(_ happening: JSONValue) -> String {
        var words: [String?] = []
        if happening["delivery"] != nil {
            words = [happening["endpoint"]?.text, happening["notification"]?.text]
        } else if happening["task"] != nil {
            words = [
                happening["rules"]?.elements.first?.text, happening["connection"]?.text,
                happening["failure"]?.text,
            ]
        } else {
            words = [happening["source"]?.text, happening["type"]?.text]
            words += happening["rules"]?.elements.map(\.text) ?? []
        }
        words.append(happening["reason"]?.text)
        if let attempt = happening["attempt"] {
            words += [
                attempt["kind"]?.text, attempt["outcome"]?.text, attempt["status"]?.text,
                attempt["code"]?.text, attempt["duration_ms"]?.text.map { "\($0) ms" },
            ]
        }
        return words.compactMap(\.self).joined(separator: " ")
    }

    private static func clock(_ moment: Timestamp, _ zone: TimeZone) -> String {
        let date = Date(timeIntervalSince1970: Double(moment.milliseconds) / 1_000)
        let offset = zone.secondsFromGMT(for: date)
        let local = (moment + .seconds(Int64(offset))).description
        return String(local.dropFirst(11).dropLast())
    }
}

extension Paint {
    /// Colours a piece of text by the word of a state or of an outcome.
    fileprivate func tone(of word: String, _ text: String) -> String {
        let plain = Paint(isOn: true).state(word)
        guard isOn, let start = plain.firstIndex(of: "m") else { return text }
        return plain[...start] + text + "\u{1B}[0m"
    }
}
