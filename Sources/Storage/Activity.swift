package import Domain

/// How many rows there are, counted no further than it matters.
package struct Tally: Hashable, Sendable {
    package let count: Int
    /// There are more than that.
    package let hasMore: Bool

    package init(_ count: Int, hasMore: Bool = false) {
        self.count = count
        self.hasMore = hasMore
    }

    /// What was counted up to one more than `bound`.
    package init(_ count: Int, atMost bound: Int) {
        self.init(min(count, bound), hasMore: count > bound)
    }
}

/// What waits, since when, and what happened in a while.
package struct Activity: Hashable, Sendable {
    /// When the oldest row in each state that is no end came; only states that have one.
    package var oldestEvents: [EventState: Timestamp] = [:]
    package var oldestTasks: [CopyTask.State.Name: Timestamp] = [:]
    package var oldestDeliveries: [Delivery.State.Name: Timestamp] = [:]
    /// Events of the while by source, tasks by rule, deliveries by endpoint; by name, byte for
    /// byte, at most ``groupsMax`` of each.
    package var sources: [Group] = []
    package var rules: [Group] = []
    package var endpoints: [Group] = []
    /// Each hour of the while, the oldest first.
    package var hours: [Hour] = []

    /// Nothing is counted further than this.
    package static let countMax = 10_000
    package static let groupsMax = 100
    package static let hoursMax = 168

    package init() {}

    package struct Group: Hashable, Sendable {
        package let name: String
        package let tally: Tally

        package init(name: String, tally: Tally) {
            self.name = name
            self.tally = tally
        }
    }

    package struct Hour: Hashable, Sendable {
        package let start: Timestamp
        package let events: Tally
        package let tasks: Tally
        package let deliveries: Tally

        package init(start: Timestamp, events: Tally, tasks: Tally, deliveries: Tally) {
            self.start = start
            self.events = events
            self.tasks = tasks
            self.deliveries = deliveries
        }
    }

    /// The full hours that end with the one that `now` is in.
    ///
    /// - Parameter count: How many, from 1 to ``hoursMax``.
    package static func hours(_ count: Int, endingAt now: Timestamp) -> [Period] {
        let hour: Int64 = 3_600_000
        let last = now.milliseconds - ((now.milliseconds % hour) + hour) % hour
        let count = min(max(count, 1), hoursMax)
        return (0..<count).map { place in
            let start = Timestamp(milliseconds: last - Int64(count - 1 - place) * hour)
            return Period(since: start, until: start + .hours(1))
        }
    }
}
