import StrictJSON

/// A scene and how far it has come, as the service's own lists show it.
struct DemoAct {
    let scene: DemoScene
    /// Of the answer to the callback; `nil` when there was none.
    var status: Int?
    var events: [JSONValue] = []
    var tasks: [JSONValue] = []
    var deliveries: [JSONValue] = []

    init(scene: DemoScene) {
        self.scene = scene
    }

    var isAtItsEnd: Bool {
        switch scene.end {
        case .succeeded, .failed:
            status == 200 && events.count == 1 && tasks.count == 1 && isTold
                && tasks[0].cell("state") == (scene.end == .failed ? "failed" : "succeeded")
        case .announced: status == 200 && events.count == 1 && tasks.isEmpty && isTold
        case .repeated: status == 200 && events.count == 1 && tasks.count == 1 && isTold
        case .refused: status == 401 && events.isEmpty
        }
    }

    private var isTold: Bool {
        deliveries.count == scene.listeners
            && deliveries.allSatisfy { $0.cell("state") == "delivered" }
    }

    /// A line for each notification that did not arrive.
    var undelivered: [String] {
        deliveries.filter { $0.cell("state") != "delivered" }.map {
            "Undelivered: \($0.cell("type")) of \(entity) to \($0.cell("endpoint")), "
                + "\($0.cell("id")): \($0.cell("state")) after \($0.cell("attempts")) tries"
        }
    }

    private var entity: String {
        events.first.map { $0["entity"]?["name"]?.text ?? $0.cell("entity", "id") } ?? "-"
    }

    /// Why there is no copy, in the words that people are told.
    var reason: String? {
        tasks.first?["failure"]?["message"]?.text
    }

    // MARK: - Cells

    var eventCell: String {
        switch scene.end {
        case .repeated: "repeat, \(events.count) stored"
        case .refused: "refused with \(status.map(String.init) ?? "-"), \(events.count) stored"
        case .succeeded, .failed, .announced: events.first?.cell("type") ?? "not stored"
        }
    }

    var copyCell: String {
        guard let task = tasks.first else { return "-" }
        switch task.cell("state") {
        case "succeeded":
            return "\(task.cell("connection")): \(task["copy_id"]?.text ?? "made, id not told")"
        case "failed": return "failed: \(task.cell("failure", "kind"))"
        case let state: return state
        }
    }

    var toldCell: String {
        guard !deliveries.isEmpty else { return "-" }
        return deliveries.map { "\($0.cell("endpoint")) \($0.cell("state"))" }.sorted()
            .joined(separator: ", ")
    }
}
