import App
import Foundation

/// What a person is asked before something is done to many.
enum Consent {
    /// Returns when the person agrees, or has agreed before.
    ///
    /// - Throws: Bad usage where nobody is there to be asked.
    static func ask(_ question: String, isGiven: Bool) throws(CommandFailure) {
        guard !isGiven else { return }
        guard isatty(STDIN_FILENO) == 1 else {
            throw .badUsage(
                "\(question) Nobody is here to say yes", "Say so beforehand, with --yes.")
        }
        StandardStream.error.write("\(question) [y/N] ")
        let answer = (readLine() ?? "").lowercased()
        guard ["y", "yes"].contains(answer) else { throw .failed("Nothing was done") }
    }
}
