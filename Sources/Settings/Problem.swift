import Domain

/// One thing that is wrong with the configuration: where, what, and what to do.
package struct Problem: Error, Hashable, Sendable {
    /// The file, as it was named to us; `nil` when a variable of the environment is at fault.
    package let file: String?
    /// From 1; `nil` when the file as a whole is meant, as when it is not there.
    package let line: Int?
    /// The way to the value, `connections.coze-prod.limits.rate`, or the variable that sets it;
    /// empty when no key is concerned.
    package let key: String
    /// What is wrong, one sentence without a full stop.
    ///
    /// Never the value of a secret.
    package let what: String
    /// What would be accepted.
    package let remedy: String

    package init(file: String?, line: Int? = nil, key: String, what: String, remedy: String) {
        self.file = file
        self.line = line
        self.key = key
        self.what = what
        self.remedy = remedy
    }
}

extension Problem: CustomStringConvertible {
    /// Two lines: `FILE:LINE: KEY: what`, then the remedy.
    package var description: String {
        let place = file.map { file in line.map { "\(file):\($0)" } ?? file }
        let parts = [place, key.isEmpty ? nil : key, what].compactMap { $0 }
        return parts.joined(separator: ": ").onOneLine + "\n    " + remedy.onOneLine
    }
}

/// Why a configuration is not accepted, as completely as we can tell in one go.
package struct ConfigurationRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// Problems that are listed; those behind are only counted, since many of them follow from
    /// the first ones.
    package static let problemsMax = 20

    /// In the order of the file, those of the environment last; at least one.
    package let problems: [Problem]
    /// How many more there are.
    package let omitted: Int

    package init(_ problems: [Problem]) {
        self.problems = Array(problems.prefix(Self.problemsMax))
        omitted = problems.count - self.problems.count
    }

    package var description: String {
        var lines = problems.map(\.description)
        if omitted > 0 { lines.append("… and \(omitted) more; mend these first.") }
        return lines.joined(separator: "\n")
    }
}

extension String {
    /// The text as a sentence: a capital letter in front, a full stop behind.
    var asSentence: String {
        guard let first else { return self }
        let text = first.uppercased() + dropFirst()
        return text.hasSuffix(".") ? text : text + "."
    }
}
