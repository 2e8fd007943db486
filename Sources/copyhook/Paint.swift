import Foundation

/// Colour where a person looks at a terminal, plain text everywhere else.
package struct Paint: Sendable {
    let isOn: Bool

    package init(isOn: Bool) { self.isOn = isOn }

    /// Follows https://no-color.org.
    static let standardOutput = Paint(
        isOn: isatty(STDOUT_FILENO) == 1
            && (ProcessEnvironment.current["NO_COLOR"] ?? "").isEmpty
            && ProcessEnvironment.current["TERM"] != "dumb")

    enum Colour: Int {
        case red = 31
        case green = 32
        case yellow = 33
        case blue = 34
        case magenta = 35
        case cyan = 36
        case dim = 2
        case bold = 1
    }

    func callAsFunction(_ colour: Colour, _ text: String) -> String {
        isOn ? "\u{1B}[\(colour.rawValue)m\(text)\u{1B}[0m" : text
    }

    /// The colour of a state's word, the same in every table.
    func state(_ word: String) -> String {
        switch word {
        case "succeeded", "delivered", "matched", "stored": self(.green, word)
        case "failed", "exhausted", "refused": self(.red, word)
        case "unresolved", "reconciling", "cancelled": self(.yellow, word)
        default: self(.cyan, word)
        }
    }
}
