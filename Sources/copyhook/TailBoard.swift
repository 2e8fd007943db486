import Domain
package import Foundation
package import StrictJSON

/// What a person sees who follows the stream on a terminal, and what their keys do.
///
/// Pure: signals go in, steps come out, and nothing here reads, waits or asks. At most one question
/// about the stream and one about the chosen thing are under way at a time.
package struct TailBoard: Sendable {
    /// Places of a terminal.
    package struct Size: Hashable, Sendable {
        package let rows: Int
        package let columns: Int

        package init(rows: Int, columns: Int) {
            self.rows = max(rows, 1)
            self.columns = max(columns, 1)
        }
    }

    package enum Signal: Sendable {
        case key(Key)
        case resized(Size)
        /// The stream's next page.
        case page(JSONValue)
        /// The stream could not be read.
        case away(CommandFailure)
        /// The record that was asked for.
        case shown(JSONValue)
        /// What the chosen thing became.
        case done(JSONValue)
        /// The answer to the one or the other was no.
        case refused(CommandFailure)
        /// The terminal went away, or somebody asked us to stop.
        case ended
    }

    package enum Step: Hashable, Sendable {
        case draw
        /// Ask for the stream's next page, after so long.
        case look(String, after: Duration)
        case show(Subject)
        case carryOut(Subject)
        case end
        case fail(CommandFailure)
    }

    struct Row: Sendable {
        /// Counted from the first that was told.
        let number: Int
        let line: TailLine
        let subject: Subject?
        /// What the filter is looked for in.
        let text: String
    }

    enum Mode: Sendable {
        case list
        case filter
        case question(Subject)
        case reading(TailPager)
    }

    /// Lines kept; older ones are in `events list` and its like.
    package static let keptMax = 2_000
    /// Characters of the filter.
    static let filterMax = 100

    private let zone: TimeZone
    private var course: TailCourse
    private var told = 0
    private var isLooking = true
    private(set) var rows: [Row] = []
    private(set) var mode = Mode.list
    private(set) var size: Size
    private(set) var filter = ""
    private(set) var isPaused = false
    /// The number of the row that is chosen; `nil` while the newest are followed.
    private(set) var chosen: Int?
    /// The number of the row on top, while one is chosen.
    private(set) var top = 0
    /// How the service is away, in words.
    private(set) var trouble = ""
    /// What came of the last key, until the next one.
    private(set) var note = ""
    /// What is asked about.
    private(set) var asked: Subject?

    /// - Parameter filters: As ``path`` has them; the first page is asked for by whoever makes
    ///   this, so that a mistake is told before the screen is taken.
    package init(
        filters: [(String, String?)], since: String?, size: Size, zone: TimeZone = .current
    ) {
        course = TailCourse(filters: filters, since: since)
        self.size = size
        self.zone = zone
    }

    /// What the stream is asked next.
    package var path: String { course.path }

    /// The rows that the filter lets through.
    var matching: [Row] {
        let wanted = filter.lowercased()
        return wanted.isEmpty ? rows : rows.filter { $0.text.contains(wanted) }
    }

    /// Places for lines, above the status line.
    var height: Int { max(size.rows - 1, 0) }

    package mutating func apply(_ signal: Signal) -> [Step] {
        switch signal {
        case .key(.interrupt), .ended: return [.end]
        case .key(let key): return press(key)
        case .resized(let size):
            self.size = size
            if case .reading(var pager) = mode {
                pager.fit(size)
                mode = .reading(pager)
            }
            return drawn()
        case .page(let page): return hear(page)
        case .away(let failure): return miss(failure)
        case .shown(let record):
            defer { asked = nil }
            guard let asked else { return [] }
            note = ""
            mode = .reading(TailPager(asked, record.prettyText(), size))
            return drawn()
        case .done(let record):
            defer { asked = nil }
            guard let asked else { return [] }
            note = asked.became(record)
            return drawn()
        case .refused(let failure):
            asked = nil
            note = [failure.what, failure.remedy].filter { !$0.isEmpty }.joined(separator: ". ")
            return drawn()
        }
    }

    // MARK: The stream

    private mutating func hear(_ page: JSONValue) -> [Step] {
        isLooking = false
        trouble = ""
        // Not taken, and the mark not moved: it is asked for again when the person goes on.
        guard !isPaused else { return drawn() }
        _ = course.heard(page)
        for happening in page["happenings"]?.elements ?? [] {
            let line = TailLine(happening, zone: zone)
            rows.append(
                Row(
                    number: told, line: line, subject: Subject(happening),
                    text: line.text(Paint(isOn: false)).lowercased()))
            told += 1
        }
        rows.removeFirst(max(rows.count - Self.keptMax, 0))
        return drawn() + look()
    }

    private mutating func miss(_ failure: CommandFailure) -> [Step] {
        guard failure.mayPass else { return [.fail(failure)] }
        isLooking = false
        let wait = course.missed()
        trouble = "\(failure.what); asked again in \(wait.components.seconds) s"
        return drawn() + look()
    }

    private mutating func look() -> [Step] {
        guard !isPaused, !isLooking else { return [] }
        isLooking = true
        return [.look(course.path, after: course.pause)]
    }

    // MARK: Keys

    private mutating func press(_ key: Key) -> [Step] {
        note = ""
        switch mode {
        case .list: return pressInList(key)
        case .filter: pressInFilter(key)
        case .question(let subject):
            mode = .list
            guard [.character("y"), .character("Y")].contains(key) else {
                note = "Nothing was done"
                return drawn()
            }
            asked = subject
            note = "Asked…"
            return drawn() + [.carryOut(subject)]
        case .reading(var pager):
            mode = pager.press(key) ? .reading(pager) : .list
        }
        return drawn()
    }

    private mutating func pressInList(_ key: Key) -> [Step] {
        switch key {
        case .character("q"): return [.end]
        case .up, .character("k"): choose(-1)
        case .down, .character("j"): choose(1)
        case .pageUp: choose(-max(height, 1))
        case .pageDown: choose(max(height, 1))
        case .home, .character("g"): choose(-Self.keptMax)
        case .end, .character("G"): chosen = nil
        case .character("/"): mode = .filter
        case .escape:
            filter = ""
        case .character(" "):
            isPaused.toggle()
            return drawn() + look()
        case .enter, .character("o"):
            guard let subject = subjectForAnswer() else { break }
            asked = subject
            note = "Asked for \(subject.id.onOneLine)…"
            return drawn() + [.show(subject)]
        case .character("r"):
            guard let subject = subjectForAnswer() else { break }
            mode = .question(subject)
        default: break
        }
        return drawn()
    }

    private mutating func pressInFilter(_ key: Key) {
        switch key {
        case .enter: mode = .list
        case .escape:
            filter = ""
            mode = .list
        case .backspace: filter = String(filter.dropLast())
        case .character(let character) where filter.count < Self.filterMax: filter.append(character)
        default: break
        }
    }

    /// The line to act on: the chosen one, or the newest, which is chosen by that.
    private mutating func subjectForAnswer() -> Subject? {
        guard asked == nil else {
            note = "One thing at a time: \(asked?.id.onOneLine ?? "") is asked about"
            return nil
        }
        if chosen == nil { choose(0) }
        guard let row = matching.first(where: { $0.number == chosen }) else {
            note = "There is no line"
            return nil
        }
        if row.subject == nil { note = "This line is about no event, task or delivery" }
        return row.subject
    }

    /// Moves what is chosen; from following, up takes the newest line.
    private mutating func choose(_ distance: Int) {
        let rows = matching
        guard let last = rows.indices.last else { return }
        guard let chosen else {
            guard distance <= 0 else { return }
            self.chosen = rows[distance < -1 ? max(last + distance, 0) : last].number
            top = rows[max(rows.count - height, 0)].number
            return
        }
        let place = rows.firstIndex { $0.number >= chosen } ?? last
        self.chosen = rows[min(max(place + distance, 0), last)].number
    }

    // MARK: What is shown

    /// Keeps the chosen line among the rows that are there, and on the screen.
    private mutating func drawn() -> [Step] {
        guard let chosen else { return [.draw] }
        let rows = matching
        guard let last = rows.indices.last else { return [.draw] }
        let place = rows.firstIndex { $0.number >= chosen } ?? last
        self.chosen = rows[place].number
        var first = rows.firstIndex { $0.number >= top } ?? last
        first = min(first, place)
        first = max(first, place - max(height, 1) + 1)
        first = min(first, max(rows.count - height, 0))
        top = rows[min(first, last)].number
        return [.draw]
    }
}
