import Foundation

/// Asks a person before something that cannot be taken back.
enum Confirmation {
    /// - Parameter wish: What is to be done, as in `delete 3 rules`.
    /// - Throws: When the answer is no, and where there is nobody to ask.
    static func ask(_ wish: String, isNeeded: Bool = true) throws(CommandFailure) {
        guard isNeeded else { return }
        guard isatty(STDIN_FILENO) == 1 else {
            throw .badUsage(
                "This would \(wish), and there is no terminal to ask on",
                "Give --yes to do it without being asked.")
        }
        FileHandle.standardError.write(Data("This will \(wish). Go on? [y/N] ".utf8))
        let answer = readLine()?.lowercased() ?? ""
        guard ["y", "yes"].contains(answer) else { throw .failed("Nothing was done") }
    }
}
