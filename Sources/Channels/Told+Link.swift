import StrictJSON

extension Told {
    /// The page of the copy, or of the original where no copy is known.
    ///
    /// Only what Coze documents: a bot's page is `/space/<workspace>/bot/<id>`, a workflow's
    /// `/work_flow?space_id=…&workflow_id=…` ("the number behind `bot` in the address of the
    /// agent's page is its id"). Keyue documents no page, and an id that is not all digits makes no
    /// address.
    var link: ChatMessage.Link? {
        guard let connection = data.value(at: "/task/connection")?.string,
            let site = sites[connection]
        else { return nil }
        let workspace = id("/task/entity/workspace_id")
        if let copy = id("/task/copy_id") ?? id("/suspects/0/id") {
            return page(copy, in: id("/task/to_workspace") ?? workspace, of: site).map {
                ChatMessage.Link(say("打开副本", "Open the copy"), $0)
            }
        }
        return page(id("/task/entity/id"), in: workspace, of: site).map {
            ChatMessage.Link(say("打开原件", "Open the original"), $0)
        }
    }

    private func page(_ id: String?, in workspace: String?, of site: String) -> String? {
        guard let id, let workspace else { return nil }
        return switch data.value(at: "/task/entity/type")?.string {
        case "bot": "\(site)/space/\(workspace)/bot/\(id)"
        case "workflow": "\(site)/work_flow?space_id=\(workspace)&workflow_id=\(id)"
        default: nil
        }
    }

    /// One to twenty digits, as the platform's ids are.
    private func id(_ pointer: String) -> String? {
        guard let text = data.value(at: pointer)?.text, (1...20).contains(text.utf8.count),
            text.utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        return text
    }
}
