import Rules
import StrictJSON

/// The rules that stand in files; of two with one name, only the first is found.
struct FileRules: Sendable {
    /// In the order of the files.
    let all: [Rule]
    private let places: [ByteKey: Int]

    init(_ rules: [Rule]) {
        all = rules
        places = Dictionary(
            rules.enumerated().map { (ByteKey($1.name), $0) },
            uniquingKeysWith: { first, _ in first }
        )
    }

    subscript(name: String) -> Rule? { places[ByteKey(name)].map { all[$0] } }

    /// The first name that two have.
    static func doubledName(in rules: [Rule]) -> String? {
        var seen: Set<ByteKey> = []
        return rules.first { !seen.insert(ByteKey($0.name)).inserted }?.name
    }
}
