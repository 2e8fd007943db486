import ArgumentParser
import Domain
import StrictJSON
import Transport

/// What every command says that does something to many.
struct ManyOptions: ParsableArguments {
    @Flag(help: "Say how many there are, and do nothing.")
    var dryRun = false

    @Flag(help: "Do not ask.")
    var yes = false

    @Option(help: "Leave out what came since then; a run that broke off names it.")
    var askedAt: String?

    /// Whether none of it was said.
    var isEmpty: Bool { !dryRun && !yes && askedAt == nil }
}

/// A wish about many, asked for in parts: counted first, then carried out with progress.
struct ManyWish {
    private static let triesMax = 4

    private let api: APIOptions
    private let options: ManyOptions
    private let path: String
    private let counted: String
    private let title: String
    private var wish: JSONObject

    /// - Parameters:
    ///   - counted: The member of the answers that counts what was done.
    ///   - title: Stands before the progress, as in `Replaying`.
    ///   - filters: What narrows it down; those without a value do not.
    init(
        _ api: APIOptions, _ options: ManyOptions, path: String, counted: String, title: String,
        filters: [(String, String?)]
    ) {
        self.api = api
        self.options = options
        self.path = path
        self.counted = counted
        self.title = title
        wish = JSONValue.members(filters + [("asked_at", options.askedAt)])
    }

    /// Counts, asks, has it done to all, and prints what became of it.
    ///
    /// - Parameters:
    ///   - noun: One of them, as in `task`.
    ///   - warning: Said before it asks; gets the answer that counted.
    ///   - question: With how many it is, as in `Cancel 3 queued tasks?`.
    ///   - outcome: With how many it was, as in `3 events meet the rules again`.
    mutating func run(
        _ noun: String, warning: (JSONValue) -> String? = { _ in nil },
        question: (String) -> String, outcome: (String) -> String
    ) async throws {
        let answer = try await count()
        let count = answer["count"]?.count ?? 0
        guard !options.dryRun, count > 0 else {
            return print(api.json ? answer.prettyText() : count.of(noun))
        }
        if let warning = warning(answer) { standardError(warning) }
        try Consent.ask(question(count.of(noun)), isGiven: options.yes)
        let (done, onLoan) = try await carryOut(of: count)
        guard !api.json else {
            var answer: JSONObject = [counted: .count(done)]
            if onLoan > 0 { answer["on_loan"] = .count(onLoan) }
            return print(JSONValue.object(answer).prettyText())
        }
        print(
            outcome((done - onLoan).of(noun))
                + (onLoan > 0 ? ", \(onLoan) more will be before anything is sent" : ""))
    }

    /// Asks how many there are, and has the parts that follow mean the same ones.
    private mutating func count() async throws(CommandFailure) -> JSONValue {
        var dry = wish
        dry["dry_run"] = true
        let answer = try await call(dry)
        for key in ["asked_at", "since", "until"] {
            if let moment = answer[key] { wish[key] = moment }
        }
        return answer
    }

    /// Carries the wish out.
    ///
    /// A part that fails is asked for again where that may pass: what it did is not done twice.
    ///
    /// - Returns: How many it was, and how many of these are still to be done by a worker.
    private func carryOut(
        of total: Int
    ) async throws(CommandFailure) -> (done: Int, onLoan: Int) {
        var progress = Progress(title)
        var (done, onLoan, next) = (0, 0, JSONValue?.none)
        repeat {
            var part = wish
            part["cursor"] = next
            let answer = try await attempt(part, done)
            done += answer[counted]?.count ?? 0
            onLoan += answer["on_loan"]?.count ?? 0
            next = answer["next"].flatMap { $0.isNull ? Optional.none : .some($0) }
            progress.show(done, of: total)
        } while next != nil
        progress.end()
        return (done, onLoan)
    }

    private func attempt(_ part: JSONObject, _ done: Int) async throws(CommandFailure) -> JSONValue
    {
        var tries = 1
        while true {
            do throws(CommandFailure) {
                return try await call(part)
            } catch {
                guard error.mayPass, tries < Self.triesMax else {
                    guard error.code == 1 else { throw error }
                    let again =
                        "Repeat the command with --asked-at \(wish["asked_at"]?.text ?? "TIME"): "
                        + "what was done is left out."
                    let before = error.mayPass || error.remedy.isEmpty ? "" : error.remedy + " "
                    throw .failed("\(error.what); \(done) were done before", before + again)
                }
                tries += 1
                try? await Task.sleep(for: .seconds(tries))
            }
        }
    }

    private func call(_ wish: JSONObject) async throws(CommandFailure) -> JSONValue {
        let client: APIClient
        do { client = try APIClient(api) } catch {
            throw error as? CommandFailure ?? .failed("\(error)")
        }
        return try await client.call(.post, path, body: JSONValue.object(wish).bytes())
    }
}

extension JSONValue {
    /// Puts in what was given.
    static func members(_ members: [(String, String?)]) -> JSONObject {
        var object = JSONObject()
        for (key, value) in members {
            if let value { object[key] = .string(value) }
        }
        return object
    }
}
