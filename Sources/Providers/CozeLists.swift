import Domain
import StrictJSON
import Transport

/// The lists of contracts/coze.md section 6 that we read.
struct CozeLists: Sendable {
    let calls: CozeCalls
    let reader: CozeReader

    /// 2 000 to 3 000 entities; a workspace with more is not listed.
    static let pagesMax = 100

    struct Workspace: Hashable, Sendable {
        let id: String
        /// `nil` where the answer does not say.
        let isPersonal: Bool?
        let enterprise: String?
    }

    /// Every workspace that the token sees (section 6.3).
    func workspaces(token: Secret, sharedFor age: Duration) -> PagedList<Workspace> {
        list("/v1/workspaces", [], pageSize: 50, token: token, age, rows: "workspaces") { row in
            row["id"]?.foreignID.map { id in
                let type = row["workspace_type"]?.string
                let isKnown = type == "personal" || type == "team"
                return (
                    id,
                    Workspace(
                        id: id, isPersonal: isKnown ? type == "personal" : nil,
                        enterprise: row["enterprise_id"]?.text)
                )
            }
        }
    }

    /// Everything of one kind in a workspace, drafts included (sections 6.1 and 6.4).
    ///
    /// Without `publish_status=all` the list hides drafts, and a fresh copy is one.
    func entities(
        _ kind: CozeKind, in workspace: String, token: Secret, sharedFor age: Duration
    ) -> PagedList<Adoption.Sight> {
        let query = [("workspace_id", workspace), ("publish_status", "all")]
        return list(
            kind.path, query, pageSize: kind.pageSize, token: token, age, rows: "items"
        ) { row in
            (row["id"] ?? row["workflow_id"])?.foreignID.map { id in
                (
                    id,
                    Adoption.Sight(
                        id: id, name: (row["name"] ?? row["workflow_name"])?.string,
                        changedAt: Self.seconds(row["updated_at"]),
                        isPublished: row["is_published"]?.bool,
                        owner: (row["owner_user_id"] ?? row["creator"]?["id"])?.foreignID)
                )
            }
        }
    }

    private func list<Row: Sendable>(
        _ path: String, _ query: [(String, String)], pageSize: Int, token: Secret,
        _ age: Duration, rows key: String,
        row: @escaping @Sendable (JSONValue) -> (id: String, row: Row)?
    ) -> PagedList<Row> {
        PagedList(
            pageSize: pageSize, pagesMax: Self.pagesMax,
            question: { page, isAgain in
                let paging = [("page_num", String(page)), ("page_size", String(pageSize))]
                return Question(
                    calls.get(path, query + paging, token: token),
                    mayBeSharedFor: isAgain ? .zero : age)
            },
            page: { reply in
                switch reader.read(reply) {
                case .refusal(let refusal): return .failure(refusal)
                case .success(let body, let answer, let logID):
                    let data = body["data"]
                    let rows = (data?[key]?.array ?? []).map(row)
                    // Half a page proves nothing, so one unreadable row spoils it.
                    guard data?.object != nil, data?[key]?.array != nil || Self.isEmpty(data?[key]),
                        rows.allSatisfy({ $0 != nil })
                    else {
                        return .failure(
                            reader.malformed("Coze's list \(path) is unreadable", logID))
                    }
                    return .success(
                        ListPage(
                            rows: rows.compactMap { $0 },
                            total: (data?["total"] ?? data?["total_count"])?.wholeNumber.map {
                                Int($0)
                            },
                            isLast: data?["has_more"]?.bool.map { !$0 },
                            clockAhead: answer.headers.clockAhead(at: reply.at),
                            at: reply.at))
                }
            })
    }

    private static func isEmpty(_ value: JSONValue?) -> Bool { value?.isNull ?? true }

    /// Unix seconds; text in one list, a number in the others.
    private static func seconds(_ value: JSONValue?) -> Timestamp? {
        guard let seconds = value?.wholeNumber, (1...1 << 40).contains(seconds) else { return nil }
        return Timestamp(milliseconds: seconds * 1_000)
    }
}

/// What Coze can copy; the request's own description knows more words, its page these.
enum CozeKind: String, CaseIterable, Sendable {
    case bot, app, workflow

    /// Where entities of this kind are listed.
    var path: String { "/v1/\(rawValue)s" }

    /// The default for bots and apps, whose largest is not documented; the largest for workflows.
    var pageSize: Int { self == .workflow ? 30 : 20 }
}
