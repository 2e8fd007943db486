import StrictJSON

/// A page of a list, as the caller asked for it.
struct CozePage: Hashable, Sendable {
    let number: Int
    let size: Int

    /// - Parameter sizeMax: A larger wish is cut to this: an official client asks for more than
    ///   is documented, and gets its answer.
    init(
        _ call: CozeCall, sizeDefault: Int, sizeMax: Int
    ) throws(CozeRefusal) {
        func read(_ name: String, _ usual: Int) throws(CozeRefusal) -> Int {
            guard let text = call.request.parameter(name) else { return usual }
            guard let value = Int(text), value >= 1, value <= 1_000_000 else {
                throw .badParameter(name)
            }
            return value
        }
        number = try read("page_num", 1)
        size = min(try read("page_size", sizeDefault), sizeMax)
    }

    func slice<Element>(_ elements: [Element]) -> ArraySlice<Element> {
        elements.dropFirst((number - 1) * size).prefix(size)
    }
}

// contracts/coze.md section 6.
extension SimulatedCoze {
    func listWorkspaces(_ call: CozeCall, for caller: CozeCaller) -> SimulatedAnswer {
        do throws(CozeRefusal) {
            let page = try CozePage(call, sizeDefault: 20, sizeMax: 50)
            let user = call.request.parameter("user_id")
            guard (user == nil) == (call.request.parameter("coze_account_id") == nil) else {
                throw .badParameter("user_id and coze_account_id go together")
            }
            let enterprise = call.request.parameter("enterprise_id")
            let visible = coze.workspaces.filter { workspace in
                workspace.role(of: user ?? caller.userID) != nil
                    && (enterprise?.hasSameBytes(as: workspace.enterpriseID) ?? true)
            }
            return call.success([
                "workspaces": .array(
                    page.slice(visible).map { json($0, for: user ?? caller.userID) }),
                "total_count": .number(JSONNumber(visible.count)),
            ])
        } catch {
            return call.refused(error)
        }
    }

    private func json(_ workspace: CozeWorld.Workspace, for userID: String) -> JSONValue {
        [
            "id": .string(workspace.id), "name": .string(workspace.name),
            "icon_url": "https://example.com/team.png",
            "role_type": .string(workspace.role(of: userID) ?? "member"),
            "enterprise_id": .string(workspace.enterpriseID),
            "workspace_type": .string(workspace.kind.rawValue),
        ]
    }

    func listMembers(
        _ call: CozeCall, of id: String, for caller: CozeCaller
    ) -> SimulatedAnswer {
        do throws(CozeRefusal) {
            let workspace = try visibleWorkspace(id, for: caller)
            let page = try CozePage(call, sizeDefault: 20, sizeMax: 50)
            let members = coze.users.filter { workspace.role(of: $0.id) != nil }
            return call.success([
                "items": .array(
                    page.slice(members).map { user in
                        [
                            "user_id": .string(user.id),
                            "role_type": .string(workspace.role(of: user.id) ?? "member"),
                            "user_nickname": .string(user.name),
                            "user_unique_name": .string("user" + user.id.suffix(6)),
                            "avatar_url": "https://example.com/a.jpg",
                        ]
                    }),
                "total_count": .number(JSONNumber(members.count)),
            ])
        } catch {
            return call.refused(error)
        }
    }

    private func visibleWorkspace(
        _ id: String, for caller: CozeCaller
    ) throws(CozeRefusal) -> CozeWorld.Workspace {
        guard let workspace = coze.workspace(id), workspace.role(of: caller.userID) != nil else {
            throw .noPermission(nil)
        }
        return workspace
    }

    func list(
        _ call: CozeCall, _ kind: CozeWorld.EntityKind, for caller: CozeCaller
    ) -> SimulatedAnswer {
        do throws(CozeRefusal) {
            guard let id = call.request.parameter("workspace_id") else {
                throw .badParameter("workspace_id")
            }
            let isWorkflow = kind == .workflow
            if isWorkflow, call.request.parameter("page_num") == nil {
                throw .badParameter("page_num")
            }
            let page = try CozePage(
                call, sizeDefault: isWorkflow ? 10 : 20, sizeMax: isWorkflow ? 30 : 50)
            let isWanted = try publishFilter(call, kind)
            let workspace = try visibleWorkspace(id, for: caller)
            let found = coze[kind].filter { entity in
                entity.workspaceID.hasSameBytes(as: workspace.id) && isWanted(entity.details)
            }
            if isWorkflow {
                let rest = found.count > page.number * page.size
                return call.success([
                    "has_more": .bool(rest),
                    "items": .array(page.slice(found).map(workflowJSON)),
                ])
            }
            return call.success([
                "items": .array(page.slice(found).map(json)),
                "total": .number(JSONNumber(found.count)),
            ])
        } catch {
            return call.refused(error)
        }
    }

