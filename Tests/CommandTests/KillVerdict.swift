import StrictJSON

/// What a run with kills left behind, and what of it breaks a promise.
///
/// Pure, so that every promise can be seen broken once.
struct KillVerdict: Sendable {
    /// An event that was answered 200.
    struct Acknowledged: Sendable {
        let key: String
        /// The id of what its rule copies.
        let original: String
    }

    struct Received: Sendable {
        let taskID: String
        let sequence: Int64
        let type: String
        let webhookID: String?
        let isVerified: Bool?
        /// Whether the endpoint took it and said so.
        let isTaken: Bool
    }

    var acknowledged: [Acknowledged]
    /// Rows of `/api/v1/events`.
    var events: [JSONValue]
    /// Rows of `/api/v1/tasks`.
    var tasks: [JSONValue]
    /// Every copy that the platforms really made.
    var copies: [JSONValue]
    var received: [Received]

    /// One sentence for each broken promise.
    var broken: [String] {
        lost + doubled + ends + undelivered + unstable
    }

    /// Every acknowledged event is stored once, and was matched to one task.
    private var lost: [String] {
        let stored = grouped(events) { $0["key"]?.string }
        let planned = grouped(tasks) { $0["entity"]?["id"]?.string }
        return acknowledged.flatMap { event in
            let rows = stored[event.key] ?? []
            var broken: [String] = []
            if rows.count != 1 { broken.append("\(event.key) is stored \(rows.count) times") }
            if rows.contains(where: { $0["state"]?.string != "matched" }) {
                broken.append("\(event.key) is not matched")
            }
            let count = planned[event.original]?.count ?? 0
            if count != 1 { broken.append("\(event.key) has \(count) tasks") }
            return broken
        }
    }

    /// No event has two copies.
    private var doubled: [String] {
        grouped(copies) { $0["entity_id"]?.string }.filter { $0.value.count > 1 }
            .map { "\($0.key) was copied \($0.value.count) times" }.sorted()
    }

    /// Each task succeeded with exactly one copy, or is unresolved and there is none.
    private var ends: [String] {
        let made = grouped(copies) { $0["entity_id"]?.string }
        return tasks.compactMap { task in
            let original = task["entity"]?["id"]?.string ?? ""
            let copies = made[original] ?? []
            let name = "\(task["id"]?.string ?? "?") of \(original)"
            switch task["state"]?.string {
            case "succeeded":
                guard copies.count == 1 else { return "\(name) succeeded with \(copies.count)" }
                guard let told = task["copy_id"]?.string else { return nil }
                return copies[0]["copied_entity_id"]?.string == told
                    ? nil : "\(name) succeeded with a copy that is not its own"
            case "unresolved":
                return copies.isEmpty ? nil : "\(name) is unresolved and its copy can be told"
            case let state: return "\(name) is \(state ?? "without a state")"
            }
        }
    }

    /// Each end was taken by the endpoint at least once.
    private var undelivered: [String] {
        let taken = grouped(received.filter(\.isTaken)) { $0.taskID }
        return tasks.compactMap { task in
            let id = task["id"]?.string ?? ""
            let type = "copy.\(task["state"]?.string ?? "")"
            let isTold = taken[id]?.contains {
                $0.type == type && $0.sequence == task["sequence"]?.number?.int64
            }
            return isTold == true ? nil : "\(id) ended and nobody was told"
        }
    }

    /// One id for each task and sequence, whatever was sent again, and every signature right.
    private var unstable: [String] {
        let ends = grouped(received) { "\($0.taskID) \($0.sequence)" }
        var broken = received.filter { $0.isVerified != true }
            .map { "a notification of \($0.taskID) is wrongly signed" }
        var users: [String: String] = [:]
        for (end, received) in ends.sorted(by: { $0.key < $1.key }) {
            let ids = Set(received.map { $0.webhookID ?? "" })
            if ids.count != 1 || ids.contains("") {
                broken.append("\(end) came under \(ids.count) ids")
            }
            for id in ids.sorted() {
                if let other = users[id] { broken.append("\(id) stands for \(end) and \(other)") }
                users[id] = end
            }
        }
        return broken
    }

    private func grouped<Row>(
        _ rows: [Row], _ key: (Row) -> String?
    ) -> [String: [Row]] {
        Dictionary(grouping: rows) { key($0) ?? "?" }
    }
}

extension KillVerdict.Received {
    init(_ delivery: ReceivedDelivery) {
        let task = delivery.json["data"]?["task"]
        self.init(
            taskID: task?["id"]?.string ?? "?", sequence: task?["sequence"]?.number?.int64 ?? -1,
            type: delivery.json["type"]?.string ?? "?", webhookID: delivery.webhookID,
            isVerified: delivery.isVerified,
            isTaken: delivery.status.map { (200..<300).contains($0) } ?? false)
    }
}
