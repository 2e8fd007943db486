import Domain
import StrictJSON
import Transport

/// A wish about many, asked for in parts: counted first, then carried out with progress.
struct ManyWish {
    private static let triesMax = 4

    let options: APIOptions
    let path: String
    /// The member of the answers that counts what was done.
    let counted: String
    let title: String
    var wish: JSONObject

    /// Asks how many there are, and has the parts that follow mean the same ones.
    mutating func count() async throws(CommandFailure) -> JSONValue {
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
    /// A part whose answer is lost is asked for again: what it did is not done twice.
    ///
    /// - Returns: How many it was, and how many of these are still to be done by a worker.
    func carryOut(
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
                guard error.code == 1, tries < Self.triesMax else {
                    guard error.code == 1 else { throw error }
                    throw .failed(
                        "\(error.what); \(done) were done before",
                        "Repeat the command with --asked-at \(wish["asked_at"]?.text ?? "TIME"): "
                            + "what was done is left out.")
                }
                tries += 1
                try? await Task.sleep(for: .seconds(tries))
            }
        }
    }

    private func call(_ wish: JSONObject) async throws(CommandFailure) -> JSONValue {
        let client: APIClient
        do { client = try APIClient(options) } catch {
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