    /// Drafts hide by default: bots and apps are listed once they are published.
    private func publishFilter(
        _ call: CozeCall, _ kind: CozeWorld.EntityKind
    ) throws(CozeRefusal) -> (CozeWorld.Entity.Details) -> Bool {
        let usual = kind == .workflow ? "all" : "published_online"
        switch call.request.parameter("publish_status") ?? usual {
        case "all": return { _ in true }
        case "published_online": return { $0.isPublished }
        case "unpublished_draft": return { !$0.isPublished }
        case "published_draft" where kind != .workflow:
            return { $0.isPublished && $0.updatedAt > $0.publishedAt ?? $0.updatedAt }
        default: throw .badParameter("publish_status")
        }
    }

    private func json(_ entity: CozeWorld.Entity) -> JSONValue {
        let details = entity.details
        var object: JSONObject = [
            "id": .string(entity.id), "name": .string(entity.name),
            "icon_url": .string(details.iconURL),
            "updated_at": .number(JSONNumber(details.updatedAt)),
            "description": .string(details.description),
            "is_published": .bool(details.isPublished),
            "owner_user_id": .string(details.ownerID ?? coze.users.first?.id ?? ""),
        ]
        object["folder_id"] = details.folderID.map(JSONValue.string)
        if details.isPublished {
            object["published_at"] = .number(
                JSONNumber(details.publishedAt ?? details.updatedAt))
        }
        return .object(object)
    }

    /// Times are texts in the list of workflows, and only there.
    private func workflowJSON(_ entity: CozeWorld.Entity) -> JSONValue {
        [
            "workflow_id": .string(entity.id), "workflow_name": .string(entity.name),
            "description": .string(entity.details.description),
            "icon_url": .string(entity.details.iconURL),
            "app_id": .string(entity.details.appID),
            "created_at": .string(String(entity.details.createdAt)),
            "updated_at": .string(String(entity.details.updatedAt)), "creator": creator(entity),
        ]
    }

    private func creator(_ entity: CozeWorld.Entity) -> JSONValue {
        let id = entity.details.ownerID ?? coze.users.first?.id ?? ""
        let name = coze.users.first { $0.id.hasSameBytes(as: id) }?.name ?? ""
        return ["id": .string(id), "name": .string(name)]
    }

    func get(
        _ call: CozeCall, _ kind: CozeWorld.EntityKind, _ id: String, for caller: CozeCaller
    ) -> SimulatedAnswer {
        do throws(CozeRefusal) {
            guard let entity = coze.entity(kind, id) else {
                throw .notFound(kind, id)
            }
            _ = try visibleWorkspace(entity.workspaceID, for: caller)
            let details = entity.details
            if kind == .workflow {
                return call.success([
                    "workflow_detail": [
                        "workflow_id": .string(id), "workflow_name": .string(entity.name),
                        "description": .string(details.description),
                        "icon_url": .string(details.iconURL),
                        "app_id": .string(details.appID), "creator": creator(entity),
                        "created_at": .number(JSONNumber(details.createdAt)),
                        "updated_at": .number(JSONNumber(details.updatedAt)),
                    ]
                ])
            }
            let wantsDraft = call.request.parameter("is_published") == "false"
            guard wantsDraft || details.isPublished else { throw .notPublished }
            var data: JSONObject = [
                "bot_id": .string(id), "name": .string(entity.name),
                "description": .string(details.description),
                "icon_url": .string(details.iconURL),
                "create_time": .number(JSONNumber(details.createdAt)),
                "update_time": .number(JSONNumber(details.updatedAt)),
                "version": .string(details.version), "bot_mode": 0,
                "owner_user_id": .string(details.ownerID ?? coze.users.first?.id ?? ""),
            ]
            data["folder_id"] = details.folderID.map(JSONValue.string)
            return call.success(.object(data))
        } catch {
            return call.refused(error)
        }
    }
}
