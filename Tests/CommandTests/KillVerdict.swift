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
        /// Where it came to, one path for each endpoint.
        var endpoint = "/hooks/0"
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
    /// In the order of their coming.
    var received: [Received]
    /// The paths of the endpoints that have to hear of every end.
    var endpoints = ["/hooks/0"]

    /// How often a notification came.
    struct Repeats: Equatable {
        /// Different notifications: one for each end and endpoint.
        var notifications = 0
        /// All that came, each notification once or more often.
        var deliveries = 0
        /// Of these the duplicates: the endpoint had answered 2xx to the same `webhook-id` before,
        /// whether that answer was heard or met a process that was killed by then.
        var duplicates = 0
        /// The others that came again: the endpoint had taken it, and cut its answer off.
        var afterLostAnswer: Int { deliveries - notifications - duplicates }

        var duplicateShare: Double {
            notifications == 0 ? 0 : Double(duplicates) / Double(notifications)
        }
    }

    var repeats: Repeats {
        var repeats = Repeats()
        var isTaken: [String: Bool] = [:]
        for delivery in received {
            let id = delivery.webhookID ?? ""
            repeats.deliveries += 1
            switch isTaken[id] {
            case nil: repeats.notifications += 1
            case true?: repeats.duplicates += 1
            case false?: break
            }
            isTaken[id] = isTaken[id] == true || delivery.isTaken
        }
        return repeats
    }

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

    /// Each end was taken by each endpoint at least once.
    private var undelivered: [String] {
        let taken = grouped(received.filter(\.isTaken)) { $0.taskID }
        return tasks.flatMap { task in
            let id = task["id"]?.string ?? ""
            let type = "copy.\(task["state"]?.string ?? "")"
            return endpoints.compactMap { endpoint in
                let isTold = taken[id]?.contains {
                    $0.type == type && $0.sequence == task["sequence"]?.number?.int64
                        && $0.endpoint == endpoint
                }
                return isTold == true ? nil : "\(id) ended and \(endpoint) was not told"
            }
        }
    }

    /// One id for each task, sequence and endpoint, whatever was sent again, and every signature
    /// right.
    private var unstable: [String] {
        let ends = grouped(received) { "\($0.taskID) \($0.sequence) at \($0.endpoint)" }
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
            type: delivery.json["type"]?.string ?? "?", endpoint: delivery.path,
            webhookID: delivery.webhookID, isVerified: delivery.isVerified,
            isTaken: delivery.status.map { (200..<300).contains($0) } ?? false)
    }
}
