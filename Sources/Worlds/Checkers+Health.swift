import Domain
import Simulation
import Storage
import StrictJSON

// What is told of endpoints, connections and doubts, and what the store counts.
extension Checkers {
    /// The sum over the states is the number of rows (I10).
    mutating func checkCensus() {
        let tasks = Dictionary(grouping: snapshot.tasks, by: \.state.name).mapValues(\.count)
        if census.tasks.filter({ $0.value > 0 }) != tasks {
            fail("the store counts \(census.tasks.values.reduce(0, +)) of \(snapshot.tasks.count)")
        }
        if census.deliveries.values.reduce(0, +) != snapshot.deliveries.count {
            fail("the store counts its deliveries wrongly")
        }
    }

    /// A connection is told of when it breaks and when it works again, once each and to each.
    mutating func checkConnections() {
        let rows = health.filter { row in
            if case .connection = row.destination { true } else { false }
        }
        let changes = rows.map(\.revision).reduce(0, +)
        let broken = rows.count { $0.failingSince != nil }
        for endpoint in course.scenery.endpoints {
            let told = snapshot.deliveries.filter { $0.endpoint == endpoint.name }
            let breaks = told.count { $0.type == .connectionBroken }
            let ends = told.count { $0.type == .connectionRecovered }
            if breaks + ends != changes || breaks - ends != broken {
                fail(
                    "\(endpoint.name) is told of \(breaks) breaks and \(ends) ends, of \(changes)"
                        + " with \(broken) open")
            }
        }
    }

    /// Who is given up loses what waits for it, and others are told; nobody else loses anything so.
    mutating func checkDisabling() {
        guard !snapshot.deliveries.contains(where: { $0.type == .endpointDisabled }) else { return }
        for delivery in snapshot.deliveries where delivery.state == .exhausted(reason: "disabled") {
            fail("\(delivery.id) is given up with \(delivery.endpoint), and nobody was told")
        }
    }

    /// What callbacks read: one notification of each kind for one spell of trouble, and the doubt
    /// of each end as the task has it.
    mutating func checkBodies() {
        let tasks = Dictionary(uniqueKeysWithValues: snapshot.tasks.map { ($0.id.rawValue, $0) })
        var read: Set<String> = []
        var spells: Set<String> = []
        for delivery in course.scenery.endpoint.deliveries {
            let id = delivery.headers.first { $0.name == "webhook-id" }?.value ?? ""
            guard delivery.path != Scenery.chatPath, read.insert(id).inserted,
                let body = try? JSONValue(parsing: delivery.body), let data = body["data"],
                let type = body["type"]?.string
            else { continue }
            if let task = data["task"] {
                let end = task["id"]?.string.flatMap { tasks[$0] }
                guard let end, task["sequence"]?.number?.int64 == end.endSequence.map(Int64.init)
                else { continue }
                if task["possible_duplicate"]?.bool != end.isPossibleDuplicate {
                    fail("\(id) hides that \(end.id) may have two copies")
                }
            } else if let since = (data["failing_since"] ?? data["since"])?.string {
                let whose = (data["endpoint"] ?? data["connection"])?.string ?? ""
                let percent = data["percent"]?.number?.int64 ?? 0
                let spell = "\(type) \(percent) of \(whose) since \(since) at \(delivery.path)"
                if !spells.insert(spell).inserted { fail("\(spell) was told twice") }
            }
        }
    }
}
