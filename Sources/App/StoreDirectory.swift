package import Settings

extension Configuration {
    /// What is worth a second look at the place where the database lies, seen from here and now.
    package func storeWarnings(_ files: FileAccess = .disk) -> [Problem] {
        let directory =
            store.path.lastIndex(of: "/").map { String(store.path[..<$0]) } ?? "."
        guard files.isOpenToOthers(directory.isEmpty ? "/" : directory) else { return [] }
        return [
            Problem(
                file: file, key: "store.url",
                what: "others than its owner may look into the directory of the database, "
                    + "\(directory)",
                remedy: "Give the database a directory of its own, as in mkdir -m 700 data and "
                    + "store.url: sqlite:data/copyhook.db.")
        ]
    }
}
