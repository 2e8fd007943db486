import Administration
import Domain
import StrictJSON

/// The stream of what happened as server-sent events (WHATWG HTML, section 9.2), from its first
/// line to its last.
///
/// Read from the store when the client can take more and not before, so one that takes nothing
/// costs a connection and no memory. It ends when the key is no key any more and when we stop.
struct EventStream: AsyncSequence, Sendable {
    /// How often the store is looked at.
    static let pause: Duration = .milliseconds(250)
    /// After so long without a line there is a comment, so that nobody in between hangs up.
    static let silenceMax: Duration = .seconds(15)
    /// Who is told nothing of what happens hears so often how far that is.
    static let markedAfter: Duration = .seconds(5)
    /// What a client is to wait before it comes again.
    static let comeAgain: Duration = .seconds(2)
    /// Looked at in one go.
    static let pageRows = 100

    let administration: Administrator
    let time: TimeSource
    let room: StreamRoom
    let seat: StreamRoom.Seat
    /// Whose stream it is, asked for again and again: a key may be revoked or expire.
    let principal: @Sendable () -> Principal?
    let scope: Scope
    let start: Following
    /// Whether anybody is there to be told.
    var isConnected: @Sendable () -> Bool = { true }

    func makeAsyncIterator() -> Iterator { Iterator(self) }

    struct Iterator: AsyncIteratorProtocol {
        private let stream: EventStream
        private var following: Following
        /// The last mark that was told, and when.
        private var mark: String
        private var markedAt: Duration
        private var toldAt: Duration
        private var hasBegun = false
        private var hasMore = true

        fileprivate init(_ stream: EventStream) {
            self.stream = stream
            following = stream.start
            mark = following.mark
            markedAt = stream.time.elapsed()
            toldAt = markedAt
        }

        /// One or more whole events.
        mutating func next() async -> String? {
            guard hasBegun else {
                hasBegun = true
                return "retry: \(EventStream.comeAgain.wholeMilliseconds)\n\n"
            }
            while true {
                if !hasMore { try? await stream.time.sleep(EventStream.pause) }
                guard stream.isOpen, let stretch = await look() else { return nil }
                hasMore = stretch.hasMore
                if let text = text(stretch) { return text }
            }
        }

        /// `nil` for trouble: the client comes again, and hears then what it is.
        private mutating func look() async -> Following.Stretch? {
            var moved = following
            do throws(AdministrationError) {
                let stretch = try await stream.room.desk.read {
                    () async throws(AdministrationError) in
                    try await moved.next(EventStream.pageRows, from: stream.administration)
                }
                following = moved
                return stretch
            } catch {
                return nil
            }
        }

        private mutating func text(_ stretch: Following.Stretch) -> String? {
            let now = stream.time.elapsed()
            var text = stretch.lines.map(EventStream.text).joined()
            if let last = stretch.lines.last { (mark, markedAt) = (last.mark, now) }
            if stretch.mark != mark, now - markedAt >= EventStream.markedAfter {
                text += "id: \(stretch.mark)\n\n"
                (mark, markedAt) = (stretch.mark, now)
            }
            if text.isEmpty {
                guard now - toldAt >= EventStream.silenceMax else { return nil }
                text = ": nothing new\n\n"
            }
            toldAt = now
            return text
        }
    }

    private var isOpen: Bool {
        !Task.isCancelled && isConnected() && seat.isOpen && principal()?.may(scope) == true
    }

    /// One event with its id, its kind, and one line of JSON.
    private static func text(_ line: Following.Line) -> String {
        let data = String(decoding: line.json.bytes(), as: UTF8.self)
        return "id: \(line.mark)\nevent: \(line.kind)\ndata: \(data)\n\n"
    }
}
