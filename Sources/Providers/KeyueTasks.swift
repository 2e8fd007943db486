import Domain
import StrictJSON
import Transport

/// Asks for Keyue's task list, which knows no filter by task (contracts/keyue.md section 4).
struct KeyueTasks: Sendable {
    let calls: KeyueCalls
    let reader: KeyueReader
    let query: Connection.TaskQuery

    /// - Parameter age: So old a page may be that another task of the same credential asked for.
    func list(sharedFor age: Duration) -> PagedList<KeyueTaskRow> {
        PagedList(
            pageSize: query.pageSize, pagesMax: query.pagesMax,
            question: { page, isAgain in
                Question(
                    calls.get(query.path, parameters(page)), mayBeSharedFor: isAgain ? .zero : age)
            },
            page: { reply in
                switch reader.read(reply) {
                case .refusal(let refusal): .failure(refusal)
                case .success(let body, let answer): page(body, answer, at: reply.at)
                }
            })
    }

    private func parameters(_ page: Int) -> [(String, String)] {
        scope + [("pn", String(page)), ("ps", String(query.pageSize))]
    }

    /// Whose tasks are listed, and of which kind.
    var scope: [(String, String)] {
        var scope = [("queryLevel", String(query.queryLevel))]
        if query.queryLevel == 0 { scope.append(("taskUrl", KeyueTaskRow.copyURL)) }
        return scope
    }

    /// `taskList` may be absent, which is a list without rows; without `data` around it, or with a
    /// row that cannot be read, the page proves nothing.
    private func page(
        _ body: JSONValue, _ answer: HTTPAnswer, at now: Timestamp
    ) -> Result<ListPage<KeyueTaskRow>, Refusal> {
        let data = body["data"]
        let list = data?["taskList"]
        let rows = (list?.array ?? []).map { KeyueTaskRow($0) }
        guard data?.object != nil, list?.isNull ?? true || list?.array != nil,
            rows.allSatisfy({ $0 != nil })
        else {
            return .failure(reader.malformed("Keyue's task list is unreadable"))
        }
        // Its own time is in milliseconds, the header's in seconds.
        let ahead =
            body["time"]?.number?.int64.map { $0 - now.milliseconds }
            ?? answer.headers.clockAhead(at: now)
        return .success(
            ListPage(
                rows: rows.compactMap { $0 }.map { ($0.id, $0) },
                total: data?["total"]?.wholeNumber.map { Int($0) },
                // Without a total the only end is a page without rows (section 4).
                isLast: data?["total"]?.wholeNumber == nil ? false : nil,
                clockAhead: ahead, at: now))
    }
}

extension ListReading<KeyueTaskRow> {
    /// Whether what was not read is older than `start`: the rows come newest first, and the last
    /// one is older.
    ///
    /// Keyue documents no order and no end of its list, so the rows themselves have to show it.
    func reaches(_ start: Timestamp) -> Bool {
        let times = rows.map(\.createdAt)
        guard let last = times.last ?? nil, last < start, !times.contains(nil) else { return false }
        return zip(times, times.dropFirst()).allSatisfy { earlier, later in
            guard let earlier, let later else { return false }
            return earlier >= later
        }
    }
}

/// Makes the requests of contracts/keyue.md section 1.
struct KeyueCalls: Sendable {
    /// Without a slash at its end.
    let base: String
    let timeout: Duration
    let token: Secret
    let uid: Secret
    let username: Secret

    func get(_ path: String, _ query: [(String, String)]) -> HTTPRequest {
        HTTPRequest(
            .get, base + path + URLText.query(query), headers: headers, timeout: timeout)
    }

    /// On a connection of its own: libcurl would send it again by itself on a reused one.
    func postOnce(_ path: String, _ body: JSONValue, headers more: [HTTPField]) -> HTTPRequest {
        HTTPRequest(
            .post, base + path, headers: headers + more, body: body.bytes(), timeout: timeout,
            isOnFreshConnection: true)
    }

    /// All of them on every call, GET included.
    private var headers: [HTTPField] {
        [
            HTTPField("Content-Type", "application/json"),
            HTTPField("token", token.exposed),
            HTTPField("uid", uid.exposed),
            HTTPField("username", username.exposed),
        ]
    }
}
