import Domain

/// Refuses copies that Coze's rules forbid, before anything is sent (contracts/coze.md section
/// 5.2).
///
/// What the answers do not say is not held against the task: Coze itself has the last word.
struct CozePreflight: Sendable {
    let source: String?
    let target: String

    /// Whether nothing more needs to be read.
    func isEnough(_ workspaces: [CozeLists.Workspace]) -> Bool {
        find(target, workspaces) != nil
            && (source.map { find($0, workspaces) != nil } ?? true)
    }

    /// - Parameter isWhole: Whether a workspace that is not in the list is none of the token's.
    func failure(_ workspaces: [CozeLists.Workspace], isWhole: Bool) -> Failure? {
        let to = find(target, workspaces)
        let from = source.flatMap { find($0, workspaces) }
        if to == nil, isWhole { return unseen("target workspace \(target)") }
        if let source, from == nil, isWhole { return unseen("source workspace \(source)") }
        guard let from else { return nil }
        if from.isPersonal == true {
            return Failure(
                .invalid,
                message: "Coze copies out of a personal workspace only into the same one. Leave"
                    + " to_workspace out, or move the original to a team workspace.")
        }
        if let one = from.enterprise, let other = to?.enterprise,
            !one.utf8.elementsEqual(other.utf8)
        {
            return Failure(
                .invalid,
                message: "Source and target workspace belong to different enterprises, and Coze"
                    + " does not copy between them. Choose a to_workspace of the same enterprise.")
        }
        return nil
    }

    private func find(
        _ id: String, _ workspaces: [CozeLists.Workspace]
    ) -> CozeLists.Workspace? {
        workspaces.first { $0.id.utf8.elementsEqual(id.utf8) }
    }

    private func unseen(_ what: String) -> Failure {
        Failure(
            .unauthorized,
            message: "The token does not see the \(what). Check the id, make the account a member"
                + " of both workspaces, and give the token access to them.")
    }
}
