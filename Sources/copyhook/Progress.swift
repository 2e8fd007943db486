import Foundation

/// How far long work has come, on one line of standard error that is written over.
///
/// Nobody but a terminal gets to see it.
struct Progress {
    private let title: String
    private let isShown = isatty(STDERR_FILENO) == 1
    private var shown = ""

    private static let width = 30

    init(_ title: String) { self.title = title }

    /// - Parameter total: `nil` where nobody knows.
    mutating func show(_ done: Int, of total: Int?) {
        guard isShown else { return }
        var text = "\(title) \(done)"
        if let total, total > 0 {
            let share = min(Double(done) / Double(total), 1)
            let filled = Int(share * Double(Self.width))
            let bar = String(repeating: "#", count: filled)
            let rest = String(repeating: ".", count: Self.width - filled)
            text = "\(title) [\(bar)\(rest)] \(Int(share * 100)) % of \(total)"
        }
        write(text)
    }

    /// Leaves no trace, so that what comes next stands by itself.
    mutating func end() {
        guard isShown, !shown.isEmpty else { return }
        write("")
        FileHandle.standardError.write(Data("\r".utf8))
    }

    private mutating func write(_ text: String) {
        let blanks = String(repeating: " ", count: max(shown.count - text.count, 0))
        FileHandle.standardError.write(Data(("\r" + text + blanks).utf8))
        shown = text
    }
}
