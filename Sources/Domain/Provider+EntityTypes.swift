extension Provider {
    /// The kinds of things that it copies, in its own words.
    ///
    /// contracts/coze.md section 5.1 and contracts/keyue.md section 3.
    package var entityTypes: [String] {
        switch self {
        case .coze: ["bot", "app", "workflow"]
        case .keyue: ["agent"]
        }
    }

    /// Whether it copies things of this kind.
    package func copies(_ entityType: String) -> Bool {
        entityTypes.contains { $0.utf8.elementsEqual(entityType.utf8) }
    }

    /// The platforms that a thing of this kind can be on: all of them for a word that none knows.
    package static func owners(of entityType: String) -> [Provider] {
        let owners = allCases.filter { $0.copies(entityType) }
        return owners.isEmpty ? allCases : owners
    }
}
