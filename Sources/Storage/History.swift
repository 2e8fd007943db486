package import Domain

/// Everything that was taken in, oldest first, for whoever goes through all of it once more.
package protocol History: Sendable {
    /// How many events came in during a period.
    func eventCount(in period: Period) async throws(StorageError) -> Int

    /// Events of a period in the order in which they came in.
    ///
    /// - Parameters:
    ///   - place: What the page before called `next`; `nil` for the first.
    ///   - limit: Events on the page, at least one; fewer where their bodies are large.
    /// - Throws: `.notFound` for a place that is none.
    func events(
        in period: Period, after place: String?, limit: Int
    ) async throws(StorageError) -> Page<Event>
}

/// From a moment on, and before another; open where there is none.
package struct Period: Hashable, Sendable {
    package var since: Timestamp?
    package var until: Timestamp?

    package init(since: Timestamp? = nil, until: Timestamp? = nil) {
        self.since = since
        self.until = until
    }

    package func contains(_ moment: Timestamp) -> Bool {
        (since.map { $0 <= moment } ?? true) && (until.map { moment < $0 } ?? true)
    }
}

/// A place in the history: when an event came in, and its place among those of that moment.
package struct HistoryPlace: Hashable, Comparable, Sendable {
    /// Bodies of one page, so that a few large ones do not fill the memory.
    package static let bodyBytesMax = 16 << 20

    package let at: Timestamp
    package let position: Int64

    package init(at: Timestamp, position: Int64) {
        self.at = at
        self.position = position
    }

    package init(parsing text: String) throws(StorageError) {
        // Numbers as `text` writes them: an `Int64` would read `+5` and a place below 0 as well.
        guard let parts = text.wholeMatch(of: /(-?[0-9]{1,18})[.]([0-9]{1,18})/),
            let at = Int64(parts.1), let position = Int64(parts.2)
        else { throw StorageError(.notFound, detail: "place \(text)") }
        self.init(at: Timestamp(milliseconds: at), position: position)
    }

    package var text: String { "\(at.milliseconds).\(position)" }

    package static func < (left: Self, right: Self) -> Bool {
        (left.at, left.position) < (right.at, right.position)
    }
}
